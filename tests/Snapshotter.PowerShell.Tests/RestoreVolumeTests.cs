using Snapshotter.PowerShell.Tests.Support;

namespace Snapshotter.PowerShell.Tests;

public sealed class RestoreVolumeTests : ModuleTest
{
    public RestoreVolumeTests()
    {
        Folder.CreateArchive();
        Run("Backup-Volume -Config config.yml -Archive backup.tar");
        Folder.Write("volume1/file.txt", "changed");
        Folder.Write("volume1/stray.txt", "new");
        Folder.Write("volume2.txt", "changed too");
    }

    [Theory]
    [InlineData("Restore-Volume backup.tar config.yml")]
    [InlineData("Restore-Volume -Archive backup.tar -Config config.yml -InPlace")]
    [InlineData("Restore-Volume backup.tar -Config @{ Prefix = 'backups/test'; Volumes = \"$PWD/volume1\", \"$PWD/volume2.txt\" }")]
    [InlineData("@{ Prefix = 'backups/test'; Volumes = \"$PWD/volume1\", \"$PWD/volume2.txt\" } | Restore-Volume backup.tar")]
    [InlineData("'config.yml' | Restore-Volume -Archive backup.tar -NoOwner")]
    [InlineData("Restore-Volume backup.tar -Prefix backups/test -Confirm:$false")]
    [InlineData("$ConfirmPreference = 'None'; Restore-Volume backup.tar -Prefix backups/test")]
    [InlineData("Get-BackupTar backup.tar -Newest | Restore-Volume -Confirm:$false")]
    public void Volumes_come_back_as_they_were(string script)
    {
        var reports = Run(script);
        Assert.Equal([Folder["volume1"], Folder["volume2.txt"]], reports.Select(r => (string)r.Path));
        Assert.Equal("one", Folder.Read("volume1/file.txt"));
        Assert.Equal("two", Folder.Read("volume2.txt"));
        Assert.False(File.Exists(Folder["volume1/stray.txt"]));
        Assert.Empty(Session.Host.Questions);
    }

    [Fact]
    public void NoOwner_keeps_what_is_restored_to_the_one_who_restores()
    {
        Assert.SkipUnless(!OperatingSystem.IsWindows() && Environment.IsPrivilegedProcess, "Files of other owners take root.");
        Run("chown 999:998 volume1/file.txt | Out-Null; Backup-Volume -Config config.yml -Archive backup.tar | Out-Null");
        Run("Restore-Volume backup.tar config.yml -NoOwner");
        Assert.Equal("0:0", Session.Value<string>("stat -c %u:%g volume1/file.txt"));
        Run("Restore-Volume backup.tar config.yml");
        Assert.Equal("999:998", Session.Value<string>("stat -c %u:%g volume1/file.txt"));
    }

    [Fact]
    public void Locked_archive_is_waited_for()
    {
        var held = Folder.LockArchive();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        using var released = new Timer(_ => held.Dispose(), null, 1000, Timeout.Infinite);
        Assert.Equal(2, Run("Restore-Volume backup.tar config.yml -Wait 600").Count);
        Assert.True(clock.ElapsedMilliseconds >= 900, "It did not wait.");
        Assert.Equal("one", Folder.Read("volume1/file.txt"));
    }

    [Fact]
    public void Older_generation_is_named_where_the_newest_is_damaged()
    {
        Run("Backup-Volume -Config config.yml -Archive backup.tar");
        byte[] archive = File.ReadAllBytes(Folder.Archive);
        archive[archive.AsSpan().LastIndexOf("changed too"u8)] ^= 1;
        File.WriteAllBytes(Folder.Archive, archive);
        using var shell = Session.Create("Restore-Volume backup.tar config.yml");
        shell.Invoke();
        var error = Assert.Single(shell.Streams.Error);
        Assert.StartsWith("ChecksumMismatch,", error.FullyQualifiedErrorId);
        Assert.Contains("-Generation", error.ErrorDetails.RecommendedAction);
        Assert.Equal("changed", Folder.Read("volume1/file.txt"));
        Run("Restore-Volume backup.tar config.yml -Generation 1");
        Assert.Equal("one", Folder.Read("volume1/file.txt"));
    }

    [Fact]
    public void Volume_chooses_by_target()
    {
        Run("Restore-Volume backup.tar config.yml -Volume */volume2*");
        Assert.Equal("two", Folder.Read("volume2.txt"));
        Assert.Equal("changed", Folder.Read("volume1/file.txt"));
    }

    [Fact]
    public void Destination_leaves_the_volumes_alone_and_asks_nothing()
    {
        var reports = Run("Restore-Volume backup.tar -Prefix backups/test -Destination elsewhere");
        Assert.All(reports, r => Assert.StartsWith(Folder["elsewhere"], (string)r.Path));
        Assert.Equal("changed", Folder.Read("volume1/file.txt"));
        Assert.Equal(["deep.txt", "file.txt", "volume2.txt"], Directory
            .EnumerateFiles(Folder["elsewhere"], "*", SearchOption.AllDirectories).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Empty(Session.Host.Questions);
    }

    [Fact]
    public void Older_generation_comes_back_by_number_or_time()
    {
        Run("Backup-Volume -Config config.yml -Archive backup.tar");
        Run("Restore-Volume backup.tar config.yml -Generation 1");
        Assert.Equal("one", Folder.Read("volume1/file.txt"));
        Run("Restore-Volume backup.tar config.yml");
        Assert.Equal("changed", Folder.Read("volume1/file.txt"));
        Run("Restore-Volume backup.tar config.yml -AsOf (Get-BackupTar backup.tar)[0].Created");
        Assert.Equal("one", Folder.Read("volume1/file.txt"));
        AssertFails("GenerationNotFound", "Restore-Volume backup.tar config.yml -AsOf 2001-01-01");
        AssertFails("GenerationNotFound", "Restore-Volume backup.tar config.yml -Generation 99");
        AssertFails("GenerationAmbiguous", "Restore-Volume backup.tar config.yml -Generation 1 -AsOf 2001-01-01");
    }

    [Fact]
    public void Include_and_exclude_restore_a_part()
    {
        Folder.Write("volume1/sub/deep.txt", "changed");
        Run("Restore-Volume backup.tar config.yml -Volume */volume1 -Include sub/**");
        Assert.Equal("deep", Folder.Read("volume1/sub/deep.txt"));
        Assert.Equal("changed", Folder.Read("volume1/file.txt"));
        Assert.Equal("new", Folder.Read("volume1/stray.txt"));
        Run("Restore-Volume backup.tar config.yml -Volume */volume1 -Exclude stray.txt");
        Assert.Equal("one", Folder.Read("volume1/file.txt"));
        Assert.Equal("new", Folder.Read("volume1/stray.txt"));
    }

    [Fact]
    public void Configuration_says_where_to()
    {
        Run("Restore-Volume backup.tar -Config @{ Prefix = 'backups/test'; Volumes = @{ Target = \"$PWD/volume1\"; Source = \"$PWD/other\" } }");
        Assert.Equal("one", Folder.Read("other/file.txt"));
        Assert.Equal("changed", Folder.Read("volume1/file.txt"));
    }

    [Fact]
    public void Places_that_only_the_archive_names_are_asked_for_once()
    {
        string before = Folder.Fingerprint();
        Session.Host.Answer = "No";
        Assert.Empty(Run("Restore-Volume backup.tar -Prefix backups/test"));
        Assert.Contains(Folder["volume1"], Assert.Single(Session.Host.Questions));
        Assert.Equal(before, Folder.Fingerprint());

        Session.Host.Answer = "Yes";
        Assert.Equal(2, Run("Restore-Volume backup.tar -Prefix backups/test").Count);
        Assert.Equal(2, Session.Host.Questions.Count);
        Assert.Equal("one", Folder.Read("volume1/file.txt"));
    }

    [Fact]
    public void Question_names_generation_and_date_and_comes_last()
    {
        Run("Backup-Volume volume2.txt backup.tar -Prefix backups/test");
        Run("Restore-Volume backup.tar -Prefix backups/test");
        string[] lines = Assert.Single(Session.Host.Questions).Split('\n');
        Assert.EndsWith("?", lines[^1].Trim());
        Assert.All(lines[..^1], line => Assert.DoesNotContain("?", line));
        Assert.Contains("generation 1", lines[1]);
        Assert.Matches(@"generation 2 of \d{4}-\d\d-\d\d \d\d:\d\d", lines[0]);

        Run("Restore-Volume backup.tar config.yml -Confirm");
        Assert.Matches(@"generation \d of \d{4}-\d\d-\d\d \d\d:\d\d", Session.Host.Questions[1]);
    }

    [Fact]
    public void Archive_alone_is_asked_for_its_prefixes()
    {
        AssertFails("NoConfigOrPrefix", "Restore-Volume backup.tar");
        string said = Session.Fail("Restore-Volume backup.tar -Destination elsewhere").Exception.Message;
        Assert.Contains("-Config", said);
        Assert.Contains("'backups/test'", said);
        AssertFails("ArchiveNotFound", "Restore-Volume missing.tar");
    }

    [Fact]
    public void Configuration_s_exclude_is_for_saving_only()
    {
        const string Config = "@{ Prefix = 'excluding'; Volumes = \"$PWD/volume1\"; Exclude = '*.tmp' }";
        Folder.Write("volume1/cache.tmp", "excluded");
        Run($"Backup-Volume -Config {Config} -Archive backup.tar");
        Run($"Restore-Volume backup.tar {Config} -Exclude *.tmp");
        Assert.Equal("excluded", Folder.Read("volume1/cache.tmp"));
        Run($"Restore-Volume backup.tar {Config}");
        Assert.False(File.Exists(Folder["volume1/cache.tmp"]));
    }

    [Fact]
    public void Yes_to_all_is_asked_once_for_all_that_is_piped()
    {
        Session.Host.Answer = "Yes to All";
        Assert.Equal(2, Run("Get-BackupTar backup.tar | Restore-Volume").Count);
        Assert.Single(Session.Host.Questions);
    }

    [Fact]
    public void Confirm_asks_for_each_volume()
    {
        string before = Folder.Fingerprint();
        Session.Host.Answer = "No";
        Assert.Empty(Run("Restore-Volume backup.tar config.yml -Confirm"));
        Assert.Empty(Run("Restore-Volume backup.tar -Prefix backups/test -Confirm"));
        Assert.Equal(4, Session.Host.Questions.Count);
        Assert.Equal(before, Folder.Fingerprint());
    }

    [Fact]
    public void Every_volume_that_is_wanted_must_be_there()
    {
        AssertFails("GenerationNotFound", "Restore-Volume backup.tar -Prefix nothing -Confirm:$false");
        AssertFails("GenerationNotFound", "Restore-Volume backup.tar -Config @{ Prefix = 'nothing'; Volumes = \"$PWD/volume1\" }");
        AssertFails("GenerationNotFound", "Restore-Volume backup.tar -Config @{ Prefix = 'backups/test'; Volumes = \"$PWD/volume1\", '/never/saved' }");
        AssertFails("GenerationNotFound", "Restore-Volume backup.tar config.yml -Volume nothing");
    }
}
