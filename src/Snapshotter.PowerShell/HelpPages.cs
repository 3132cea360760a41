namespace Snapshotter.PowerShell;

/// <summary>Where Get-Help -Online finds the cmdlets' pages.</summary>
internal static class HelpPages
{
    public const string Project = "https://github.com/NethermindEth/docker-volumes-snapshotter";
    public const string BackupVolume = Folder + "Backup-Volume.md";
    public const string GetBackupTar = Folder + "Get-BackupTar.md";
    public const string GetContainerVolume = Folder + "Get-ContainerVolume.md";
    public const string InitializeBackupTar = Folder + "Initialize-BackupTar.md";
    public const string OptimizeBackupTar = Folder + "Optimize-BackupTar.md";
    public const string RestoreVolume = Folder + "Restore-Volume.md";
    public const string TestBackupTar = Folder + "Test-BackupTar.md";

    private const string Folder = Project + "/blob/main/docs/cmdlets/";
}
