using Snapshotter.Benchmarks;
using Snapshotter.Benchmarks.Host;
using Snapshotter.Benchmarks.Measuring;
using Snapshotter.Benchmarks.Parts;
using Snapshotter.Benchmarks.Results;
using Snapshotter.Benchmarks.Scenarios;
using Snapshotter.Benchmarks.Workloads;

const string usage = """
    Snapshotter.Benchmarks generate [--root DIR] [--scale N] [--seed N] [--only NAME,...]
        Makes the workloads below the root and keeps them.
    Snapshotter.Benchmarks compare [--root DIR] [--scale N] [--seed N] [--only SCENARIO,...] [--rounds N] [--json FILE]
                                   [--keep-gigabytes N] [--output DIR]
        Runs ours and the others in turn, checks what they wrote, prints the tables and adds to the JSON file.
    Snapshotter.Benchmarks table --json FILE
        Prints the tables of a JSON file.
    Snapshotter.Benchmarks plot --json FILE --svg FILE
        Draws the ratios.
    Snapshotter.Benchmarks parts [BenchmarkDotNet's arguments]
        Measures the engine's parts.
    """;

try
{
    return args switch
    {
        ["run", var verb, .. var rest] => EngineHost.Run(verb, new Arguments(rest)),
        ["generate", .. var rest] => Generate(new Arguments(rest)),
        ["compare", .. var rest] => Compare(new Arguments(rest)),
        ["table", .. var rest] => Table(new Arguments(rest)),
        ["plot", .. var rest] => Plot(new Arguments(rest)),
        ["parts", .. var rest] => PartsRunner.Run(rest),
        _ => throw new UsageException(usage),
    };
}
catch (UsageException e)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}
catch (CheckFailedException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}

static string Root(Arguments arguments) =>
    Path.GetFullPath(arguments.TakeOptional("root") ?? Path.Combine(Path.GetTempPath(), "snapshotter-bench"));

static string[] Only(Arguments arguments, IReadOnlyCollection<string> all)
{
    string[] names = arguments.TakeOptional("only")?.Split(',') ?? [.. all];
    return Array.TrueForAll(names, all.Contains) ? names : throw new UsageException($"--only: any of {string.Join(',', all)}.");
}

static int Generate(Arguments arguments)
{
    var workloads = new WorkloadSet(Root(arguments), arguments.Take("scale", 1.0), arguments.Take("seed", 1UL));
    string[] names = Only(arguments, WorkloadSet.Names);
    arguments.Done();
    foreach (string name in names)
    {
        Console.WriteLine(workloads.Get(name));
    }

    return 0;
}

static int Compare(Arguments arguments)
{
    string root = Root(arguments);
    double scale = arguments.Take("scale", 1.0);
    int rounds = arguments.Take("rounds", 7);
    string? json = arguments.TakeOptional("json");
    string output = Path.GetFullPath(arguments.TakeOptional("output") ?? "out");
    var workloads = new WorkloadSet(root, scale, arguments.Take("seed", 1UL));
    long budget = arguments.Take("keep-gigabytes", 20L) << 30;
    var scenarios = new Dictionary<string, Func<Bench, Scenario>>
    {
        ["large-backup"] = BackupScenarios.Large,
        ["small-backup"] = BackupScenarios.Small,
        ["mixed-backup"] = BackupScenarios.Mixed,
        ["mixed-restore"] = RestoreScenarios.Mixed,
        ["small-restore"] = RestoreScenarios.Small,
        ["large-restore"] = RestoreScenarios.Large,
        ["long-append"] = LongArchiveScenarios.Append,
        ["long-restore"] = LongArchiveScenarios.Restore,
        ["long-list"] = LongArchiveScenarios.List,
        ["reflink"] = ReflinkScenarios.Of,
        ["optimize-ext4"] = OptimizeScenarios.Ext4,
        ["optimize-xfs"] = OptimizeScenarios.Xfs,
        ["linear-backup"] = BackupScenarios.Linear,
        ["linear-restore"] = RestoreScenarios.Linear,
        ["start-up"] = bench => StartUpScenario.Of(bench, output),
    };
    string[] names = Only(arguments, scenarios.Keys);
    arguments.Done();

    Directory.CreateDirectory(root);
    var report = new Report(
        MachineInfo.Describe(root), DateOnly.FromDateTime(DateTime.UtcNow), scale, []);
    foreach (string name in names)
    {
        using var parking = new Parking(Path.Combine(root, "parked"), budget);
        var bench = new Bench(root, workloads, new Meter(root), parking);
        var scenario = scenarios[name](bench);
        try
        {
            report.Scenarios.Add(new Comparison(bench, rounds).Run(scenario));
        }
        finally
        {
            scenario.CleanUp();
            Directory.Delete(bench.Work, recursive: true);
        }

        if (json is not null)
        {
            report.MergedInto(File.Exists(json) ? Report.Load(json) : null).Save(json);
        }
    }

    Console.Write(MarkdownTable.Of(report));
    return 0;
}

static int Table(Arguments arguments)
{
    var report = Report.Load(arguments.Take("json"));
    arguments.Done();
    Console.Write(MarkdownTable.Of(report));
    return 0;
}

static int Plot(Arguments arguments)
{
    var report = Report.Load(arguments.Take("json"));
    string svg = arguments.Take("svg");
    arguments.Done();
    File.WriteAllText(svg, SvgChart.Of(report));
    return 0;
}
