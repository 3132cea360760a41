using System.Management.Automation;
using Snapshotter.Docker;
using Snapshotter.Engine;
using Snapshotter.Engine.Config;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Saving;
using Snapshotter.PowerShell.Arguments;
using Snapshotter.PowerShell.Completion;
using Snapshotter.PowerShell.Output;

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
    private readonly ContainerHolds holds = new();
    private bool hasConfig;

    /// <summary>The directories and files to save; wildcards are resolved.</summary>
    [Parameter(ParameterSetName = PathSet, Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [VolumePath]
    [AllowEmptyString]
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

    /// <summary>The archive to append to; wildcards are resolved, to one.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ArchivePath]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string Archive { get; set; } = "";

    /// <summary>The path inside the tar. For paths the default is "volumes"; a configuration has its own.</summary>
    [Parameter]
    [AllowEmptyString]
    [ArgumentCompleter(typeof(PrefixCompleter))]
    public string Prefix { get; set; } = DefaultPrefix;

    /// <summary>Patterns of what is not saved, added to the configuration's own.</summary>
    [Parameter]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(NothingCompleter))]
    public string[] Exclude { get; set; } = [];

    /// <summary>How file data is protected.</summary>
    [Parameter]
    public ChecksumAlgorithm Checksum { get; set; } = ChecksumAlgorithm.XxHash128;

    /// <summary>How long to wait for another writer of the archive: seconds, or a TimeSpan.</summary>
    [Parameter]
    [DurationTransformation]
    [ArgumentCompleter(typeof(NothingCompleter))]
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
        if (ParameterSetName == ConfigSet)
        {
            hasConfig = true;
            foreach (ConfigSource source in Config)
                Run(reporter => Backup(WithParameters(ReadConfig(source)), reporter));
            return;
        }

        // All paths are saved, or none.
        Run(
            _ =>
            {
                foreach (string pattern in Path)
                    Add(Match(pattern), FilePaths.IsPattern(pattern));
                Add(LiteralPath.Select(ResolveLiteral), isPattern: false);
            },
            isAll: true);
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        // A pipeline may bring both, and one that brings nothing is a mistake.
        if (volumes.Count > 0 || !hasConfig)
        {
            var config = new VolumeConfig
            {
                Prefix = Prefix,
                Volumes = volumes,
                Keep = Policy,
            };
            Run(reporter => Backup(config, reporter), isAll: true);
        }

        holds.Release(failure => WriteError(ErrorRecords.From(failure)));
    }

    /// <summary>The cmdlet is always disposed of, after an error or Ctrl-C too: what is still held then runs again.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            holds.Release(failure => Host.UI.WriteErrorLine(ErrorRecords.From(failure).ToString()));
        base.Dispose(disposing);
    }

    /// <summary>What somebody typed may not be the archive itself; what a pattern or a pipeline brought is left out then.</summary>
    private void Add(IEnumerable<string> paths, bool isPattern)
        => volumes.AddRange(paths.Select(path => new VolumeSpec { Target = path, IsImplied = isPattern || MyInvocation.ExpectingInput }));

    private IReadOnlyList<string> Match(string pattern)
    {
        if (VolumePathAttribute.NoPath(pattern) is { } value)
            throw new UsageException(nameof(Messages.NoVolumePath), Messages.Format(nameof(Messages.NoVolumePath), value), value);
        return ResolveWildcards(pattern) is { Count: > 0 } found ? found : throw ErrorRecords.NoVolumeMatches(pattern);
    }

    /// <summary>The configuration as the command line would have it.</summary>
    private VolumeConfig WithParameters(VolumeConfig config) => config.Volumes.Count == 0 ? config : new()
    {
        Prefix = MyInvocation.BoundParameters.ContainsKey(nameof(Prefix)) ? Prefix : config.Prefix,
        Volumes = config.Volumes,
        Exclude = config.Exclude,
        Keep = Policy ?? config.Keep,
    };

    private void Backup(VolumeConfig config, IReporter reporter)
    {
        if (config is ContainerVolumeConfig { Volumes.Count: 0 } container)
        {
            WriteVerbose(Messages.Format(nameof(Messages.ContainerWithoutVolumes), container.ContainerName));
            return;
        }

        VolumeConfigFile.Validate(config);
        string archive = ResolveArchive(Archive);
        var options = new BackupOptions { Checksum = Checksum, Exclude = Exclude, Wait = Wait };
        if (IsWhatIf)
        {
            BackupTar.CheckBackup(archive, config, options, Cancellation);
            ContainerHolds.Check(DockerHost, StopContainer, PauseContainer, Cancellation);
        }

        if (!ShouldBackup(archive, config))
            return;
        if (holds.Take(DockerHost, StopContainer, PauseContainer, Cancellation))
            WriteVerbose(Messages.Format(nameof(Messages.ContainersHeld), string.Join(", ", holds.Names)));
        BackupReport report = BackupTar.Backup(archive, config, options, reporter, Cancellation);
        foreach (VolumeReport volume in report.Volumes)
            Emit(volume, () => InWords(volume));
    }

    private static string InWords(VolumeReport volume) => string.Join(' ', volume.Removed
        .Select(generation => Messages.Format(nameof(Messages.ToldRemoved), generation.Generation, generation.Prefix, volume.Archive))
        .Prepend(Messages.Format(nameof(Messages.ToldSaved), volume.Target, volume.Generation, volume.Prefix, volume.Archive)));

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
                    nameof(Messages.ActionKeep), generation.Generation, generation.Prefix, DisplayText.Time(generation.Created)));
            }

            return false;
        }

        if (going.Count > 0)
            action += Messages.Format(nameof(Messages.ActionBackupKeep), string.Join(", ", going.Select(generation => generation.Generation)));
        return ShouldProcess(Shown.Name(archive), action);
    }
}
