namespace Snapshotter.Benchmarks.Workloads;

/// <summary>Writes files of random bytes.</summary>
internal sealed class FileMaker(SeededRandom random)
{
    // 2001-09-09 and some years on: past times, so that no tool thinks a file may still change.
    private static readonly DateTime Epoch = DateTimeOffset.FromUnixTimeSeconds(1_000_000_000).UtcDateTime;

    private readonly byte[] buffer = new byte[1024 * 1024];

    public SeededRandom Random => random;

    public void Create(string path, long size)
    {
        using (var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write))
        {
            WriteAt(file, 0, size);
        }

        File.SetLastWriteTimeUtc(path, NextTime());
    }

    /// <summary>A file with data at its start and in its middle, and holes between and behind.</summary>
    public void CreateSparse(string path, long size)
    {
        using (var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write))
        {
            RandomAccess.SetLength(file, size);
            WriteAt(file, 0, Math.Min(size, 4096));
            long middle = size / 2 / 4096 * 4096;
            WriteAt(file, middle, Math.Min(size - middle, 8192));
        }

        File.SetLastWriteTimeUtc(path, NextTime());
    }

    /// <summary>A time with a fraction, to 100 ns.</summary>
    public DateTime NextTime() => Epoch.AddTicks((long)(random.NextDouble() * 20 * 365 * TimeSpan.TicksPerDay));

    private void WriteAt(Microsoft.Win32.SafeHandles.SafeFileHandle file, long offset, long size)
    {
        while (size > 0)
        {
            int step = (int)Math.Min(size, buffer.Length);
            random.Fill(buffer.AsSpan(0, (step + 7) & ~7));
            RandomAccess.Write(file, buffer.AsSpan(0, step), offset);
            offset += step;
            size -= step;
        }
    }
}
