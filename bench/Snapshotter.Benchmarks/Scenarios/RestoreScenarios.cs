using Snapshotter.Benchmarks.Measuring;

namespace Snapshotter.Benchmarks.Scenarios;

/// <summary>A whole volume out of an archive into an empty directory: each program from the archive it wrote itself.</summary>
internal static class RestoreScenarios
{
    public static Scenario Large(Bench bench) => Of(
        bench, "large-restore", bench.Workloads.Large, [], "restore 2 files of 1 GiB", 0.50);

    public static Scenario Small(Bench bench) => Of(
        bench, "small-restore", bench.Workloads.Small, [], "restore 100,000 small files", 0.60);

    public static Scenario Mixed(Bench bench) => Of(
        bench, "mixed-restore", bench.Workloads.Mixed, BackupScenarios.PaxFlags, "restore 20,000 mixed files", 0.60);

    /// <summary>Memory and cost per file of a restore; GNU tar's for what the file system's own cost per file does.</summary>
    public static Scenario Linear(Bench bench)
    {
        int[] counts = [10_000, 100_000, 1_000_000];
        (Contender Contender, string Archive)[] contenders =
        [
            .. counts.Select(count => Ours(bench, $"ours, {count} files", bench.Workloads.Series(count), Files(count))),
            .. counts.Select(count => Tar(bench, $"GNU tar, {count} files", "tar", bench.Workloads.Series(count), [], Files(count))),
        ];
        int Files(int count) => (int)(count * bench.Workloads.Scale);
        return new Scenario(
            "linear-restore",
            [.. contenders.Select(c => c.Contender)],
            [
                new Goal("restore: a file among 100,000 against one among 10,000", "ours, 100000 files", "ours, 10000 files", 1.25, GoalMeasure.RatioPerFile),
                new Goal("restore: a file among 1,000,000 against one among 100,000", "ours, 1000000 files", "ours, 100000 files", 1.25, GoalMeasure.RatioPerFile),
                new Goal("memory to restore 1,000,000 files", "ours, 1000000 files", Comparison.BareHost, 150, GoalMeasure.ExtraMegabytes),
            ])
        {
            CleanUp = () => Array.ForEach(contenders, c => File.Delete(c.Archive)),
        };
    }

    private static Scenario Of(Bench bench, string name, string tree, string[] gnuFlags, string work, double atMost)
    {
        var ours = Ours(bench, "ours", tree, 0);
        var gnu = Tar(bench, "GNU tar", "tar", tree, gnuFlags);
        var bsd = Tar(bench, "bsdtar", "bsdtar", tree, []);
        return new Scenario(
            name, [ours.Contender, gnu.Contender, bsd.Contender], [new Goal(work, "ours", "GNU tar", atMost)])
        {
            CleanUp = () =>
            {
                File.Delete(ours.Archive);
                File.Delete(gnu.Archive);
                File.Delete(bsd.Archive);
            },
        };
    }

    private static (Contender Contender, string Archive) Ours(Bench bench, string name, string tree, int files)
    {
        string archive = bench.NewPath("ours.tar");
        File.WriteAllBytes(archive, new byte[1024]);
        bench.Meter.Run(Bench.Engine(["backup", "--archive", archive, .. EngineArchive.Volume(tree)]));
        EmptyDirectory? copy = null;
        return (new Contender
        {
            Name = name,
            IsEngineHost = true,
            Files = files,
            Reads = archive,
            Prepare = () =>
            {
                copy = new EmptyDirectory(bench, tree);
                return Bench.Engine(["restore", "--archive", archive, .. EngineArchive.Volume(copy.Path)]);
            },
            Check = () =>
            {
                bench.Check.SameTree(tree, copy!.Path, exact: true);
                bench.Check.NoMoreSpace(tree, copy!.Path);
            },
            Tidy = () => copy!.Dispose(),
        }, archive);
    }

    private static (Contender Contender, string Archive) Tar(
        Bench bench, string name, string program, string tree, string[] flags, int files = 0)
    {
        string archive = bench.NewPath($"{program}.tar");
        bench.Meter.Run(new Command(program, ["-cf", archive, .. flags, "-C", tree, "."]));
        EmptyDirectory? copy = null;
        return (new Contender
        {
            Name = name,
            Files = files,
            Reads = archive,
            Prepare = () =>
            {
                copy = new EmptyDirectory(bench, tree);
                return new Command(program, ["-xf", archive, .. flags, "-C", copy.Path]);
            },
            Check = () => bench.Check.SameTree(tree, copy!.Path, exact: flags.Length > 0),
            Tidy = () => copy!.Dispose(),
        }, archive);
    }
}
