using Snapshotter.PowerShell.Tests.Support;

namespace Snapshotter.PowerShell.Tests;

public sealed class OptimizeBackupTarTests : ModuleTest
{
    public OptimizeBackupTarTests()
    {
        Folder.CreateArchive();
        Run("""
            1..3 | ForEach-Object { $null = Backup-Volume volume1, volume2.txt backup.tar -Prefix a }
            $null = Backup-Volume volume1 backup.tar -Prefix b
            """);
    }

    private IEnumerable<int> Generations => Run("Get-BackupTar backup.tar").Select(row => (int)row.Generation).Distinct();

    [Fact]
    public void What_if_shows_what_stays_and_goes_and_changes_nothing()
    {
        string before = Folder.Fingerprint();
        var rows = Run("Optimize-BackupTar backup.tar -KeepLast 2 -WhatIf");
        Assert.Equal(
            [("a", 1, false, ""), ("a", 2, true, "last"), ("a", 3, true, "last newest"), ("b", 4, true, "last newest")],
            rows.Select(r => ((string)r.Prefix, (int)r.Generation, (bool)r.Keep, string.Join(' ', (IEnumerable<string>)r.Reasons))));
        Assert.All(rows, r => Assert.True((long)r.Bytes > 0 && (string)r.Archive == Folder.Archive));
        Assert.Equal(before, Folder.Fingerprint());
        Assert.Empty(Session.Host.Questions);
    }

    [Theory]
    [InlineData("Optimize-BackupTar backup.tar -KeepLast 1 -Confirm:$false", new[] { 3, 4 })]
    [InlineData("Optimize-BackupTar backup.tar -KeepLast 1 -Prefix b* -Confirm:$false", new[] { 1, 2, 3, 4 })]
    [InlineData("'backup.tar' | Optimize-BackupTar -KeepWithin 14d -Confirm:$false", new[] { 1, 2, 3, 4 })]
    [InlineData("Optimize-BackupTar backup.tar -Generation 2 -Confirm:$false", new[] { 1, 3, 4 })]
    [InlineData("Get-BackupTar backup.tar | Where-Object Generation -lt 3 | Optimize-BackupTar -Confirm:$false", new[] { 3, 4 })]
    [InlineData("Optimize-BackupTar backup.tar -Prefix b -All -Confirm:$false", new[] { 1, 2, 3 })]
    [InlineData("Optimize-BackupTar backup.tar -Prefix * -All -Confirm:$false", new int[0])]
    [InlineData("Optimize-BackupTar backup.tar -Generation 3, 2 -Volume '*/volume1', '*/volume2.txt' -Confirm:$false", new[] { 1, 4 })]
    [InlineData("Backup-Volume volume1, volume2.txt backup.tar -Prefix a -KeepLast 2", new[] { 3, 4, 5 })]
    [InlineData("Backup-Volume volume1 backup.tar -Prefix a -KeepLast 2", new[] { 1, 2, 3, 4, 5 })]
    public void The_others_stay(string script, int[] stay)
    {
        Run(script);
        Assert.Equal(stay, Generations);

        // Where nothing stays nothing is tested.
        Assert.All(stay, _ => Assert.True(Session.Value<bool>("Test-BackupTar backup.tar -Quiet")));
    }

    [Fact]
    public void It_asks_first()
    {
        string before = Folder.Fingerprint();
        Assert.Empty(Run("Optimize-BackupTar backup.tar -KeepLast 1"));
        Assert.Equal(before, Folder.Fingerprint());
        Assert.Single(Session.Host.Questions);

        Session.Host.Answer = "Yes";
        Assert.Equal(4, Run("Optimize-BackupTar backup.tar -KeepLast 1").Count);
        Assert.Equal([3, 4], Generations);
    }

    [Theory]
    [InlineData("GenerationProtected", "Optimize-BackupTar backup.tar -Generation 3 -Volume '*/volume1' -Confirm:$false")]
    [InlineData("GenerationNotFound", "Optimize-BackupTar backup.tar -Generation 1 -Volume '*/volume9' -Confirm:$false")]
    [InlineData("ConfigInvalid", "Optimize-BackupTar backup.tar -Confirm:$false")]
    [InlineData("ConfigInvalid", "Optimize-BackupTar backup.tar -KeepLast 1 -Generation 1 -Confirm:$false")]
    [InlineData("GenerationProtected", "Optimize-BackupTar backup.tar -Generation 1, 3 -Confirm:$false")]
    [InlineData("GenerationNotFound", "Optimize-BackupTar backup.tar -Generation 99 -Confirm:$false")]
    [InlineData("GenerationNotFound", "Optimize-BackupTar backup.tar -Prefix c -All -Confirm:$false")]
    [InlineData("ArchiveNotFound", "Optimize-BackupTar missing.tar -KeepLast 1 -Confirm:$false")]
    [InlineData("ParameterArgumentTransformationError", "Optimize-BackupTar backup.tar -KeepWithin 5x -Confirm:$false")]
    [InlineData("ParameterArgumentValidationError", "Optimize-BackupTar backup.tar -KeepLast 0 -Confirm:$false")]
    public void Wrong_wishes_change_nothing(string errorId, string script) => AssertFails(errorId, script);

    [Fact]
    public void An_archive_in_use_is_left_alone()
    {
        using (Folder.LockArchive())
        {
            Assert.Equal("ArchiveLocked", ErrorId("Optimize-BackupTar backup.tar -KeepLast 1 -Confirm:$false"));
        }

        Assert.Equal([1, 2, 3, 4], Generations);
    }
}
