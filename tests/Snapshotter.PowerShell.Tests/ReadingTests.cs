using Snapshotter.PowerShell.Tests.Support;

namespace Snapshotter.PowerShell.Tests;

/// <summary>Get-BackupTar and Test-BackupTar.</summary>
public sealed class ReadingTests : ModuleTest
{
    public ReadingTests()
    {
        Folder.CreateArchive();
        Run("Backup-Volume volume1, volume2.txt backup.tar -Prefix a/one; Backup-Volume volume2.txt backup.tar -Prefix b; Backup-Volume volume1 backup.tar -Prefix a/one");
    }

    [Theory]
    [InlineData("Get-BackupTar backup.tar", 4)]
    [InlineData("Get-BackupTar backup.tar -Newest", 3)]
    [InlineData("Get-BackupTar backup.tar -Prefix a/*", 3)]
    [InlineData("Get-BackupTar backup.tar -Prefix a/* -Newest", 2)]
    [InlineData("Get-BackupTar backup.tar -Generation 2", 1)]
    [InlineData("Get-BackupTar *.tar", 4)]
    [InlineData("Get-BackupTar -LiteralPath backup.tar", 4)]
    [InlineData("'backup.tar' | Get-BackupTar", 4)]
    [InlineData("[IO.FileInfo]::new(\"$PWD/backup.tar\") | Get-BackupTar", 4)]
    [InlineData("$ExecutionContext.InvokeProvider.Item.Get('backup.tar') | Get-BackupTar", 4)]
    [InlineData("Get-BackupTar backup.tar -Generation 3 -Entry", 6)]
    [InlineData("Get-BackupTar backup.tar -Entry | Where-Object Type -eq file", 12)]
    [InlineData("Test-BackupTar backup.tar", 4)]
    [InlineData("Test-BackupTar backup.tar -Newest", 3)]
    [InlineData("Test-BackupTar backup.tar -Prefix b", 1)]
    [InlineData("'backup.tar', './backup.tar' | Test-BackupTar -Quiet", 1)]
    public void Rows_are_those_asked_for(string script, int count) => Assert.Equal(count, Run(script).Count);

    /// <summary>Where nothing was tested, nothing is passed; where nothing is as asked for, that is told.</summary>
    [Theory]
    [InlineData("Test-BackupTar backup.tar -Prefix mistyped")]
    [InlineData("Test-BackupTar backup.tar -Prefix mis*")]
    [InlineData("Test-BackupTar backup.tar -Generation 99")]
    [InlineData("Test-BackupTar backup.tar -Prefix b -Generation 1")]
    [InlineData("Test-BackupTar empty.tar")]
    [InlineData("Get-BackupTar backup.tar -Prefix mistyped", false)]
    [InlineData("Get-BackupTar backup.tar -Prefix mis*", false)]
    [InlineData("Get-BackupTar backup.tar -Generation 99", false)]
    [InlineData("Get-BackupTar backup.tar -Generation 99 -Entry", false)]
    [InlineData("Optimize-BackupTar backup.tar -Prefix mistyped -KeepLast 1", false)]
    [InlineData("Optimize-BackupTar backup.tar -Generation 99", false)]
    public void What_is_not_there_is_told(string script, bool isTest = true)
    {
        Run("Initialize-BackupTar empty.tar");
        Assert.Equal("GenerationNotFound", ErrorId(script));
        if (isTest)
        {
            Assert.Equal("GenerationNotFound", ErrorId(script + " -Quiet"));
            Assert.False(Session.Value<bool>(script + " -Quiet -ErrorAction SilentlyContinue"));
        }
    }

    [Fact]
    public void Row_describes_its_volume()
    {
        var row = Run("Get-BackupTar backup.tar")[0];
        Assert.Equal(Folder.Archive, (string)row.Archive);
        Assert.Equal("a/one", (string)row.Prefix);
        Assert.Equal(1, (int)row.Generation);
        Assert.False((bool)row.IsNewest);
        Assert.Equal(Folder["volume1"], (string)row.Target);
        Assert.Equal(4L, (long)row.Entries);
        Assert.Equal(7L, (long)row.Bytes);
    }

    [Fact]
    public void Whole_archive_passes()
    {
        Assert.True(Session.Value<bool>("Test-BackupTar backup.tar -Quiet"));
        Assert.All(Run("Test-BackupTar backup.tar"), r => Assert.True((bool)r.Passed));
    }

    [Fact]
    public void Flipped_bit_in_the_data_fails()
    {
        byte[] bytes = File.ReadAllBytes(Folder.Archive);
        int data = bytes.AsSpan().IndexOf("deep\0"u8);
        bytes[data] ^= 1;
        File.WriteAllBytes(Folder.Archive, bytes);
        Assert.False(Session.Value<bool>("Test-BackupTar backup.tar -Quiet"));
        Assert.Contains(Run("Test-BackupTar backup.tar -ErrorAction Ignore"), r => !(bool)r.Passed && r.Errors[0].Kind.ToString() == "ChecksumMismatch");
    }

    [Fact]
    public void Cut_off_archive_fails_and_says_where()
    {
        using (var stream = File.OpenWrite(Folder.Archive))
            stream.SetLength(stream.Length - 1536);
        Assert.Contains(Run("Test-BackupTar backup.tar -ErrorAction Ignore"), r => !(bool)r.Passed && r.Errors[0].Kind.ToString() == "ArchiveInvalid");
    }

    [Theory]
    [InlineData("")]
    [InlineData("this is no tar")]
    public void Quiet_test_of_what_is_no_archive_is_false(string content)
    {
        Folder.Write("no.tar", content);
        Assert.False(Session.Value<bool>("Test-BackupTar no.tar -Quiet"));
        Assert.Equal("ArchiveNotFound", ErrorId("Test-BackupTar missing.tar -Quiet"));
    }

    [Fact]
    public void Reading_stops_when_nobody_wants_more()
        => Assert.Single(Run("Get-BackupTar backup.tar -Entry | ForEach-Object { $_; break }"));

    [Fact]
    public void Objects_survive_serialization()
    {
        var copy = Run("""
            [System.Management.Automation.PSSerializer]::Deserialize([System.Management.Automation.PSSerializer]::Serialize((Get-BackupTar backup.tar)[0]))
            """)[0];
        Assert.Equal("a/one", (string)copy.Prefix);
        Assert.Equal(4L, (long)copy.Entries);
        Assert.Equal("Directory", copy.Type.ToString());
    }
}
