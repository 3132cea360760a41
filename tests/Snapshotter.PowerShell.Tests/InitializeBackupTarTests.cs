using Snapshotter.PowerShell.Tests.Support;

namespace Snapshotter.PowerShell.Tests;

public sealed class InitializeBackupTarTests : ModuleTest
{
    [Fact]
    public void Makes_1024_zero_bytes_and_emits_the_file()
    {
        Assert.Equal(Folder["new.tar"], Session.Value<FileInfo>("Initialize-BackupTar new.tar").FullName);
        Assert.Equal(new byte[1024], File.ReadAllBytes(Folder["new.tar"]));
    }

    [Fact]
    public void Takes_names_from_the_pipeline_with_brackets_in_them()
    {
        Assert.Equal(2, Run("'a[1].tar', 'b.tar' | Initialize-BackupTar").Count);
        Assert.True(File.Exists(Folder["a[1].tar"]));
    }

    [Fact]
    public void Replaces_an_existing_file_only_when_forced()
    {
        Folder.Write("old.tar", "precious");
        AssertFails("ArchiveExists", "Initialize-BackupTar old.tar");
        Run("Initialize-BackupTar old.tar -Force");
        Assert.Equal(1024, new FileInfo(Folder["old.tar"]).Length);
    }

    [Fact]
    public void Fills_an_empty_file()
    {
        Folder.Write("empty.tar", "");
        Run("Initialize-BackupTar empty.tar");
        Assert.Equal(1024, new FileInfo(Folder["empty.tar"]).Length);
    }

    [Fact]
    public void Output_can_be_piped_on()
    {
        Assert.Equal("GenerationNotFound", ErrorId("Initialize-BackupTar new.tar | Test-BackupTar"));
        Assert.Empty(Run("Initialize-BackupTar new.tar -Force | Get-BackupTar"));
    }

    [Theory]
    [InlineData("new.tar")]
    [InlineData("n[e]w.tar")]
    public void Output_names_its_archive_like_every_other(string name)
    {
        Assert.Equal(Folder[name], Session.Value<string>($"(Initialize-BackupTar -LiteralPath '{name}').Archive"));
        // From anywhere, since it is the whole path.
        Assert.Equal(1, Session.Value<int>(
            $"(Backup-Volume volume1 (Initialize-BackupTar -LiteralPath '{name}' -Force)).Generation"));
        Assert.Equal(2, Session.Value<int>(
            $"Set-Location volume1; (Initialize-BackupTar '../other.tar' -Force | ForEach-Object {{ Backup-Volume . $_; Backup-Volume . $_.Archive }}).Generation[-1]"));
    }
}
