using Snapshotter.Benchmarks.Measuring;

namespace Snapshotter.Benchmarks.Scenarios;

/// <summary>A file system in a file, mounted while it is needed. Needs root.</summary>
internal sealed class LoopVolume : IDisposable
{
    private readonly Meter meter;
    private readonly string image;

    private LoopVolume(Meter meter, string image, string mountPoint)
    {
        this.meter = meter;
        this.image = image;
        MountPoint = mountPoint;
    }

    public string MountPoint { get; }

    /// <summary>Free bytes once they no longer change: XFS gives back the space of removed files in the background.</summary>
    public long SettledFreeBytes()
    {
        var drive = new DriveInfo(MountPoint);
        long free;
        do
        {
            Posix.Sync();
            free = drive.AvailableFreeSpace;
            Thread.Sleep(100);
        }
        while (drive.AvailableFreeSpace != free);
        return free;
    }

    public static LoopVolume MakeXfs(Bench bench, long bytes) => Make(bench, bytes, "loop", "mkfs.xfs", "-q", "-m", "reflink=1");

    /// <summary>One inode for each 4 KiB, and no thread that goes on making the file system once it is mounted.</summary>
    public static LoopVolume MakeExt4(Bench bench, long bytes) => Make(bench, bytes, "loop,noinit_itable", "mkfs.ext4", "-q", "-F", "-b", "4096", "-i", "4096");

    private static LoopVolume Make(Bench bench, long bytes, string mountOptions, string tool, params string[] options)
    {
        if (!Posix.IsRoot)
        {
            throw new CheckFailedException("Mounting a loop device needs root.");
        }

        string image = bench.NewPath("volume.img");
        using (var file = File.OpenHandle(image, FileMode.CreateNew, FileAccess.Write))
        {
            RandomAccess.SetLength(file, bytes);
        }

        bench.Meter.Run(new Command(tool, [.. options, image]));
        var volume = new LoopVolume(bench.Meter, image, bench.NewDirectory("mounted"));
        bench.Meter.Run(new Command("mount", "-o", mountOptions, image, volume.MountPoint));
        return volume;
    }

    public void Dispose()
    {
        meter.Run(new Command("umount", MountPoint));
        Directory.Delete(MountPoint);
        File.Delete(image);
    }
}
