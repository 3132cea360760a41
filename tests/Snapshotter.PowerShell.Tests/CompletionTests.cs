using System.Management.Automation;
using Snapshotter.PowerShell.Tests.Support;

namespace Snapshotter.PowerShell.Tests;

public sealed class CompletionTests : ModuleTest
{
    public CompletionTests()
    {
        Folder.CreateArchive();
        Run("Backup-Volume volume1, volume2.txt backup.tar -Prefix 'web shop'; Backup-Volume volume2.txt backup.tar -Prefix wiki");
    }

    [Theory]
    [InlineData("Get-BackupTar backup.tar -Prefix ", "'web shop' wiki")]
    [InlineData("Get-BackupTar backup.tar -Prefix wi", "wiki")]
    [InlineData("Get-BackupTar -LiteralPath ./backup.tar -Prefix 'we", "'web shop'")]
    [InlineData("Restore-Volume -Archive backup.tar -Prefix wi", "wiki")]
    [InlineData("Restore-Volume backup.tar -Prefix wiki -Generation ", "2")]
    [InlineData("Restore-Volume backup.tar -Generation ", "1 2")]
    [InlineData("Backup-Volume volume1 backup.tar -Prefix w", "'web shop' wiki")]
    [InlineData("Backup-Volume volume1 backup.tar -Checksum S", "Sha256")]
    [InlineData("Get-BackupTar back*.tar -Prefix wi", "wiki")]
    [InlineData("Get-BackupTar [b]ackup.tar, more.tar -Prefix wi", "wiki")]
    [InlineData("Restore-Volume *.tar -Generation ", "1 2")]
    public void Comes_from_the_archive_named(string line, string expected) => Assert.Equal(expected, Complete(line));

    [Fact]
    public void Tool_tips_have_the_dates_of_tables()
    {
        const string Line = "Restore-Volume backup.tar -Generation ";
        using var shell = Session.Create("");
        shell.Commands.Clear();
        Assert.All(
            CommandCompletion.CompleteInput(Line, Line.Length, null, shell).CompletionMatches,
            match => Assert.Matches(@" \d{4}-\d\d-\d\d \d\d:\d\d$", match.ToolTip));
    }

    [Fact]
    public void Hidden_members_are_not_offered_by_odd_names()
    {
        const string Line = "Get-BackupTar backup.tar | Sort-Object ";
        using var shell = Session.Create("");
        shell.Commands.Clear();
        string[] offered = [.. CommandCompletion.CompleteInput(Line, Line.Length, null, shell).CompletionMatches.Select(match => match.CompletionText)];
        Assert.Contains("Generation", offered);
        Assert.DoesNotContain(offered, name => name.StartsWith("Shown", StringComparison.Ordinal));
    }

    [Fact]
    public void Volumes_are_targets()
        => Assert.Equal($"{Folder["volume1"]} {Folder["volume2.txt"]}", Complete("Restore-Volume backup.tar -Prefix 'web shop' -Volume "));

    [Theory]
    [InlineData("volume1")]
    [InlineData("VOLUME1")]
    [InlineData("'volume1")]
    public void Volumes_complete_by_their_last_name(string typed)
        => Assert.Equal(Folder["volume1"], Complete($"Restore-Volume backup.tar -Prefix 'web shop' -Volume {typed}"));

    [Theory]
    [InlineData("Restore-Volume backup.tar -Prefix nothing", "nothing")]
    [InlineData("Restore-Volume backup.tar -Prefix wiki -Volume zzz", "zzz")]
    [InlineData("Restore-Volume missing.tar -Prefix ", " ")]
    [InlineData("Restore-Volume missing.tar -Generation ", " ")]
    [InlineData("Restore-Volume backup.tar -AsOf ", " ")]
    [InlineData("Restore-Volume backup.tar -Include ", " ")]
    [InlineData("Restore-Volume backup.tar -Exclude v", "v")]
    [InlineData("Backup-Volume volume1 backup.tar -KeepLast ", " ")]
    [InlineData("Backup-Volume volume1 backup.tar -KeepWithin ", " ")]
    [InlineData("Backup-Volume volume1 backup.tar -Wait ", " ")]
    [InlineData("Get-ContainerVolume -Label v", "v")]
    [InlineData("Get-ContainerVolume -DockerHost unix:///none -Name v", "v")]
    public void No_file_names_come_where_none_are_meant(string line, string expected) => Assert.Equal(expected, Complete(line));

    [Theory]
    [InlineData("Get-BackupTar back")]
    [InlineData("Restore-Volume -Archive back")]
    [InlineData("Optimize-BackupTar back")]
    public void Archives_are_files(string line) => Assert.Contains("backup.tar", Complete(line));

    [Theory]
    [InlineData("Get-BackupTar missing.tar -Prefix ")]
    [InlineData("Get-BackupTar config.yml -Prefix ")]
    [InlineData("Get-BackupTar nodrive:/x -Prefix ")]
    public void Nothing_comes_from_what_cannot_be_read(string line)
        => Assert.DoesNotContain("wiki", Complete(line));

    private string Complete(string line)
    {
        using var shell = Session.Create("");
        shell.Commands.Clear();
        return string.Join(' ', CommandCompletion.CompleteInput(line, line.Length, null, shell).CompletionMatches.Select(m => m.CompletionText));
    }
}
