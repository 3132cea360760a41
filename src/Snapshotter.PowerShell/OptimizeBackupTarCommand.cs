using System.Management.Automation;
using Snapshotter.Engine;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Volumes;
using Snapshotter.PowerShell.Arguments;
using Snapshotter.PowerShell.Completion;
using Snapshotter.PowerShell.Output;

namespace Snapshotter.PowerShell;

/// <summary>
/// Removes old generations from archives: those that a policy does not keep, those with the numbers given, or all of a
/// prefix. The numbers piped in for one archive are removed together.
/// </summary>
[Cmdlet(VerbsCommon.Optimize, "BackupTar", DefaultParameterSetName = KeepSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(PlannedGeneration))]
public sealed class OptimizeBackupTarCommand : RetentionCommand
{
    private const string KeepSet = "Keep";
    private const string GenerationSet = "Generation";
    private const string AllSet = "All";
    private const string ConfigSet = "Config";

    private readonly Dictionary<string, HashSet<int>> numbers = new(StringComparer.Ordinal);

    /// <summary>The archives.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("LiteralPath", "PSPath", "Archive")]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>The prefix and the rules of a configuration: the path of a config.yml, a VolumeConfig, a hashtable...</summary>
    [Parameter(ParameterSetName = ConfigSet, Mandatory = true)]
    [ConfigTransformation]
    public ConfigSource? Config { get; set; }

    /// <summary>Only prefixes that match this; * and ? are wildcards.</summary>
    [Parameter(ParameterSetName = KeepSet)]
    [Parameter(ParameterSetName = GenerationSet)]
    [Parameter(ParameterSetName = AllSet, Mandatory = true)]
    [AllowEmptyString]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(PrefixCompleter))]
    public string? Prefix { get; set; }

    /// <summary>Removes the generations with these numbers.</summary>
    [Parameter(ParameterSetName = GenerationSet, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(GenerationCompleter))]
    public int[] Generation { get; set; } = [];

    /// <summary>
    /// The volumes whose newest, and newest complete, generation may be among those numbers; * and ? are wildcards. Never
    /// from the pipeline: what is needed for a restore goes only when someone says so.
    /// </summary>
    [Parameter(ParameterSetName = GenerationSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(VolumeCompleter))]
    public string[] Volume { get; set; } = [];

    /// <summary>Removes every generation of the prefix, the newest too.</summary>
    [Parameter(ParameterSetName = AllSet, Mandatory = true)]
    public SwitchParameter All { get; set; }

    /// <summary>How long to wait for others that read or write the archive: seconds, or a TimeSpan.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan Wait { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (string archive in Path.Select(ResolveLiteral))
        {
            if (!numbers.TryGetValue(archive, out HashSet<int>? chosen))
                numbers.Add(archive, chosen = []);
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
        int going = plan.Generations.Count(generation => !generation.Keep);
        string action = going == 0
            ? Messages.ActionMend
            : Messages.Format(nameof(Messages.ActionOptimize), going, plan.Generations.Count, DisplayText.Size(plan.GainedBytes));
        if ((going > 0 || plan.IsUnfinished) && ShouldProcess(Shown.Name(archive), action))
            plan.Execute(reporter, Cancellation);
        else if (!IsWhatIf && going > 0)
            return;
        WriteObject(plan.Generations, true);
    }

    private OptimizeOptions FromConfig(VolumeConfig config) => new()
    {
        Prefix = config.Prefix,
        PrefixIsLiteral = true,
        Keep = Policy ?? config.Keep ?? throw new BackupException(
            BackupError.ConfigInvalid, Messages.Format(nameof(Messages.NoKeepRules), Config), Config?.ToString()),
        Wait = Wait,
    };
}
