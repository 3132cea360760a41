using System.Management.Automation;
using Snapshotter.Docker;
using Snapshotter.PowerShell.Completion;

namespace Snapshotter.PowerShell;

/// <summary>
/// Reads the mounts of containers as configurations, which pipe into Backup-Volume and Restore-Volume, and whose method
/// ToYaml() makes a config.yml for the image.
/// </summary>
[Cmdlet(VerbsCommon.Get, "ContainerVolume")]
[OutputType(typeof(ContainerVolumeConfig))]
public sealed class GetContainerVolumeCommand : SnapshotterCommand
{
    private readonly SharedVolumes shared = new();
    private DockerEngine? engine;

    /// <summary>Names or ids of containers; wildcards are resolved. None: all containers.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("ContainerName")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ContainerNameCompleter))]
    public string[] Name { get; set; } = ["*"];

    /// <summary>Labels that a container must all have: "key" or "key=value", e.g. snapshotter.enable=true.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NothingCompleter))]
    public string[] Label { get; set; } = [];

    /// <summary>The engine's address. By default the one that the docker command would use.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? DockerHost { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        Run(_ => engine = DockerEngine.Connect(DockerHost));
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (string name in Name)
        {
            if (Label.Length > 0 || WildcardPattern.ContainsWildcardCharacters(name))
                Run(_ => Find(name));
            else
                Run(_ => Read(name));
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            engine?.Dispose();
        base.Dispose(disposing);
    }

    private void Find(string name)
    {
        var pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant);
        bool found = false;
        foreach (ContainerSummary container in engine!.ListAsync(Label, Cancellation).GetAwaiter().GetResult())
        {
            if (!pattern.IsMatch(container.Name) && !container.Id.StartsWith(name, StringComparison.Ordinal))
                continue;
            found = true;
            Run(_ => Read(container.Id));
        }

        if (!found && !WildcardPattern.ContainsWildcardCharacters(name))
            WriteError(ErrorRecords.NoContainer(name, Label));
    }

    private void Read(string container)
    {
        ContainerVolumeConfig config = engine!.ReadVolumesAsync(container, shared, Cancellation).GetAwaiter().GetResult();
        foreach (OmittedMount mount in config.Omitted)
            WriteVerbose(Messages.Format(nameof(Messages.MountOmitted), mount.Target, config.ContainerName, mount.Reason));
        if (config.Paths == VolumePaths.Remote)
            WriteWarning(Messages.Format(nameof(Messages.EngineIsRemote), engine.Address, config.ContainerName));
        WriteObject(config);
    }
}
