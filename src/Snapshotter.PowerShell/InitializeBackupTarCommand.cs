using System.Management.Automation;
using Snapshotter.Engine;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.PowerShell;

/// <summary>Creates an empty archive.</summary>
[Cmdlet(VerbsData.Initialize, "BackupTar", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(FileInfo))]
public sealed class InitializeBackupTarCommand : SnapshotterCommand
{
    /// <summary>The file to create.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("LiteralPath", "PSPath", "Archive")]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>Replaces a file that exists and is not empty.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (string archive in Path.Select(ResolveLiteral))
        {
            if (!ShouldProcess(Shown.Name(archive), Messages.ActionInitialize))
                continue;
            Run(_ => BackupTar.Initialize(archive, Force));
            WriteObject(InvokeProvider.Item.Get([archive], force: true, literalPath: true), true);
        }
    }
}
