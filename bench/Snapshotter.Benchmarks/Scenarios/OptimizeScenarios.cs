using Snapshotter.Benchmarks.Measuring;

namespace Snapshotter.Benchmarks.Scenarios;

/// <summary>
/// A generation of 4 GiB taken out from in front of one of 2 GiB: cut out by the file system here, while GNU tar writes
/// all that stays anew.
/// </summary>
internal static class OptimizeScenarios
{
    private const string Removed = "removed";
    private const string GnuTar = "GNU tar, extract and create";

    /// <summary>Not tar --delete: GNU tar 1.34 cuts the archive short with it, and what is left cannot be read.</summary>
    private const string Recreate = """
        cd "$0" && tar --xattrs --acls -xf backup.tar "$1"
        tar --format=posix --xattrs --acls --sparse -cf backup.tar "$1" && rm -r "$1"
        """;

    private const string Rewrite = """
        cd "$0" && bsdtar --format=pax --exclude "$1" -cf new.tar @backup.tar && mv new.tar backup.tar
        """;

    public static Scenario Ext4(Bench bench) => Of(bench, "ext4", LoopVolume.MakeExt4);

    public static Scenario Xfs(Bench bench) => Of(bench, "XFS", LoopVolume.MakeXfs);

    private static Scenario Of(Bench bench, string kind, Func<Bench, long, LoopVolume> make)
    {
        // Two archives of 6 GiB, what GNU tar extracts, and what the file system needs for itself.
        var volume = make(bench, (long)((16L << 30) * bench.Workloads.Scale) + (1L << 30));
        string tree = bench.Workloads.Large;
        string master = Path.Combine(volume.MountPoint, "master.tar");
        string archive = Path.Combine(volume.MountPoint, "backup.tar");
        string large = bench.NewDirectory(Removed);
        bench.Workloads.CreateLarge(large, 4);
        File.WriteAllBytes(master, new byte[1024]);
        bench.Meter.Run(Bench.Engine(["backup", "--archive", master, .. EngineArchive.Volume(large, Removed)]));
        bench.Meter.Run(Bench.Engine(["backup", "--archive", master, .. EngineArchive.Volume(tree)]));
        Directory.Delete(large, recursive: true);

        Command On(Command command)
        {
            bench.Meter.Run(new Command("cp", "--reflink=auto", master, archive));
            PageCache.Drop(archive);
            return command;
        }

        void Check()
        {
            bench.Check.SameArchive(archive, EngineArchive.Member(EngineArchive.Prefix), tree);
            string names = bench.Meter.Run(new Command("tar", "-tf", archive));
            if (names.Contains(Removed, StringComparison.Ordinal))
            {
                throw new CheckFailedException($"{archive} still holds what was removed.");
            }
        }

        return new Scenario(
            $"optimize-{kind.ToLowerInvariant()}",
            [
                new Contender
                {
                    Name = "ours",
                    IsEngineHost = true,
                    Reads = archive,
                    Prepare = () => On(Bench.Engine("optimize", "--archive", archive, "--prefix", Removed)),
                    Check = Check,
                    Tidy = () => File.Delete(archive),
                },
                new Contender
                {
                    Name = GnuTar,
                    Reads = archive,
                    Prepare = () => On(new Command("sh", "-c", Recreate, volume.MountPoint, EngineArchive.Prefix)),
                    Check = Check,
                    Tidy = () => File.Delete(archive),
                },
                new Contender
                {
                    Name = "bsdtar, rewrite",
                    Reads = archive,
                    Prepare = () => On(new Command("sh", "-c", Rewrite, volume.MountPoint, Removed)),
                    Check = Check,
                    Tidy = () => File.Delete(archive),
                },
            ],
            [new Goal($"remove a generation of 4 GiB on {kind}", "ours", GnuTar, 0.05)])
        {
            CleanUp = volume.Dispose,
        };
    }
}
