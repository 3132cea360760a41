using Snapshotter.Benchmarks.Measuring;

namespace Snapshotter.Benchmarks.Scenarios;

/// <summary>A tree into an archive that was initialised before.</summary>
internal static class BackupScenarios
{
    public static readonly string[] PaxFlags = ["--format=posix", "--xattrs", "--acls", "--sparse"];

    public static Scenario Large(Bench bench)
    {
        string tree = bench.Workloads.Large;
        return new Scenario(
            "large-backup",
            [
                Ours(bench, "ours", tree),
                Ours(bench, "ours, no checksum", tree, "--checksum", "None"),
                GnuTar(bench, tree),
                BsdTar(bench, tree),
                Copy(bench, tree),
            ],
            [
                new Goal("back up 2 files of 1 GiB", "ours", "GNU tar", 0.40),
                new Goal("back up 2 files of 1 GiB", "ours", "bsdtar", 0.50),
                new Goal("back up 2 files of 1 GiB, no checksum", "ours, no checksum", "cp -a", 1.15),
            ]);
    }

    public static Scenario Small(Bench bench)
    {
        string tree = bench.Workloads.Small;
        return new Scenario(
            "small-backup",
            [Ours(bench, "ours", tree), GnuTar(bench, tree), BsdTar(bench, tree)],
            [new Goal("back up 100,000 small files", "ours", "GNU tar", 0.55)]);
    }

    public static Scenario Mixed(Bench bench)
    {
        string tree = bench.Workloads.Mixed;
        return new Scenario(
            "mixed-backup",
            [Ours(bench, "ours", tree), GnuTar(bench, tree, PaxFlags), BsdTar(bench, tree)],
            [
                new Goal("back up 20,000 mixed files", "ours", "GNU tar", 0.50),
                new Goal("back up 20,000 mixed files", "ours", "bsdtar", 0.90),
            ]);
    }

    /// <summary>10,000, 100,000 and 1,000,000 files: what each costs, and that memory stays bounded.</summary>
    public static Scenario Linear(Bench bench)
    {
        int[] counts = [10_000, 100_000, 1_000_000];
        var contenders = counts.Select(count =>
        {
            string tree = bench.Workloads.Series(count);
            return Ours(bench, $"ours, {count} files", tree, files: (int)(count * bench.Workloads.Scale));
        });
        return new Scenario(
            "linear-backup",
            [.. contenders],
            [
                new Goal("a file among 100,000 against one among 10,000", "ours, 100000 files", "ours, 10000 files", 1.25, GoalMeasure.RatioPerFile),
                new Goal("a file among 1,000,000 against one among 100,000", "ours, 1000000 files", "ours, 100000 files", 1.25, GoalMeasure.RatioPerFile),
                new Goal("memory to back up 1,000,000 files", "ours, 1000000 files", Comparison.BareHost, 150, GoalMeasure.ExtraMegabytes),
            ]);
    }

    private static Contender Ours(Bench bench, string name, string tree, params string[] options) =>
        Ours(bench, name, tree, 0, options);

    private static Contender Ours(Bench bench, string name, string tree, int files, params string[] options)
    {
        string archive = "";
        return new Contender
        {
            Name = name,
            IsEngineHost = true,
            Files = files,
            Reads = tree,
            Prepare = () =>
            {
                archive = bench.NewPath("ours.tar");
                File.WriteAllBytes(archive, new byte[1024]);
                return Bench.Engine(["backup", "--archive", archive, .. EngineArchive.Volume(tree), .. options]);
            },
            Check = () => bench.Check.SameArchive(archive, EngineArchive.Member(EngineArchive.Prefix), tree),
            Tidy = () => bench.Discard(archive, tree),
        };
    }

    private static Contender GnuTar(Bench bench, string tree, params string[] flags) =>
        Tar(bench, "GNU tar", "tar", tree, flags);

    private static Contender BsdTar(Bench bench, string tree) => Tar(bench, "bsdtar", "bsdtar", tree, []);

    private static Contender Tar(Bench bench, string name, string program, string tree, string[] flags)
    {
        string archive = "";
        return new Contender
        {
            Name = name,
            Reads = tree,
            Prepare = () =>
            {
                archive = bench.NewPath($"{program}.tar");
                bench.Meter.Run(new Command(program, "-cf", archive, "-T", "/dev/null"));
                return new Command(program, ["-rf", archive, .. flags, "-C", tree, "."]);
            },
            Check = () => bench.Check.SameArchive(archive, "", tree),
            Tidy = () => bench.Discard(archive, tree),
        };
    }

    private static Contender Copy(Bench bench, string tree)
    {
        string copy = "";
        return new Contender
        {
            Name = "cp -a",
            Reads = tree,
            Prepare = () =>
            {
                copy = bench.NewPath("copy");
                return new Command("cp", "-a", tree, copy);
            },
            Check = () => bench.Check.SameTree(tree, copy, exact: true),
            Tidy = () => bench.Discard(copy, tree),
        };
    }
}
