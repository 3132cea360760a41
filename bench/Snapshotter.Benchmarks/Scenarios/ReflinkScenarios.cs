using Snapshotter.Benchmarks.Measuring;

namespace Snapshotter.Benchmarks.Scenarios;

/// <summary>Archive and volume on one XFS that can share blocks: a backup should cost next to no time and space.</summary>
internal static class ReflinkScenarios
{
    private const int Files = 4;

    public static Scenario Of(Bench bench)
    {
        var volume = LoopVolume.MakeXfs(bench, bytes: (long)((12L << 30) * bench.Workloads.Scale) + (1L << 30));
        string tree = Directory.CreateDirectory(Path.Combine(volume.MountPoint, "source")).FullName;
        bench.Workloads.CreateLarge(tree, Files);
        string kept = Initialise("kept.tar");
        bench.Meter.Run(Backup(kept));
        Posix.Sync();

        string made = "";
        long free = 0;
        Command Starting(string path, Command command)
        {
            made = path;
            free = volume.SettledFreeBytes();
            return command;
        }

        string Used()
        {
            double megabytes = (free - volume.SettledFreeBytes()) / 1e6;
            return FormattableString.Invariant($"df: {megabytes:F1} MB more");
        }

        void Tidy()
        {
            if (File.Exists(made))
            {
                File.Delete(made);
            }
            else
            {
                Directory.Delete(made, recursive: true);
            }
        }

        string Initialise(string name)
        {
            string archive = Path.Combine(volume.MountPoint, name);
            File.WriteAllBytes(archive, new byte[1024]);
            return archive;
        }

        Command Backup(string archive) =>
            Bench.Engine(["backup", "--archive", archive, "--checksum", "None", .. EngineArchive.Volume(tree)]);

        string copy = Path.Combine(volume.MountPoint, "copy");
        return new Scenario(
            "reflink",
            [
                new Contender
                {
                    Name = "ours, backup",
                    IsEngineHost = true,
                    Reads = tree,
                    Prepare = () => Starting(Path.Combine(volume.MountPoint, "new.tar"), Backup(Initialise("new.tar"))),
                    Check = () => bench.Check.SameArchive(made, EngineArchive.Member(EngineArchive.Prefix), tree),
                    Observe = Used,
                    Tidy = Tidy,
                },
                new Contender
                {
                    Name = "ours, restore",
                    IsEngineHost = true,
                    Reads = tree,
                    Prepare = () => Starting(
                        Directory.CreateDirectory(copy).FullName,
                        Bench.Engine(["restore", "--archive", kept, .. EngineArchive.Volume(copy)])),
                    Check = () => bench.Check.SameTree(tree, copy, exact: true),
                    Observe = Used,
                    Tidy = Tidy,
                },
                new Contender
                {
                    Name = "cp -a --reflink=never",
                    Reads = tree,
                    Prepare = () => Starting(copy, new Command("cp", "-a", "--reflink=never", tree, copy)),
                    Check = () => bench.Check.SameTree(tree, copy, exact: true),
                    Observe = Used,
                    Tidy = Tidy,
                },
            ],
            [
                new Goal("back up 4 GiB by reflink on XFS", "ours, backup", "cp -a --reflink=never", 0.05),
                new Goal("restore 4 GiB by reflink on XFS", "ours, restore", "cp -a --reflink=never", 0.05),
            ])
        {
            CleanUp = volume.Dispose,
        };
    }
}
