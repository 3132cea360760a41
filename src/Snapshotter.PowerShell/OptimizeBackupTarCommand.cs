using System.Management.Automation;
using Snapshotter.Engine;
using Snapshotter.Engine.Config;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Retention;
using Snapshotter.PowerShell.Arguments;
using Snapshotter.PowerShell.Completion;
using Snapshotter.PowerShell.Output;

namespace Snapshotter.PowerShell;

/// <summary>
/// Removes old generations from archives: those that a policy does not keep, those with the numbers given, or all of a
/// prefix. The numbers piped in for one archive are removed together.
/// </summary>
[Cmdlet(VerbsCommon.Optimize, "BackupTar", DefaultParameterSetName = PathSet, SupportsShouldProcess = true,
    ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(PlannedGeneration))]
public sealed class OptimizeBackupTarCommand : RetentionCommand
{
    private const string PathSet = "Path";
    private const string LiteralPathSet = "LiteralPath";

    private readonly Dictionary<string, HashSet<int>> numbers = new(StringComparer.Ordinal);
    private bool takesNumbers;

    /// <summary>The archives; wildcards are resolved.</summary>
    [Parameter(ParameterSetName = PathSet, Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArchivePath]
    [Alias("Archive")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Path { get; set; } = [];

    /// <summary>The archives, exactly as written.</summary>
    [Parameter(ParameterSetName = LiteralPathSet, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath")]
    [ValidateNotNullOrEmpty]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>The prefix and the rules of a configuration: the path of a config.yml, a VolumeConfig, a hashtable...</summary>
    [Parameter]
    [ConfigTransformation]
    public ConfigSource? Config { get; set; }

    /// <summary>Only prefixes that match this; * and ? are wildcards.</summary>
    [Parameter]
    [AllowEmptyString]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(PrefixCompleter))]
    public string? Prefix { get; set; }

    /// <summary>Removes the generations with these numbers.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(GenerationCompleter))]
    public int[] Generation { get; set; } = [];

    /// <summary>
    /// The volumes whose newest, and newest complete, generation may be among those numbers; * and ? are wildcards. Never
    /// from the pipeline: what is needed for a restore goes only when someone says so.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(VolumeCompleter))]
    public string[] Volume { get; set; } = [];

    /// <summary>Removes every generation of the prefix, the newest too.</summary>
    [Parameter]
    public SwitchParameter All { get; set; }

    /// <summary>How long to wait for others that read or write the archive: seconds, or a TimeSpan.</summary>
    [Parameter]
    [DurationTransformation]
    [ArgumentCompleter(typeof(NothingCompleter))]
    public TimeSpan Wait { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        // Of rows that are piped into rules, only the archive is meant. What is bound now was typed.
        takesNumbers = MyInvocation.BoundParameters.ContainsKey(nameof(Generation)) || (Policy is null && Config is null && !All);
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (string archive in ResolveAll(Path, LiteralPath))
        {
            if (!numbers.TryGetValue(archive, out HashSet<int>? chosen))
                numbers.Add(archive, chosen = []);
            if (takesNumbers)
                chosen.UnionWith(Generation);
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        foreach ((string archive, HashSet<int> chosen) in numbers)
            Run(reporter => Optimize(archive, chosen, reporter));
    }

    private void Optimize(string archive, HashSet<int> chosen, IReporter reporter)
    {
        OptimizePlan plan = BackupTar.PlanOptimize(
            archive,
            Config is null
                ? new OptimizeOptions { Prefix = Prefix, Keep = Policy, Generations = [.. chosen], Volumes = Volume, All = All, Wait = Wait }
                : FromConfig(ReadConfig(Config)),
            Cancellation);
        List<PlannedGeneration> going = [.. plan.Generations.Where(generation => !generation.Keep)];
        string action = going.Count == 0 ? Messages.ActionMend : Messages.Format(
            nameof(Messages.ActionOptimize), going.Count, plan.Generations.Count, DisplayText.Size(plan.GainedBytes), Names(going));
        if ((going.Count > 0 || plan.IsUnfinished) && ShouldProcess(Shown.Name(archive), action))
            plan.Execute(reporter, Cancellation);
        else if (!IsWhatIf && going.Count > 0)
            return;
        foreach (PlannedGeneration generation in plan.Generations)
        {
            Emit(generation, generation.Keep ? null : () => Messages.Format(
                nameof(Messages.ToldRemoved), generation.Generation, generation.Prefix, archive));
        }
    }

    /// <summary>The generations by number, prefix by prefix: what a question is about.</summary>
    private static string Names(List<PlannedGeneration> going) => string.Join("; ", going
        .GroupBy(generation => generation.Prefix, generation => generation.Generation)
        .Select(prefix => $"{string.Join(", ", prefix)} of '{prefix.Key}'"));

    /// <summary>A configuration says what stays of its own prefix: beside it numbers and other prefixes would say something else.</summary>
    private OptimizeOptions FromConfig(VolumeConfig config) => Prefix is not null || takesNumbers || All
        ? throw new UsageException(nameof(Messages.PolicyAmbiguous), Messages.PolicyAmbiguous, Config)
        : new()
        {
            Prefix = config.Prefix,
            PrefixIsLiteral = true,
            Keep = Policy ?? config.Keep ?? throw new BackupException(
                BackupError.ConfigInvalid, Messages.Format(nameof(Messages.NoKeepRules), Config), Config?.ToString()),
            Wait = Wait,
        };
}
