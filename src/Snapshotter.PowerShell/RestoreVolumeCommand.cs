using System.Management.Automation;
using Snapshotter.Docker;
using Snapshotter.Engine;
using Snapshotter.Engine.Config;
using Snapshotter.Engine.Jobs;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Restoring;
using Snapshotter.PowerShell.Arguments;
using Snapshotter.PowerShell.Completion;
using Snapshotter.PowerShell.Image;
using Snapshotter.PowerShell.Output;

namespace Snapshotter.PowerShell;

/// <summary>Brings volumes back exactly as they were saved.</summary>
/// <remarks>
/// There is no default set: PowerShell would try its parameters first, and take a row whose numbers are texts (from CSV, say)
/// for something of that set before it comes to the other's. -Config is not mandatory, so that where neither it nor -Prefix is
/// given that is told in words of our own, and not that a parameter set cannot be resolved.
/// </remarks>
[Cmdlet(VerbsData.Restore, "Volume", SupportsShouldProcess = true)]
[OutputType(typeof(VolumeReport))]
public sealed class RestoreVolumeCommand : SnapshotterCommand
{
    private const string ConfigSet = "Config";
    private const string PrefixSet = "Prefix";

    /// <summary>How many prefixes an error names.</summary>
    private const int MaxNamed = 10;

    private readonly RowGroups rows = new();
    private readonly ContainerHolds holds = new();
    private readonly List<EntrySource> skipped = [];
    private bool isVolumeGiven;
    private bool yesToAll;
    private bool noToAll;

    /// <summary>The archive to restore from; wildcards are resolved, to one.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ArchivePath]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string Archive { get; set; } = "";

    /// <summary>What to restore and where to: the path of a config.yml, a VolumeConfig, a hashtable, or an object with Prefix and Volumes.</summary>
    [Parameter(ParameterSetName = ConfigSet, Position = 1, ValueFromPipeline = true)]
    [ConfigTransformation]
    public ConfigSource[] Config { get; set; } = [];

    /// <summary>The path inside the tar whose volumes are restored to the places that the archive names.</summary>
    [Parameter(ParameterSetName = PrefixSet, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [AllowEmptyString]
    [ArgumentCompleter(typeof(PrefixCompleter))]
    public string Prefix { get; set; } = "";

    /// <summary>Only the volumes whose target matches one of these.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("Target")]
    [ValidateNotNull]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(VolumeCompleter))]
    public string[] Volume { get; set; } = [];

    /// <summary>Only these entries, each by itself: rows of Get-BackupTar -Entry.</summary>
    [Parameter(ParameterSetName = PrefixSet, ValueFromPipeline = true)]
    [EntryTransformation]
    public EntrySource[] Entry { get; set; } = [];

    /// <summary>A directory to restore below, instead of over the volumes themselves.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Destination { get; set; }

    /// <summary>Restores the newest generation made at this time or before.</summary>
    [Parameter]
    [PointInTimeTransformation]
    [ArgumentCompleter(typeof(NothingCompleter))]
    public DateTimeOffset? AsOf { get; set; }

    /// <summary>Restores the generation with this number.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [GenerationTransformation]
    [ArgumentCompleter(typeof(GenerationCompleter))]
    public int? Generation { get; set; }

    /// <summary>Restores only what matches one of these patterns, over what is there.</summary>
    [Parameter]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(NothingCompleter))]
    public string[] Include { get; set; } = [];

    /// <summary>Leaves what matches one of these patterns as it is.</summary>
    [Parameter]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(NothingCompleter))]
    public string[] Exclude { get; set; } = [];

    /// <summary>Empties and fills a volume instead of staging beside it: for volumes without room for two copies.</summary>
    [Parameter]
    public SwitchParameter InPlace { get; set; }

    /// <summary>Does not restore owners and groups.</summary>
    [Parameter]
    public SwitchParameter NoOwner { get; set; }

    /// <summary>Leaves out, and names, entries whose names the place they go to cannot hold; by default they are an error.</summary>
    [Parameter]
    public SwitchParameter SkipUnfit { get; set; }

    /// <summary>How long to wait for one that removes generations from the archive: seconds, or a TimeSpan.</summary>
    [Parameter]
    [DurationTransformation]
    [ArgumentCompleter(typeof(NothingCompleter))]
    public TimeSpan Wait { get; set; }

    /// <summary>
    /// Containers to stop in this order while the volumes are restored, and to start again in reverse, whatever happens.
    /// Those that do not run are left alone.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ContainerNameCompleter))]
    public string[] StopContainer { get; set; } = [];

    /// <summary>Containers to pause likewise: what their programs have in memory may then not fit what is restored.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ContainerNameCompleter))]
    public string[] PauseContainer { get; set; } = [];

    /// <summary>The address of the engine that has these containers. By default the one that the docker command would use.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? DockerHost { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        // What is bound now was typed; later on it may come from a row.
        isVolumeGiven = MyInvocation.BoundParameters.ContainsKey(nameof(Volume));
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (Generation == GenerationTransformationAttribute.None && Entry.All(entry => entry.IsOfGeneration))
        {
            Run(_ => throw new UsageException(nameof(Messages.NotAGeneration), Messages.NotAGeneration, null));
            return;
        }

        if (AsOf is not null && Generation is not null)
            ThrowTerminatingError(ErrorRecords.GenerationAmbiguous(Generation));
        if (ParameterSetName == ConfigSet)
        {
            if (!MyInvocation.BoundParameters.ContainsKey(nameof(Config)))
                Run(_ => throw NothingChosen(ResolveArchive(Archive)), isAll: true);
            foreach (ConfigSource source in Config)
                Run(reporter => Restore(ResolveArchive(Archive), ReadConfig(source), Options with { Volumes = Volume }, _ => true, reporter));
            return;
        }

        Run(_ =>
        {
            string archive = ResolveArchive(Archive);
            foreach (EntrySource entry in Entry.Where(IsRestorable))
                rows.Add(archive, Prefix, Generation, entry);
            if (Entry.Length == 0)
                rows.Add(archive, Prefix, Generation, isVolumeGiven ? [] : Volume);
        });
    }

    /// <summary>Rows of one generation are restored together: nothing is touched before all of them were checked.</summary>
    protected override void EndProcessing()
    {
        foreach ((RowGroups.Key key, RowGroups.Wish wish) in rows.All)
        {
            Run(reporter => Restore(
                key.Archive,
                new VolumeConfig { Prefix = key.Prefix },
                Options with
                {
                    Generation = new GenerationChoice { Number = key.Generation, AsOf = AsOf },
                    Volumes = isVolumeGiven ? Volume : wish.IsWhole ? [] : [.. wish.Volumes],
                    Entries = wish.Entries,
                },
                wish.Wants,
                reporter));
        }

        // Of all that was asked for, nothing can be restored.
        foreach (EntrySource entry in rows.All.Any() ? [] : skipped)
            WriteError(ErrorRecords.EntryOfNoVolume(entry.Path, Archive));
        holds.Release(failure => WriteError(ErrorRecords.From(failure)));
    }

    /// <summary>The cmdlet is always disposed of, after an error or Ctrl-C too: what is still held then runs again.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            holds.Release(failure => Host.UI.WriteErrorLine(ErrorRecords.From(failure).ToString()));
        base.Dispose(disposing);
    }

    private RestoreOptions Options => new()
    {
        Generation = new GenerationChoice { Number = Generation, AsOf = AsOf },
        Destination = Destination is null ? null : ResolveLiteral(Destination),
        Include = Include,
        Exclude = Exclude,
        InPlace = InPlace,
        NoOwner = NoOwner,
        SkipUnfit = SkipUnfit,
        Wait = Wait,
    };

    /// <summary>The error of one who says only the archive; what is wrong with that comes first.</summary>
    private UsageException NothingChosen(string archive)
    {
        string[] prefixes = [.. BackupTar.List(archive, new ListOptions(), SilentReporter.Instance, Cancellation)
            .Select(volume => $"'{Shown.Name(volume.Prefix)}'").Distinct()];
        string words = Messages.FormatShown(
            nameof(Messages.NoConfigOrPrefix), Shown.Name(archive),
            prefixes.Length > MaxNamed ? $"{string.Join(", ", prefixes.Take(MaxNamed))}, ..." : string.Join(", ", prefixes));
        return new UsageException(nameof(Messages.NoConfigOrPrefix), words, archive);
    }

    /// <summary>Manifests and lists of checksums come with every list of entries; what is of no backup nobody could restore.</summary>
    private bool IsRestorable(EntrySource entry)
    {
        if (entry.Target.Length > 0)
            return true;
        if (entry.IsOfGeneration)
        {
            WriteVerbose(Messages.Format(nameof(Messages.EntrySkipped), entry.Path));
            skipped.Add(entry);
        }
        else
        {
            WriteError(ErrorRecords.EntryOfNoVolume(entry.Path, Archive));
        }

        return false;
    }

    private void Restore(
        string archive, VolumeConfig config, RestoreOptions options, Func<string, bool> isMeant, IReporter reporter)
    {
        if (config is ContainerVolumeConfig { Volumes.Count: 0 } container)
        {
            WriteVerbose(Messages.Format(nameof(Messages.ContainerWithoutVolumes), container.ContainerName));
            return;
        }

        RestorePlan plan = BackupTar.PlanRestore(archive, config, options, Cancellation);
        bool isTrusted = ParameterSetName == ConfigSet || Destination is not null;
        List<PlannedVolume> wanted = [.. plan.Volumes.Where(volume => isMeant(volume.Archived.Target))];
        if (!isTrusted && options.Volumes.Count == 0)
            LeaveUnnamedOlderOut(wanted);
        if (Remedies.Caller == RemedyCaller.Image && Destination is null)
            RequireMounts(wanted);
        if (IsWhatIf)
        {
            plan.Check(wanted, Cancellation);
            ContainerHolds.Check(DockerHost, StopContainer, PauseContainer, Cancellation);
        }

        if (!isTrusted && !ConfirmTargets(archive, wanted))
            return;
        List<PlannedVolume> chosen = [.. wanted.Where(volume => ShouldProcess(Shown.Name(volume.Path), Describe(volume)))];
        if (chosen.Count == 0)
            return;
        if (holds.Take(DockerHost, StopContainer, PauseContainer, Cancellation))
            WriteVerbose(Messages.Format(nameof(Messages.ContainersHeld), string.Join(", ", holds.Names)));
        plan.Execute(
            chosen, reporter,
            report => Emit(ForDisplay(report), () => Messages.Format(nameof(Messages.ToldRestored), report.Target, report.Path, report.Generation)),
            Cancellation);
    }

    /// <summary>A type name of its own, by which the table shows where a volume went.</summary>
    private static PSObject ForDisplay(VolumeReport report)
    {
        var row = new PSObject(report);
        row.TypeNames.Insert(0, $"{typeof(VolumeReport).FullName}#Restored");
        return row;
    }

    private static string Describe(PlannedVolume volume) => Messages.Format(
        volume.IsOlder ? nameof(Messages.ActionRestoreOlder) : nameof(Messages.ActionRestore),
        volume.Archived.Target, volume.Archived.Generation, volume.Archived.Archive, DisplayText.Time(volume.Archived.Created));

    /// <summary>
    /// A volume that the newest generation does not hold may have been given up: it is restored over what is there when
    /// someone is asked or named it, else it is left out, which is told.
    /// </summary>
    private void LeaveUnnamedOlderOut(List<PlannedVolume> volumes)
    {
        if (AsOf is not null || !IsUnattended)
            return;
        foreach (PlannedVolume older in volumes.Where(volume => volume.IsOlder))
        {
            WriteWarning(Messages.Format(
                nameof(Messages.OlderLeftOut), older.Archived.Target, older.Archived.Generation,
                DisplayText.Time(older.Archived.Created), older.Archived.Prefix));
        }

        volumes.RemoveAll(volume => volume.IsOlder);
    }

    /// <summary>In the image a volume that nobody mounted would be restored into the container, and be gone with it.</summary>
    private static void RequireMounts(List<PlannedVolume> volumes)
    {
        if (volumes.Find(volume => !MountedPlace.Holds(volume.Path)) is { } lost)
            throw new UsageException(
                nameof(Messages.PlaceNotMounted), Messages.Format(nameof(Messages.PlaceNotMounted), lost.Path), lost.Path);
    }

    /// <summary>
    /// A confirmation of high impact, for this parameter set alone: not asked when -Confirm or $ConfirmPreference ask
    /// for every volume anyway, or say not to ask at all, nor when nothing will be done.
    /// </summary>
    private bool ConfirmTargets(string archive, List<PlannedVolume> volumes)
    {
        if (volumes.Count == 0 || IsWhatIf || IsUnattended || WillConfirm)
            return true;
        string[] places = [.. volumes.Select(volume => Messages.Format(
            nameof(Messages.UntrustedPlace), volume.Path, volume.Archived.Generation, DisplayText.Time(volume.Archived.Created)))];
        string query = Messages.FormatShown(nameof(Messages.UntrustedQuery), Shown.Name(archive), string.Join(", ", places));
        foreach (PlannedVolume older in volumes.Where(volume => volume.IsOlder))
        {
            query += Environment.NewLine + Messages.Format(
                nameof(Messages.UntrustedOlder), older.Path, older.Archived.Generation, DisplayText.Time(older.Archived.Created));
        }

        query += Environment.NewLine + Messages.UntrustedQuestion;
        return Ask(query, () => ShouldContinue(query, Messages.UntrustedCaption, ref yesToAll, ref noToAll));
    }
}
