using Snapshotter.PowerShell.Tests.Support;

namespace Snapshotter.PowerShell.Tests;

/// <summary>Volumes of one prefix that are saved at different times: which generations stay, and which a restore takes.</summary>
public sealed class RetentionTests : ModuleTest
{
    public RetentionTests()
    {
        Folder.CreateArchive();
        Folder.Write("web/file.txt", "web");
        Folder.Write("db/file.txt", "db");
    }

    private IEnumerable<int> Generations => Run("Get-BackupTar backup.tar").Select(row => (int)row.Generation).Distinct();

    [Fact]
    public void A_backup_never_removes_what_it_did_not_save()
    {
        Run("Backup-Volume web backup.tar -KeepLast 1; Backup-Volume db backup.tar -KeepLast 1; Backup-Volume db backup.tar -KeepLast 1");
        Assert.Equal([1, 3], Generations);
        Run("Optimize-BackupTar backup.tar -KeepLast 1 -Confirm:$false");
        Assert.Equal([1, 3], Generations);
    }

    [Fact]
    public void What_goes_is_told_before_and_after()
    {
        Run("1..3 | ForEach-Object { $null = Backup-Volume web, db backup.tar }; $null = Backup-Volume web, db backup.tar -Prefix other");
        string before = Folder.Fingerprint();
        Assert.Empty(Run("Backup-Volume web, db backup.tar -KeepLast 2 -WhatIf"));
        Assert.Equal(before, Folder.Fingerprint());
        Assert.Equal(
            ["1", "2"],
            Session.Host.Shown.Where(line => line.Contains("Remove generation")).Select(line => line.Split("Remove generation ")[1].Split(' ')[0]));

        Run("Backup-Volume web, db backup.tar -KeepLast 2 -Confirm");
        Assert.Contains("no rule keeps: 1, 2\"", Assert.Single(Session.Host.Questions));
        Assert.Equal(before, Folder.Fingerprint());

        Assert.Equal(
            ["1 2", "1 2"],
            Run("Backup-Volume web, db backup.tar -KeepLast 2 | ForEach-Object { \"$($_.Removed.Generation)\" }").Select(row => (string)row.ToString()));
        Assert.Equal([3, 4, 5], Generations);
    }

    [Fact]
    public void Generations_that_stay_for_other_volumes_are_told()
    {
        Run("$null = Backup-Volume web, db backup.tar");
        using var shell = Session.Create("Backup-Volume web backup.tar -KeepLast 1");
        shell.Invoke();
        Assert.Contains(Folder["db"], Assert.Single(shell.Streams.Warning).Message);
        Assert.Equal([1, 2], Generations);
    }

    [Fact]
    public void Volumes_that_the_newest_generation_lacks_are_restored_when_someone_is_asked_or_named_them()
    {
        Run("$null = Backup-Volume web backup.tar; $null = Backup-Volume db backup.tar; $null = Backup-Volume db backup.tar");

        // Asked: the question has the older one's date.
        Session.Host.Answer = "Yes";
        Assert.Equal(["db", "web"], Restored("Restore-Volume backup.tar -Prefix volumes"));
        string created = Run("(Get-BackupTar backup.tar)[0].Created.LocalDateTime.ToString('yyyy-MM-dd HH:mm')")[0].ToString();
        string question = Assert.Single(Session.Host.Questions);
        Assert.Contains($"{Folder["web"]} is not in the newest generation: its copy comes from generation 1 of {created}", question);

        // Not asked: left out, with a warning, unless named.
        foreach (string script in new[] { "-Confirm:$false", "-Confirm:$false -WhatIf" })
            Assert.Contains(Folder["web"], Warnings($"Restore-Volume backup.tar -Prefix volumes {script}", script.Contains("WhatIf") ? [] : ["db"]));
        Assert.Contains("web", Warnings("$ConfirmPreference = 'None'; Restore-Volume backup.tar -Prefix volumes; $ConfirmPreference = 'High'", ["db"]));
        Assert.NotEmpty(Warnings("Restore-Volume backup.tar -Prefix volumes -Volume */web -Confirm:$false", ["web"]));
        Assert.NotEmpty(Warnings("Restore-Volume backup.tar -Prefix volumes -AsOf (Get-Date) -Confirm:$false", ["db", "web"]));
        Assert.NotEmpty(Warnings("Restore-Volume backup.tar @{ Prefix = 'volumes'; Volumes = \"$PWD/web\", \"$PWD/db\" }", ["web", "db"]));
        Assert.Empty(Warnings("Restore-Volume backup.tar @{ Prefix = 'volumes'; Volumes = \"$PWD/db\" }", ["db"]));
        Assert.Empty(Warnings("Restore-Volume backup.tar -Prefix volumes -Generation 1 -Confirm:$false", ["web"]));
        Assert.Empty(Warnings("Restore-Volume backup.tar -Prefix volumes -Destination d", ["db", "web"]));
        Assert.Single(Session.Host.Questions);
        Assert.Equal([1, 3], Run("Get-BackupTar backup.tar -Newest").Select(row => (int)row.Generation));
    }

    private IEnumerable<string> Restored(string script) => Run(script).Select(row => Path.GetFileName((string)row.Target));

    /// <summary>Runs a restore that brings the volumes given, and returns what it warned of.</summary>
    private string Warnings(string script, string[] restored)
    {
        using var shell = Session.Create(script);
        Assert.Equal(restored, shell.Invoke().Select(row => Path.GetFileName((string)((dynamic)row).Target)));
        Assert.Empty(shell.Streams.Error);
        return string.Join('\n', shell.Streams.Warning);
    }
}
