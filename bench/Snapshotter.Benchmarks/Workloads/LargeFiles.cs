namespace Snapshotter.Benchmarks.Workloads;

/// <summary>A few files of a size at which only throughput counts.</summary>
internal static class LargeFiles
{
    public static void Create(string directory, int count, long size, ulong seed)
    {
        var maker = new FileMaker(new SeededRandom(seed));
        for (int i = 0; i < count; i++)
        {
            maker.Create(Path.Combine(directory, $"large-{i}.bin"), size);
        }
    }
}
