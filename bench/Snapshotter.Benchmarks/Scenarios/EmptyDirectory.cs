namespace Snapshotter.Benchmarks.Scenarios;

/// <summary>
/// Where a restored tree goes: for root a new ext4 made for this one run. On a file system where many files were removed
/// before, ext4 searches for free inodes so long that the runs of every program differ by ten times. It is so large that no
/// program has to wait for its data to be written out: ext4 begins with that when half of the free space is spoken for.
/// </summary>
internal sealed class EmptyDirectory : IDisposable
{
    private readonly Bench bench;
    private readonly string source;
    private readonly LoopVolume? volume;

    public EmptyDirectory(Bench bench, string source)
    {
        this.bench = bench;
        this.source = source;
        volume = Posix.IsRoot ? LoopVolume.MakeExt4(bench, (3 * bench.Check.DiskUsage(source)) + (2L << 30)) : null;
        Path = volume is null
            ? bench.NewDirectory("copy")
            : Directory.CreateDirectory(System.IO.Path.Combine(volume.MountPoint, "copy")).FullName;
    }

    public string Path { get; }

    public void Dispose()
    {
        if (volume is null)
        {
            bench.Discard(Path, source);
        }

        volume?.Dispose();
    }
}
