using Snapshotter.Benchmarks.Measuring;

namespace Snapshotter.Benchmarks.Scenarios;

/// <summary>
/// One small volume, in and out of an archive of 500,000 entries and 10 GiB that the engine wrote: five generations of
/// the small files and four of the large, one of the small volume near the front.
/// </summary>
internal static class LongArchiveScenarios
{
    private const string SmallPrefix = "volumes/tiny";

    /// <summary>These jobs are so short that most of the first is the loading of code; the second shows the job alone.</summary>
    private const string SecondTime = "ours, second time in a process";

    private static readonly string[] Twice = ["--times", "2"];

    public static Scenario Append(Bench bench)
    {
        string archive = Make(bench);
        string tree = bench.Workloads.Tiny;
        long length = new FileInfo(archive).Length;
        Contender Ours(string name, Action check, params string[] options) => new()
        {
            Name = name,
            IsEngineHost = true,
            Reads = archive,
            ReadsAll = false,
            Prepare = () => Bench.Engine(["backup", "--archive", archive, .. EngineArchive.Volume(tree, "appended"), .. options]),
            Check = check,
            Tidy = () => CutBack(archive, length),
        };
        return new Scenario(
            "long-append",
            [
                Ours("ours", () => bench.Check.SameArchive(archive, EngineArchive.Member("appended"), tree)),
                Ours(SecondTime, () => { }, Twice),
                new Contender
                {
                    Name = "GNU tar",
                    Reads = archive,
                    ReadsAll = false,
                    Prepare = () => new Command("tar", "-rf", archive, "--transform", "s,^\\.,appended,", "-C", tree, "."),
                    Check = () => bench.Check.SameArchive(archive, "appended", tree),
                    Tidy = () => CutBack(archive, length),
                },
            ],
            Goals("append a small volume to an archive of 500,000 entries, 10 GiB", "append to that archive"));
    }

    public static Scenario Restore(Bench bench)
    {
        string archive = Make(bench);
        string tree = bench.Workloads.Tiny;
        string copy = "";
        Contender Ours(string name, params string[] options) => new()
        {
            Name = name,
            IsEngineHost = true,
            Reads = archive,
            ReadsAll = false,
            Prepare = () =>
            {
                copy = bench.NewDirectory("ours");
                return Bench.Engine(["restore", "--archive", archive, .. EngineArchive.Volume(copy, SmallPrefix), .. options]);
            },
            Check = () => bench.Check.SameTree(tree, copy, exact: true),
            Tidy = () => bench.Discard(copy, tree),
        };
        return new Scenario(
            "long-restore",
            [
                Ours("ours"),
                Ours(SecondTime, Twice),
                new Contender
                {
                    Name = "GNU tar",
                    Reads = archive,
                    ReadsAll = false,
                    Prepare = () =>
                    {
                        copy = bench.NewDirectory("tar");
                        return new Command("tar", "-xf", archive, "--strip-components=3", "-C", copy, EngineArchive.Member(SmallPrefix));
                    },
                    Check = () => bench.Check.SameTree(tree, copy, exact: false),
                    Tidy = () => bench.Discard(copy, tree),
                },
            ],
            Goals("restore a small prefix from that archive"));
    }

    public static Scenario List(Bench bench)
    {
        string archive = Make(bench);
        Contender Ours(string name, params string[] options) => new()
        {
            Name = name,
            IsEngineHost = true,
            Reads = archive,
            ReadsAll = false,
            Prepare = () => Bench.Engine(["list", "--archive", archive, .. options]),
        };
        return new Scenario(
            "long-list",
            [
                Ours("ours"),
                Ours(SecondTime, Twice),
                new Contender
                {
                    Name = "GNU tar",
                    Reads = archive,
                    ReadsAll = false,
                    Prepare = () => new Command("tar", "-tf", archive),
                },
            ],
            Goals("list the generations of that archive"));
    }

    private static Goal[] Goals(string work, string? again = null) =>
    [
        new Goal(work, "ours", "GNU tar", 0.02),
        new Goal($"{again ?? work}, second time in a process", SecondTime, "GNU tar", 0.02),
    ];

    /// <summary>Makes the archive once and keeps it beside the trees.</summary>
    private static string Make(Bench bench)
    {
        string small = bench.Workloads.Small;
        string archive = Path.Combine(Path.GetDirectoryName(small)!, "long.tar");
        if (File.Exists(archive))
        {
            return archive;
        }

        string unfinished = archive + ".unfinished";
        File.WriteAllBytes(unfinished, new byte[1024]);
        for (int i = 0; i < 5; i++)
        {
            string prefix = $"volumes/service-{i}";
            string[] large = i < 4 ? ["--volume", $"/large={bench.Workloads.Large}"] : [];
            bench.Meter.Run(Bench.Engine(
                ["backup", "--archive", unfinished, .. EngineArchive.Volume(small, prefix), .. large]));
            if (i == 0)
            {
                bench.Meter.Run(Bench.Engine(
                    ["backup", "--archive", unfinished, .. EngineArchive.Volume(bench.Workloads.Tiny, SmallPrefix)]));
            }
        }

        File.Move(unfinished, archive);
        return archive;
    }

    /// <summary>Takes an appended generation off again: the end marker stands where it stood.</summary>
    private static void CutBack(string archive, long length)
    {
        const int endMarker = 1024;
        using var file = File.OpenHandle(archive, FileMode.Open, FileAccess.Write);
        RandomAccess.Write(file, new byte[endMarker], length - endMarker);
        RandomAccess.SetLength(file, length);
    }
}
