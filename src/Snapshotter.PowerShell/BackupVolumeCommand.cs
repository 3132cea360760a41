using System.Management.Automation;
using Snapshotter.Engine;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Volumes;
using Snapshotter.PowerShell.Arguments;
using Snapshotter.PowerShell.Completion;

namespace Snapshotter.PowerShell;

/// <summary>
/// Appends a generation with the given volumes to an archive. All paths of one call are one generation; each
/// configuration is one of its own.
/// </summary>
[Cmdlet(VerbsData.Backup, "Volume", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
[OutputType(typeof(VolumeReport))]
public sealed class BackupVolumeCommand : RetentionCommand
{
    private const string PathSet = "Path";
    private const string LiteralPathSet = "LiteralPath";
    private const string ConfigSet = "Config";
    private const string DefaultPrefix = "volumes";

    private readonly List<VolumeSpec> volumes = [];
    private BackupHold? hold;

    /// <summary>The directories and files to save; wildcards are resolved.</summary>
    [Parameter(ParameterSetName = PathSet, Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [VolumePath]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Path { get; set; } = [];

    /// <summary>The directories and files to save, exactly as written.</summary>
    [Parameter(ParameterSetName = LiteralPathSet, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath")]
    [ValidateNotNullOrEmpty]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>What to save: the path of a config.yml, a VolumeConfig, a hashtable, or an object with Prefix and Volumes.</summary>
    [Parameter(ParameterSetName = ConfigSet, Mandatory = true, ValueFromPipeline = true)]
    [ConfigTransformation]
    public ConfigSource[] Config { get; set; } = [];

    /// <summary>The archive to append to.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    public string Archive { get; set; } = "";

    /// <summary>The path inside the tar. For paths the default is "volumes"; a configuration has its own.</summary>
    [Parameter]
    [AllowEmptyString]
    [ArgumentCompleter(typeof(PrefixCompleter))]
    public string Prefix { get; set; } = DefaultPrefix;

    /// <summary>Patterns of what is not saved, added to the configuration's own.</summary>
    [Parameter]
    public string[] Exclude { get; set; } = [];

    /// <summary>How file data is protected.</summary>
    [Parameter]
    public ChecksumAlgorithm Checksum { get; set; } = ChecksumAlgorithm.XxHash128;

    /// <summary>How long to wait for another writer of the archive: seconds, or a TimeSpan.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan Wait { get; set; }

    /// <summary>
    /// Containers to stop in this order while the volumes are saved, and to start again in reverse, whatever happens.
    /// Those that do not run are left alone.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ContainerNameCompleter))]
    public string[] StopContainer { get; set; } = [];

    /// <summary>Containers to pause likewise: quicker, but their programs have no chance to write what they have in memory.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ContainerNameCompleter))]
    public string[] PauseContainer { get; set; } = [];

    /// <summary>The address of the engine that has these containers. By default the one that the docker command would use.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? DockerHost { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        switch (ParameterSetName)
        {
            case PathSet:
                foreach (string pattern in Path)
                    Add(Match(pattern), WildcardPattern.ContainsWildcardCharacters(pattern));
                break;
            case LiteralPathSet:
                Add(LiteralPath.Select(ResolveLiteral), isPattern: false);
                break;
            default:
                foreach (ConfigSource source in Config)
                    Run(_ => Backup(WithParameters(ReadConfig(source))));
                break;
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (ParameterSetName != ConfigSet)
        {
            Backup(new VolumeConfig
            {
                Prefix = Prefix,
                Volumes = volumes,
                Keep = Policy,
            });
        }

        LetContainersRun(WriteError);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            LetContainersRun(error => Host.UI.WriteErrorLine(error.ToString()));
        base.Dispose(disposing);
    }

    /// <summary>What somebody typed may not be the archive itself; what a pattern or a pipeline brought is left out then.</summary>
    private void Add(IEnumerable<string> paths, bool isPattern)
        => volumes.AddRange(paths.Select(path => new VolumeSpec { Target = path, IsImplied = isPattern || MyInvocation.ExpectingInput }));

    private string[] Match(string pattern)
    {
        string[] found = [.. ResolveWildcards(pattern)];
        if (found.Length == 0)
            ThrowTerminatingError(ErrorRecords.NothingMatches(pattern));
        return found;
    }

    /// <summary>The configuration as the command line would have it.</summary>
    private VolumeConfig WithParameters(VolumeConfig config) => new()
    {
        Prefix = MyInvocation.BoundParameters.ContainsKey(nameof(Prefix)) ? Prefix : config.Prefix,
        Volumes = config.Volumes,
        Exclude = config.Exclude,
        Keep = Policy ?? config.Keep,
    };

    private void Backup(VolumeConfig config) => Run(reporter =>
    {
        VolumeConfigFile.Validate(config);
        string archive = ResolveLiteral(Archive);
        if (!ShouldBackup(archive, config))
            return;
        var options = new BackupOptions { Checksum = Checksum, Exclude = Exclude, Wait = Wait };
        HoldContainers();
        BackupReport report = BackupTar.Backup(archive, config, options, reporter, Cancellation);
        WriteObject(report.Volumes, true);
    });

    /// <summary>Whoever looks before, or is asked, is told as well which generations the rules will remove.</summary>
    private bool ShouldBackup(string archive, VolumeConfig config)
    {
        IReadOnlyList<PlannedGeneration> going = IsWhatIf || WillConfirm ? BackupTar.PlanKeep(archive, config, Cancellation) : [];
        string action = Messages.Format(nameof(Messages.ActionBackup), string.Join(", ", config.Volumes), config.Prefix);
        if (IsWhatIf)
        {
            ShouldProcess(Shown.Name(archive), action);
            foreach (PlannedGeneration generation in going)
            {
                ShouldProcess(Shown.Name(archive), Messages.Format(
                    nameof(Messages.ActionKeep), generation.Generation, generation.Prefix, generation.Created.LocalDateTime));
            }

            return false;
        }

        if (going.Count > 0)
            action += Messages.Format(nameof(Messages.ActionBackupKeep), string.Join(", ", going.Select(generation => generation.Generation)));
        return ShouldProcess(Shown.Name(archive), action);
    }

    private void HoldContainers()
    {
        if (hold is not null || (StopContainer.Length == 0 && PauseContainer.Length == 0))
            return;
        hold = BackupHold.Take(DockerHost, StopContainer, PauseContainer, Cancellation);
        WriteVerbose(Messages.Format(nameof(Messages.ContainersHeld), string.Join(", ", hold.Names)));
    }

    /// <summary>At the end, and when the cmdlet is disposed of, which it always is: after an error or Ctrl-C too.</summary>
    private void LetContainersRun(Action<ErrorRecord> report)
    {
        if (hold is null)
            return;
        IReadOnlyList<Docker.DockerException> failures = hold.Release();
        hold = null;
        foreach (Docker.DockerException failure in failures)
            report(ErrorRecords.From(failure));
    }
}
