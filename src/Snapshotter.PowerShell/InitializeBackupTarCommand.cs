using System.Management.Automation;

namespace Snapshotter.PowerShell;

/// <summary>x.</summary>
[Cmdlet(VerbsData.Initialize, "BackupTar")]
public sealed class InitializeBackupTarCommand : PSCmdlet
{
    /// <inheritdoc/>
    protected override void ProcessRecord() => WriteObject("hello " + typeof(Snapshotter.Engine.BackupTar).FullName);
}
