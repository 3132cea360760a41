using System.Management.Automation;
using Snapshotter.Engine;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Volumes;
using Snapshotter.PowerShell.Arguments;
using Snapshotter.PowerShell.Completion;
using Snapshotter.PowerShell.Image;
using Snapshotter.PowerShell.Output;

namespace Snapshotter.PowerShell;

/// <summary>Brings volumes back exactly as they were saved.</summary>
[Cmdlet(VerbsData.Restore, "Volume", DefaultParameterSetName = ConfigSet, SupportsShouldProcess = true)]
[OutputType(typeof(VolumeReport))]
public sealed class RestoreVolumeCommand : SnapshotterCommand
{
    private const string ConfigSet = "Config";
    private const string PrefixSet = "Prefix";

    private bool yesToAll;
    private bool noToAll;

    /// <summary>The archive to restore from.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string Archive { get; set; } = "";

    /// <summary>What to restore and where to: the path of a config.yml, a VolumeConfig, a hashtable, or an object with Prefix and Volumes.</summary>
    [Parameter(ParameterSetName = ConfigSet, Mandatory = true, Position = 1, ValueFromPipeline = true)]
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
    [SupportsWildcards]
    [ArgumentCompleter(typeof(VolumeCompleter))]
    public string[] Volume { get; set; } = [];

    /// <summary>A directory to restore below, instead of over the volumes themselves.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Destination { get; set; }

    /// <summary>Restores the newest generation made at this time or before.</summary>
    [Parameter]
    public DateTimeOffset? AsOf { get; set; }

    /// <summary>Restores the generation with this number.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(GenerationCompleter))]
    public int? Generation { get; set; }

    /// <summary>Restores only what matches one of these patterns, over what is there.</summary>
    [Parameter]
    public string[] Include { get; set; } = [];

    /// <summary>Leaves what matches one of these patterns as it is.</summary>
    [Parameter]
    public string[] Exclude { get; set; } = [];

    /// <summary>Empties and fills a volume instead of staging beside it: for volumes without room for two copies.</summary>
    [Parameter]
    public SwitchParameter InPlace { get; set; }

    /// <summary>Does not restore owners and groups.</summary>
    [Parameter]
    public SwitchParameter NoOwner { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (AsOf is not null && Generation is not null)
            ThrowTerminatingError(ErrorRecords.Usage(nameof(Messages.GenerationAmbiguous), Messages.GenerationAmbiguous, Generation));
        if (ParameterSetName == PrefixSet)
        {
            Run(reporter => Restore(new VolumeConfig { Prefix = Prefix }, reporter));
            return;
        }

        foreach (ConfigSource source in Config)
            Run(reporter => Restore(ReadConfig(source), reporter));
    }

    private void Restore(VolumeConfig config, IReporter reporter)
    {
        var options = new RestoreOptions
        {
            Generation = new GenerationChoice { Number = Generation, AsOf = AsOf },
            Volumes = Volume,
            Destination = Destination is null ? null : ResolveLiteral(Destination),
            Include = Include,
            Exclude = Exclude,
            InPlace = InPlace,
            NoOwner = NoOwner,
        };
        RestorePlan plan = BackupTar.PlanRestore(ResolveLiteral(Archive), config, options, Cancellation);
        bool isTrusted = ParameterSetName == ConfigSet || Destination is not null;
        IReadOnlyList<PlannedVolume> volumes = isTrusted ? plan.Volumes : WithoutUnnamedOlder(plan);
        if (Remedies.Caller == RemedyCaller.Image && Destination is null)
            RequireMounts(volumes);
        if (!isTrusted && !ConfirmTargets(volumes))
            return;
        List<PlannedVolume> chosen = [.. volumes.Where(volume => ShouldProcess(Shown.Name(volume.Path), Describe(volume)))];
        if (chosen.Count == 0)
            return;
        foreach (VolumeReport report in plan.Execute(chosen, reporter, Cancellation))
            WriteObject(ForDisplay(report));
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
        volume.Archived.Target, volume.Archived.Generation, volume.Archived.Archive, volume.Archived.Created.LocalDateTime);

    /// <summary>
    /// A volume that the newest generation does not hold may have been given up: it is restored over what is there when
    /// someone is asked or named it, else it is left out, which is told.
    /// </summary>
    private IReadOnlyList<PlannedVolume> WithoutUnnamedOlder(RestorePlan plan)
    {
        if (Volume.Length > 0 || AsOf is not null || !IsUnattended)
            return plan.Volumes;
        foreach (PlannedVolume older in plan.Volumes.Where(volume => volume.IsOlder))
        {
            WriteWarning(Messages.Format(
                nameof(Messages.OlderLeftOut), older.Archived.Target, older.Archived.Generation,
                older.Archived.Created.LocalDateTime, older.Archived.Prefix));
        }

        return [.. plan.Volumes.Where(volume => !volume.IsOlder)];
    }

    /// <summary>In the image a volume that nobody mounted would be restored into the container, and be gone with it.</summary>
    private void RequireMounts(IReadOnlyList<PlannedVolume> volumes)
    {
        if (volumes.FirstOrDefault(volume => !MountedPlace.Holds(volume.Path)) is { } lost)
            ThrowTerminatingError(ErrorRecords.Usage(
                nameof(Messages.PlaceNotMounted), Messages.Format(nameof(Messages.PlaceNotMounted), lost.Path), lost.Path));
    }

    /// <summary>
    /// A confirmation of high impact, for this parameter set alone: not asked when -Confirm or $ConfirmPreference ask
    /// for every volume anyway, or say not to ask at all, nor when nothing will be done.
    /// </summary>
    private bool ConfirmTargets(IReadOnlyList<PlannedVolume> volumes)
    {
        if (volumes.Count == 0 || IsWhatIf || IsUnattended || WillConfirm)
            return true;
        string places = string.Join(", ", volumes.Select(volume => volume.Path));
        string query = Messages.Format(nameof(Messages.UntrustedQuery), ResolveLiteral(Archive), places);
        foreach (PlannedVolume older in volumes.Where(volume => volume.IsOlder))
        {
            query += Environment.NewLine + Messages.Format(
                nameof(Messages.UntrustedOlder), older.Path, older.Archived.Generation, older.Archived.Created.LocalDateTime);
        }

        return ShouldContinue(query, Messages.UntrustedCaption, ref yesToAll, ref noToAll);
    }
}
