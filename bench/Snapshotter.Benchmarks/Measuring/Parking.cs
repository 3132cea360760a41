namespace Snapshotter.Benchmarks.Measuring;

/// <summary>
/// Where old trees and archives go. Removing a hundred thousand files right before creating as many makes ext4 many
/// times slower at it, so they are moved aside and removed only when they take too much room, and at the end.
/// </summary>
internal sealed class Parking(string directory, long budget) : IDisposable
{
    private long parked;
    private int count;

    public void Park(string path, long bytes)
    {
        Directory.CreateDirectory(directory);
        Directory.Move(path, Path.Combine(directory, $"{count++}"));
        parked += bytes;
        if (parked > budget)
        {
            Dispose();
            Posix.Sync();
        }
    }

    public void Dispose()
    {
        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }

        parked = 0;
    }
}
