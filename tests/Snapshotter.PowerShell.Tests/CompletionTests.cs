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
    public void Comes_from_the_archive_named(string line, string expected) => Assert.Equal(expected, Complete(line));

    [Fact]
    public void Volumes_are_targets()
        => Assert.Equal($"{Folder["volume1"]} {Folder["volume2.txt"]}", Complete("Restore-Volume backup.tar -Prefix 'web shop' -Volume "));

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
