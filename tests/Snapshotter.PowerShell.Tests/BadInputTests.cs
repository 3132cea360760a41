using System.IO.Compression;
using Snapshotter.PowerShell.Tests.Support;

namespace Snapshotter.PowerShell.Tests;

/// <summary>Each bad input has its error id, and changes nothing.</summary>
public sealed class BadInputTests : ModuleTest
{
    public static TheoryData<string, string> Archives => new()
    {
        { "missing", "ArchiveNotFound" },
        { "directory", "ArchiveNotFound" },
        { "zero", "ArchiveEmpty" },
        { "text", "ArchiveInvalid" },
        { "gzip", "ArchiveInvalid" },
        { "zip", "ArchiveInvalid" },
        { "truncated", "ArchiveInvalid" },
    };

    public static TheoryData<string, string> Configs => new()
    {
        { "", "ConfigInvalid" },
        { "prefix: [", "ConfigInvalid" },
        { "just text", "ConfigInvalid" },
        { "prefix: p", "ConfigInvalid" },
        { "prefix: p\nvolumes: []", "ConfigInvalid" },
        { "prefix: p\nvolumes: [relative/path]", "ConfigInvalid" },
        { "prefix: p\nvolumes: [/a, /a]", "ConfigInvalid" },
        { "prefix: p\nvolumes: [/a, /a/]", "ConfigInvalid" },
        { "prefix: ../p\nvolumes: [/a]", "ConfigInvalid" },
        { "prefix: /p\nvolumes: [/a]", "ConfigInvalid" },
        { "prefix: p\nvolume: [/a]", "ConfigInvalid" },
        { $"prefix: p\nvolumes: [{(OperatingSystem.IsWindows() ? "C:" : "")}/does/not/exist]", "VolumeNotFound" },
    };

    [Theory]
    [MemberData(nameof(Archives))]
    public void Archive(string kind, string errorId)
    {
        Make(kind);
        AssertFails(errorId, "Backup-Volume volume1 bad.tar");
        AssertFails(errorId, "Restore-Volume bad.tar config.yml");
        AssertFails(errorId, "Get-BackupTar bad.tar");
        AssertFails(errorId, "Get-BackupTar bad.tar -Entry");
        if (kind != "truncated")
            AssertFails(errorId, "Test-BackupTar bad.tar");
    }

    [Theory]
    [MemberData(nameof(Configs))]
    public void Config(string yaml, string errorId)
    {
        Folder.CreateArchive();
        Folder.Write("bad.yml", yaml);
        AssertFails(errorId, "Backup-Volume -Config bad.yml -Archive backup.tar");
        if (errorId == "ConfigInvalid")
            AssertFails(errorId, "Restore-Volume backup.tar bad.yml");
    }

    [Theory]
    [InlineData("ConfigNotFound", "Backup-Volume -Config missing.yml -Archive backup.tar")]
    [InlineData("ConfigNotFound", "Restore-Volume backup.tar missing.yml")]
    [InlineData("ConfigInvalid", "Backup-Volume -Config volume1 -Archive backup.tar")]
    [InlineData("ConfigInvalid", "Backup-Volume -Config @{ Prefix = 'p'; Volumse = '/a' } -Archive backup.tar")]
    [InlineData("ConfigInvalid", "Backup-Volume -Config @{ Prefix = 5; Volumes = '/a' } -Archive backup.tar")]
    [InlineData("ConfigInvalid", "Backup-Volume -Config @{ Volumes = @{ Source = '/a' } } -Archive backup.tar")]
    [InlineData("ConfigInvalid", "Backup-Volume -Config @{ Volumes = '/a'; Keep = @{ Last = 'x' } } -Archive backup.tar")]
    [InlineData("ConfigInvalid", "Backup-Volume -Config @{ Volumes = '/a'; Keep = @{ Within = 'x' } } -Archive backup.tar")]
    [InlineData("ConfigInvalid", "Backup-Volume volume1 backup.tar -Prefix ../up")]
    [InlineData("ConfigInvalid", "Backup-Volume volume1, ./volume1/ backup.tar")]
    [InlineData("ConfigInvalid", "@() | Backup-Volume -Archive backup.tar")]
    [InlineData("ParameterArgumentTransformationError", "Backup-Volume -Config 5 -Archive backup.tar")]
    [InlineData("VolumeNotFound", "Backup-Volume missing backup.tar")]
    [InlineData("VolumeNotFound", "Backup-Volume volume1, missing backup.tar")]
    [InlineData("VolumeNotFound", "Backup-Volume missing* backup.tar")]
    [InlineData("VolumeNotFound", "Backup-Volume -LiteralPath volume* backup.tar")]
    [InlineData("PathNotFileSystem", "Backup-Volume env:PATH backup.tar")]
    [InlineData("PathNotFileSystem", "Backup-Volume volume1 env:PATH")]
    [InlineData("ArchiveNotFound", "Initialize-BackupTar no/such/folder/new.tar")]
    public void Argument(string errorId, string script)
    {
        Folder.CreateArchive();
        AssertFails(errorId, script);
    }

    [Fact]
    public void Error_names_its_category_and_target()
    {
        var error = Session.Fail("Get-BackupTar missing.tar");
        Assert.StartsWith("ArchiveNotFound,", error.FullyQualifiedErrorId);
        Assert.Equal(System.Management.Automation.ErrorCategory.ObjectNotFound, error.CategoryInfo.Category);
        Assert.Equal(Folder["missing.tar"], error.TargetObject);
    }

    [Fact]
    public void Error_can_be_caught_when_it_is_to_end_the_script()
        => Assert.Equal("caught ArchiveNotFound", Run("$ErrorActionPreference = 'Stop'; try { Get-BackupTar missing.tar; 'went on' } catch { \"caught $($_.Exception.Error)\" }")[0].ToString());

    private void Make(string kind)
    {
        string path = Folder["bad.tar"];
        switch (kind)
        {
            case "directory":
                Directory.CreateDirectory(path);
                break;
            case "zero":
                File.WriteAllBytes(path, []);
                break;
            case "text":
                File.WriteAllText(path, string.Join('\n', Enumerable.Repeat("this is a text and no archive", 100)));
                break;
            case "gzip":
                using (var stream = new GZipStream(File.Create(path), CompressionLevel.Fastest))
                    stream.Write(new byte[4096]);
                break;
            case "zip":
                ZipFile.CreateFromDirectory(Folder["volume1"], path);
                break;
            case "truncated":
                Folder.Write("volume1/large.bin", new string('x', 100_000));
                Run("$null = Initialize-BackupTar bad.tar; $null = Backup-Volume volume1 bad.tar");
                using (var stream = File.OpenWrite(path))
                    stream.SetLength(50_000);
                break;
        }
    }
}
