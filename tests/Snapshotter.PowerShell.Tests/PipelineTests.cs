using System.Globalization;
using System.Management.Automation;
using Snapshotter.PowerShell.Tests.Support;

namespace Snapshotter.PowerShell.Tests;

/// <summary>What goes from one cmdlet to the next, and what one bad input does to the others.</summary>
public sealed class PipelineTests : ModuleTest
{
    public PipelineTests()
    {
        Folder.CreateArchive();
        Run("Backup-Volume volume1, volume2.txt backup.tar");
    }

    [Theory]
    [InlineData("Get-ChildItem g*.tar | Test-BackupTar", "ArchiveInvalid")]
    [InlineData("Get-ChildItem g*.tar | Get-BackupTar", "ArchiveInvalid")]
    [InlineData("Get-BackupTar g*.tar", "ArchiveInvalid")]
    [InlineData("Get-BackupTar g1.tar, none.tar, g3.tar", "ArchiveNotFound")]
    [InlineData("Get-BackupTar g1.tar, nodrive:/x, g3.tar", "DriveNotFound")]
    [InlineData("Get-ChildItem g*.tar | Optimize-BackupTar -KeepLast 1", "ArchiveInvalid")]
    [InlineData("Initialize-BackupTar g2.tar, g4.tar, g5.tar", "ArchiveExists")]
    [InlineData("@{ Prefix = 'a'; Volumes = \"$PWD/volume1\" }, @{ Volumes = '/gone' }, @{ Prefix = 'c'; Volumes = \"$PWD/volume1\" } | Backup-Volume -Archive g1.tar", "VolumeNotFound")]
    [InlineData("@{ Prefix = 'volumes'; Volumes = \"$PWD/volume1\" }, @{ Prefix = 'x'; Volumes = '/gone' }, @{ Prefix = 'volumes'; Volumes = \"$PWD/volume2.txt\" } | Restore-Volume g1.tar", "GenerationNotFound")]
    public void One_bad_input_does_not_end_the_rest(string script, string errorId)
    {
        File.Copy(Folder.Archive, Folder["g1.tar"]);
        Folder.Write("g2.tar", "junk");
        File.Copy(Folder.Archive, Folder["g3.tar"]);
        using (var shell = Session.Create(script))
        {
            Assert.True(shell.Invoke().Count >= 2);
            Assert.Equal(errorId, Assert.Single(shell.Streams.Error).FullyQualifiedErrorId.Split(',')[0]);
        }

        File.Copy(Folder.Archive, Folder["g1.tar"], true);
        Assert.Empty(Session.Run($"{script} -ErrorAction Ignore | Select-Object -First 0"));
        using var strict = Session.Create($"{script} -ErrorAction Stop");
        Assert.StartsWith(errorId, Assert.ThrowsAny<RuntimeException>(() => strict.Invoke()).ErrorRecord.FullyQualifiedErrorId);
    }

    [Theory]
    [InlineData("'volume1', 42, ''", "42")]
    [InlineData("'volume1', ''", "")]
    [InlineData("'', 'volume1'", "")]
    [InlineData("'volume1', $null", "")]
    [InlineData("'volume1', [datetime]::MinValue", null)]
    [InlineData("'volume1', [pscustomobject]@{ Name = 'volume2.txt' }", null)]
    [InlineData("[pscustomobject]@{ Path = 'volume1' }, [pscustomobject]@{ Path = 42 }", "42")]
    public void All_paths_of_a_pipeline_are_saved_or_none(string input, string? target)
    {
        string before = Folder.Fingerprint();
        ErrorRecord error = Session.Fail($"{input} | Backup-Volume -Archive backup.tar");
        Assert.Equal("NoVolumePath,Snapshotter.PowerShell.BackupVolumeCommand", error.FullyQualifiedErrorId);
        if (target is not null)
            Assert.Equal(target, error.TargetObject);
        Assert.Equal(before, Folder.Fingerprint());
    }

    [Fact]
    public void Paths_and_configurations_may_come_together()
    {
        var reports = Run("'volume1', @{ Prefix = 'c'; Volumes = \"$PWD/volume2.txt\" } | Backup-Volume -Archive backup.tar");
        Assert.Equal(["c", "volumes"], reports.Select(r => (string)r.Prefix));
    }

    [Theory]
    [InlineData("'volume1', 'volume2.txt' | Backup-Volume -Archive backup.tar | Get-BackupTar", 4)]
    [InlineData("'volume1', 'volume2.txt' | Backup-Volume -Archive backup.tar | Test-BackupTar", 4)]
    [InlineData("@{ Prefix = 'a'; Volumes = \"$PWD/volume1\" }, @{ Prefix = 'b'; Volumes = \"$PWD/volume1\" } | Backup-Volume -Archive backup.tar | Get-BackupTar", 4)]
    [InlineData("Get-BackupTar backup.tar | Test-BackupTar", 2)]
    [InlineData("Test-BackupTar backup.tar | Get-BackupTar", 2)]
    [InlineData("Get-BackupTar backup.tar -Entry | Get-BackupTar", 2)]
    [InlineData("Restore-Volume backup.tar -Prefix volumes -Destination out | Get-BackupTar", 2)]
    [InlineData("Optimize-BackupTar backup.tar -KeepLast 1 -WhatIf | Get-BackupTar", 2)]
    [InlineData("Get-BackupTar backup.tar | Optimize-BackupTar -KeepLast 1 | ForEach-Object Volumes", 2)]
    public void Results_name_their_archive_which_is_taken_once(string script, int count) => Assert.Equal(count, Run(script).Count);

    [Theory]
    [InlineData("Get-BackupTar backup.tar")]
    [InlineData("Backup-Volume volume1 backup.tar")]
    [InlineData("Restore-Volume backup.tar -Prefix volumes -Destination out")]
    [InlineData("Test-BackupTar backup.tar")]
    [InlineData("Get-BackupTar backup.tar -Entry")]
    [InlineData("Optimize-BackupTar backup.tar -KeepLast 1 -WhatIf")]
    public void Every_result_has_its_archive(string script)
        => Assert.All(Run(script), result => Assert.Equal(Folder.Archive, (string)result.Archive));

    [Theory]
    [InlineData("{0}")]
    [InlineData("{0} | Export-Csv rows.csv; Import-Csv rows.csv")]
    [InlineData("{0} | Export-Clixml rows.xml; Import-Clixml rows.xml")]
    [InlineData("{0} | ConvertTo-Json | ConvertFrom-Json")]
    public void Rows_bind_wherever_they_were(string form)
    {
        foreach (var name in new[] { "volume1/file.txt", "volume1/sub/deep.txt", "volume2.txt" })
            Folder.Write(name, "changed");
        string Rows(string script) => form.Replace("{0}", script);

        Assert.Equal(1, (long)Assert.Single(Run($"{Rows("Get-BackupTar backup.tar -Entry | Where-Object Path -eq sub/deep.txt")} | Restore-Volume -Confirm:$false")).Entries);
        Assert.Equal("deep", Folder.Read("volume1/sub/deep.txt"));
        Assert.Equal("changed", Folder.Read("volume1/file.txt"));

        Run($"{Rows("Get-BackupTar backup.tar | Where-Object Target -like *volume1")} | Restore-Volume -Confirm:$false");
        Assert.Equal("one", Folder.Read("volume1/file.txt"));
        Assert.Equal("changed", Folder.Read("volume2.txt"));

        Run("Backup-Volume volume1, volume2.txt backup.tar");
        Assert.Equal(4, Run($"{Rows("Get-BackupTar backup.tar")} | Test-BackupTar").Count);
        Run($"{Rows("Get-BackupTar backup.tar -Generation 1")} | Optimize-BackupTar -Confirm:$false");
        Assert.Equal([2, 2], Run("Get-BackupTar backup.tar").Select(row => (int)row.Generation));
    }

    [Fact]
    public void Rows_of_a_generation_are_restored_together_or_not_at_all()
    {
        byte[] archive = File.ReadAllBytes(Folder.Archive);
        int at = Enumerable.Range(0, archive.Length / 512).Select(b => b * 512).First(b => archive.AsSpan(b).StartsWith("two\0"u8));
        archive[at] ^= 1;
        File.WriteAllBytes(Folder.Archive, archive);
        Folder.Write("volume1/file.txt", "changed");
        AssertFails("ChecksumMismatch", "Get-BackupTar backup.tar | Restore-Volume -Confirm:$false");
    }

    [Fact]
    public void A_target_with_wildcards_in_it_is_that_one_alone()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("There are no such names on Windows.");
            return;
        }

        Folder.Write("v1/a", "1");
        Folder.Write("v*/a", "star");
        Run("Backup-Volume -LiteralPath v1, 'v*' -Archive backup.tar -Prefix wild");
        Folder.Write("v1/a", "changed");
        Folder.Write("v*/a", "changed");
        Run("Get-BackupTar backup.tar -Prefix wild | Where-Object Target -like '*v`*' | Restore-Volume -Confirm:$false");
        Assert.Equal(("changed", "star"), (Folder.Read("v1/a"), Folder.Read("v*/a")));
    }

    [Fact]
    public void Entries_of_no_volume_are_left_out_and_told()
    {
        using var shell = Session.Create("Get-BackupTar backup.tar -Entry | Where-Object Target -eq '' | Restore-Volume -Confirm:$false -Verbose");
        Assert.Empty(shell.Invoke());
        Assert.Contains(shell.Streams.Verbose, v => v.Message.Contains("XXH128SUMS"));

        // Nothing of all that was asked for can be restored: that is an error, and beside what can it is none.
        Assert.All(shell.Streams.Error, error => Assert.StartsWith("EntryOfNoVolume,", error.FullyQualifiedErrorId));
        Assert.Equal(2, shell.Streams.Error.Count);
        Assert.NotEmpty(Run("Get-BackupTar backup.tar -Entry | Restore-Volume -Confirm:$false"));
        Assert.Equal("EntryOfNoVolume", ErrorId(
            "[pscustomobject]@{ Archive = \"$PWD/backup.tar\"; Prefix = ''; Generation = ''; Target = ''; Path = 'x'; Offset = '0' } | Restore-Volume -Confirm:$false"));
    }

    [Theory]
    [InlineData("Backup-Volume volume1 'we[[]i]rd.tar'")]
    [InlineData("Backup-Volume volume1 'we`[i`]rd.tar'")]
    [InlineData("Backup-Volume volume1 'we[i]rd.tar'")]
    [InlineData("Backup-Volume volume1 'we*.tar'")]
    [InlineData("Get-BackupTar 'we[i]rd.tar'")]
    [InlineData("Get-BackupTar 'we`[i`]rd.tar'")]
    [InlineData("Get-BackupTar -LiteralPath 'we[i]rd.tar'")]
    [InlineData("Get-Item -LiteralPath 'we[i]rd.tar' | Test-BackupTar")]
    [InlineData("Test-BackupTar we*.tar")]
    [InlineData("Optimize-BackupTar we*.tar -KeepLast 1")]
    [InlineData("Optimize-BackupTar -LiteralPath 'we[i]rd.tar' -KeepLast 1")]
    [InlineData("Optimize-BackupTar -Archive 'we`[i`]rd.tar' -KeepLast 1")]
    [InlineData("Get-Item -LiteralPath 'we[i]rd.tar' | Optimize-BackupTar -KeepLast 1")]
    [InlineData("Restore-Volume 'we`[i`]rd.tar' -Prefix volumes -Confirm:$false")]
    [InlineData("Restore-Volume we*.tar -Prefix volumes -Confirm:$false")]
    [InlineData("Initialize-BackupTar 'we`[i`]rd.tar' -Force; Backup-Volume volume1 'we[i]rd.tar'")]
    [InlineData("Initialize-BackupTar 'n[e]w.tar'; Move-Item -LiteralPath 'n[e]w.tar' 'we[i]rd.tar' -Force; Backup-Volume volume1 'we[i]rd.tar'")]
    public void Archives_may_have_brackets_and_be_named_with_wildcards(string script)
    {
        Run("Initialize-BackupTar -LiteralPath 'we[i]rd.tar'; Backup-Volume volume1 'we[i]rd.tar'");
        Assert.Contains(Run(script), row => row.Archive is string archive && archive == Folder["we[i]rd.tar"]);
    }

    [Theory]
    [InlineData("ArchiveNotFound", "Backup-Volume volume1 none*.tar")]
    [InlineData("ArchiveAmbiguous", "Backup-Volume volume1 *")]
    [InlineData("ArchiveAmbiguous", "Restore-Volume * -Prefix volumes -Confirm:$false")]
    [InlineData("ArchiveNotFound", "Initialize-BackupTar new*.tar")]
    [InlineData("ArchiveNotFound", "Get-BackupTar none*.tar")]
    [InlineData("ArchiveNotFound", "Get-BackupTar none*.tar -Entry")]
    [InlineData("ArchiveNotFound", "Optimize-BackupTar none*.tar -KeepLast 1")]
    [InlineData("ArchiveNotFound", "Test-BackupTar none*.tar")]
    [InlineData("ArchiveNotFound", "Test-BackupTar none*.tar -Quiet")]
    public void Wildcards_for_one_archive_must_name_one(string errorId, string script) => AssertFails(errorId, script);

    [Theory]
    [InlineData("VolumeNotFound", "Backup-Volume missing backup.tar -WhatIf")]
    [InlineData("ArchiveNotFound", "Backup-Volume volume1 missing.tar -WhatIf")]
    [InlineData("ConfigInvalid", "Backup-Volume volume1, volume1 backup.tar -WhatIf")]
    [InlineData("ArchiveNotFound", "Restore-Volume missing.tar -Prefix volumes -WhatIf")]
    [InlineData("GenerationNotFound", "Restore-Volume backup.tar -Prefix none -WhatIf")]
    [InlineData("VolumeNotWritable", "Restore-Volume backup.tar -Config @{ Prefix = 'volumes'; Volumes = @{ Target = \"$PWD/volume1\"; Source = \"$PWD/config.yml\" } } -WhatIf")]
    [InlineData("ArchiveExists", "Initialize-BackupTar backup.tar -WhatIf")]
    [InlineData("ArchiveNotFound", "Initialize-BackupTar no/such/new.tar -WhatIf")]
    public void What_if_fails_where_it_would_fail(string errorId, string script) => AssertFails(errorId, script);

    [Theory]
    [InlineData("fa-IR")]
    [InlineData("tr-TR")]
    [InlineData("th-TH")]
    public void Times_and_spans_mean_the_same_in_every_culture(string culture)
    {
        string day = DateTime.Now.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        string yesterday = DateTime.Now.AddDays(-1).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        string set = $"[cultureinfo]::CurrentCulture = '{culture}'; ";
        Assert.Equal(2, Run($"{set}Restore-Volume backup.tar -Prefix volumes -AsOf {day} -Confirm:$false").Count);
        Assert.Equal(2, Run($"{set}Restore-Volume backup.tar -Prefix volumes -AsOf (Get-Date) -Confirm:$false").Count);
        AssertFails("GenerationNotFound", $"{set}Restore-Volume backup.tar -Prefix volumes -AsOf {yesterday} -Confirm:$false");
        string shown = Run($"{set}(Get-BackupTar backup.tar | Out-String -Stream) -match '^True'")[0].ToString();
        string time = System.Text.RegularExpressions.Regex.Match(shown, @"\d{4}-\d\d-\d\d \d\d:\d\d").Value;
        Assert.StartsWith(day[..8], time);
        Assert.Equal(2, Run($"{set}Restore-Volume backup.tar -Prefix volumes -AsOf '{time}' -Confirm:$false").Count);
        Run($"{set}Backup-Volume volume1 backup.tar -KeepWithin 14D -Wait 0.5; Backup-Volume volume1 backup.tar -KeepWithin 1Y2M -Wait '1e0'");
    }

    [Theory]
    [InlineData("Backup-Volume volume1 backup.tar -Wait '0,5'")]
    [InlineData("Backup-Volume volume1 backup.tar -KeepWithin '1,5d'")]
    [InlineData("Restore-Volume backup.tar -Prefix volumes -AsOf yesterday")]
    [InlineData("Restore-Volume backup.tar -Prefix volumes -AsOf 5")]
    public void What_is_no_time_is_refused(string script) => AssertFails("ParameterArgumentTransformationError", script);

    [Fact]
    public void Question_names_what_goes()
    {
        Run("Backup-Volume volume1, volume2.txt backup.tar; Backup-Volume volume1, volume2.txt backup.tar -Prefix other; Backup-Volume volume1, volume2.txt backup.tar -Prefix other");
        Run("Optimize-BackupTar backup.tar -KeepLast 1");
        Assert.Contains("1 of 'volumes'; 3 of 'other'", Assert.Single(Session.Host.Questions));
    }

    [Theory]
    [InlineData("Get-BackupTar backup.tar")]
    [InlineData("Get-BackupTar backup.tar -Entry")]
    public void Damaged_archive_is_listed_as_far_as_it_goes(string script)
    {
        Run("Backup-Volume volume1 backup.tar");
        // The manifest, which the damage hides: what stands before it is of no known generation.
        long offset = (long)Run("(Get-BackupTar backup.tar -Entry | Where-Object Generation -eq 1)[-1]")[0].Offset;
        byte[] archive = File.ReadAllBytes(Folder.Archive);
        archive.AsSpan((int)offset, 512).Fill(0xFF);
        File.WriteAllBytes(Folder.Archive, archive);
        using var shell = Session.Create(script);
        Assert.Contains(shell.Invoke(), row => Equals(row.Properties["Generation"].Value, 2));
        Assert.Equal("ArchiveInvalid", Assert.Single(shell.Streams.Error).FullyQualifiedErrorId.Split(',')[0]);
    }

    [Fact]
    public void Damage_is_an_error_besides_the_row()
    {
        byte[] archive = File.ReadAllBytes(Folder.Archive);
        int at = Enumerable.Range(0, archive.Length / 512).Select(b => b * 512).First(b => archive.AsSpan(b).StartsWith("deep\0"u8));
        archive[at] ^= 1;
        File.WriteAllBytes(Folder.Archive, archive);

        using var shell = Session.Create("Test-BackupTar backup.tar");
        Assert.Equal([false, true], shell.Invoke().Select(row => (bool)row.Properties["Passed"].Value).Order());
        ErrorRecord error = Assert.Single(shell.Streams.Error);
        Assert.Equal("ChecksumMismatch,Snapshotter.PowerShell.TestBackupTarCommand", error.FullyQualifiedErrorId);
        Assert.Equal(Folder["volume1/sub/deep.txt"], ((string)error.TargetObject).Replace('\\', '/'), ignoreCase: false, ignoreLineEndingDifferences: false);
        Assert.False(Session.Value<bool>("Test-BackupTar backup.tar -Quiet"));
    }
}
