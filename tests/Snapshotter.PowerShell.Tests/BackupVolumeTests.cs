using Snapshotter.PowerShell.Tests.Support;

namespace Snapshotter.PowerShell.Tests;

public sealed class BackupVolumeTests : ModuleTest
{
    public BackupVolumeTests() => Folder.CreateArchive();

    [Theory]
    [InlineData("Backup-Volume volume1, volume2.txt backup.tar")]
    [InlineData("Backup-Volume -Path volume1, ./volume2.txt -Archive backup.tar")]
    [InlineData("Backup-Volume volume* backup.tar")]
    [InlineData("Backup-Volume -LiteralPath volume1, volume2.txt -Archive backup.tar")]
    [InlineData("'volume1', 'volume2.txt' | Backup-Volume -Archive backup.tar")]
    [InlineData("[IO.DirectoryInfo]::new(\"$PWD/volume1\"), [IO.FileInfo]::new(\"$PWD/volume2.txt\") | Backup-Volume -Archive backup.tar")]
    [InlineData("$ExecutionContext.InvokeProvider.ChildItem.Get('volume*', $false) | Backup-Volume -Archive backup.tar")]
    [InlineData("[pscustomobject]@{ PSPath = 'volume1' }, [pscustomobject]@{ LiteralPath = 'volume2.txt' } | Backup-Volume -Archive backup.tar")]
    [InlineData("[pscustomobject]@{ Path = 'volume1' }, [pscustomobject]@{ Path = 'volume2.txt' } | Backup-Volume -Archive backup.tar")]
    [InlineData("Backup-Volume ([IO.DirectoryInfo]::new(\"$PWD/volume1\")), volume2.txt backup.tar")]
    public void All_paths_of_a_call_are_one_generation(string script)
    {
        var reports = Run(script);
        Assert.Equal([Folder["volume1"], Folder["volume2.txt"]], reports.Select(r => (string)r.Target).Order(StringComparer.Ordinal));
        Assert.All(reports, r => Assert.Equal(1, (int)r.Generation));
        Assert.All(reports, r => Assert.Equal("volumes", (string)r.Prefix));
        Assert.Equal(2, Run("Get-BackupTar backup.tar").Count);
    }

    [Theory]
    [InlineData("Backup-Volume -Config config.yml -Archive backup.tar")]
    [InlineData("Backup-Volume -Config ([IO.FileInfo]::new(\"$PWD/config.yml\")) backup.tar")]
    [InlineData("Backup-Volume -Config @{ prefix = 'backups/test'; volumes = \"$PWD/volume1\", \"$PWD/volume2.txt\" } backup.tar")]
    [InlineData("@{ Prefix = 'backups/test'; Volumes = \"$PWD/volume1\", @{ Target = \"$PWD/volume2.txt\" } } | Backup-Volume -Archive backup.tar")]
    [InlineData("[ordered]@{ Prefix = 'backups/test'; Volumes = \"$PWD/volume1\", \"$PWD/volume2.txt\" } | Backup-Volume -Archive backup.tar")]
    [InlineData("[pscustomobject]@{ Prefix = 'backups/test'; Volumes = \"$PWD/volume1\", [pscustomobject]@{ Target = \"$PWD/volume2.txt\"; Source = $null } } | Backup-Volume -Archive backup.tar")]
    [InlineData("Backup-Volume -Config config.yml -Prefix backups/test -Archive backup.tar")]
    public void Configuration_comes_in_many_forms(string script)
    {
        var reports = Run(script);
        Assert.Equal([Folder["volume1"], Folder["volume2.txt"]], reports.Select(r => (string)r.Target));
        Assert.All(reports, r => Assert.Equal("backups/test", (string)r.Prefix));
        Assert.Equal(3L, (long)reports[0].Entries - 1);
    }

    [Fact]
    public void Configuration_survives_serialization()
    {
        // As Export-Clixml and Import-Clixml would do it.
        var reports = Run("""
            $config = [pscustomobject]@{ Prefix = 'p'; Volumes = @([pscustomobject]@{ Target = '/virtual'; Source = "$PWD/volume1" }); Exclude = @('*.tmp'); Keep = @{ Last = 2 } }
            $read = [System.Management.Automation.PSSerializer]::Deserialize([System.Management.Automation.PSSerializer]::Serialize($config, 4))
            $read | Backup-Volume -Archive backup.tar
            """);
        Assert.Equal("/virtual", (string)Assert.Single(reports).Target);
        Assert.Equal(Folder["volume1"], Path.GetFullPath((string)reports[0].Path));
    }

    [Fact]
    public void Each_configuration_is_a_generation_of_its_own()
    {
        var reports = Run("@{ Prefix = 'a'; Volumes = \"$PWD/volume1\" }, @{ Prefix = 'b'; Volumes = \"$PWD/volume2.txt\" } | Backup-Volume -Archive backup.tar");
        Assert.Equal([1, 2], reports.Select(r => (int)r.Generation));
        Assert.Equal(["a", "b"], reports.Select(r => (string)r.Prefix));
    }

    [Fact]
    public void Names_with_brackets_are_found_as_they_stand()
    {
        Folder.Write("we[i]rd.txt", "x");
        Assert.Equal(Folder["we[i]rd.txt"], (string)Run("Backup-Volume 'we[i]rd.txt' backup.tar")[0].Target);
        Assert.Equal(Folder["we[i]rd.txt"], (string)Run("[IO.FileInfo]::new(\"$PWD/we[i]rd.txt\") | Backup-Volume -Archive backup.tar")[0].Target);
        Assert.Equal(Folder["we[i]rd.txt"], (string)Run("Backup-Volume -LiteralPath 'we[i]rd.txt' backup.tar")[0].Target);
    }

    [Fact]
    public void Wildcards_match_hidden_names_too()
    {
        Folder.Write(".hidden", "x");
        Assert.Contains(Folder[".hidden"], Run("Backup-Volume *hidden backup.tar").Select(r => (string)r.Target));
    }

    [Fact]
    public void Paths_are_relative_to_the_location_of_the_session()
    {
        var reports = Run("$null = $ExecutionContext.SessionState.Path.SetLocation(\"$PWD/volume1\"); Backup-Volume sub/ ../backup.tar");
        Assert.Equal(Folder["volume1/sub"], (string)Assert.Single(reports).Target);
    }

    [Fact]
    public void Exclude_adds_to_what_the_configuration_excludes()
    {
        Folder.Write("volume1/a.tmp", "x");
        Folder.Write("volume1/b.log", "x");
        Run("Backup-Volume -Config @{ Prefix = ''; Volumes = \"$PWD/volume1\"; Exclude = '*.tmp' } backup.tar -Exclude *.log");
        var paths = Run("Get-BackupTar backup.tar -Entry | Where-Object Target").Select(e => (string)e.Path);
        Assert.Equal([".", "file.txt", "sub", "sub/deep.txt"], paths.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("XxHash128", "XXH128SUMS")]
    [InlineData("Sha256", "SHA256SUMS")]
    public void Checksum_chooses_the_sums(string algorithm, string entry)
    {
        Run($"Backup-Volume volume1 backup.tar -Checksum {algorithm}");
        Assert.Contains("volumes/" + entry, System.Text.Encoding.UTF8.GetString(File.ReadAllBytes(Folder.Archive)));
        Assert.Equal(algorithm, Run("Get-BackupTar backup.tar")[0].Checksum.ToString());
    }

    [Fact]
    public void Report_says_what_the_table_shows()
    {
        var report = Run("Backup-Volume volume1 backup.tar")[0];
        Assert.Equal("Directory", report.Type.ToString());
        Assert.Equal(4L, (long)report.Entries);
        Assert.Equal(7L, (long)report.Bytes);
        Assert.True((TimeSpan)report.Duration > TimeSpan.Zero);
        Assert.Equal(0L, (long)report.WarningCount);
        Assert.True((bool)report.Complete);
    }

    [Theory]
    [InlineData("Backup-Volume volume1 backup.tar -KeepLast 2")]
    [InlineData("Backup-Volume -Config @{ Prefix = 'volumes'; Volumes = \"$PWD/volume1\"; Keep = @{ Last = 2 } } -Archive backup.tar")]
    [InlineData("Backup-Volume -Config @{ Prefix = 'volumes'; Volumes = \"$PWD/volume1\"; Keep = @{ Last = 9 } } -Archive backup.tar -KeepLast 2")]
    public void Old_generations_go_after_a_backup(string script)
    {
        Run("Backup-Volume volume1 backup.tar; Backup-Volume volume1 backup.tar; Backup-Volume volume2.txt backup.tar -Prefix other");
        Run(script);
        Assert.Equal(["other 3", "volumes 2", "volumes 4"], Run("Get-BackupTar backup.tar").Select(r => $"{r.Prefix} {r.Generation}").Order());
        Assert.True(Session.Value<bool>("Test-BackupTar backup.tar -Quiet"));
    }

    [Fact]
    public void Verbose_tells_the_story()
    {
        using var shell = Session.Create("Backup-Volume volume1 backup.tar -Verbose");
        shell.Invoke();
        Assert.Contains(shell.Streams.Verbose, v => v.Message.Contains(Folder["volume1"]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-Wait 0.1")]
    [InlineData("-Wait 00:00:00.2")]
    public void Locked_archive_is_waited_for_in_seconds_or_a_time_span(string wait)
    {
        using (Folder.LockArchive())
            Assert.Equal("ArchiveLocked", ErrorId($"Backup-Volume volume1 backup.tar {wait}"));
        Assert.Single(Run("Backup-Volume volume1 backup.tar -Wait 10"));
    }

    [Theory]
    [InlineData("-Wait soon")]
    [InlineData("-Wait -1")]
    [InlineData("-KeepWithin forever")]
    [InlineData("-Checksum Md5")]
    public void Wrong_values_are_refused_when_parameters_are_bound(string parameter)
        => AssertFails(
            parameter.StartsWith("-Checksum") ? "CannotConvertArgumentNoMessage" : "ParameterArgumentTransformationError",
            $"Backup-Volume volume1 backup.tar {parameter}");
}
