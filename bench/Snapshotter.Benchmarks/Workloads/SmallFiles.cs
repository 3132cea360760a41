namespace Snapshotter.Benchmarks.Workloads;

/// <summary>Many files of 0 to 16 KiB, half of them below 3 KiB as in most trees, a hundred to a folder.</summary>
internal static class SmallFiles
{
    private const int PerFolder = 100;

    public static void Create(string directory, int count, int maxSize, ulong seed)
    {
        var maker = new FileMaker(new SeededRandom(seed));
        string folder = directory;
        for (int i = 0; i < count; i++)
        {
            if (i % PerFolder == 0)
            {
                folder = Path.Combine(directory, $"folder-{i / PerFolder:D5}");
                Directory.CreateDirectory(folder);
            }

            int size = (int)(Math.Pow(maker.Random.NextDouble(), 2.4) * (maxSize + 1));
            maker.Create(Path.Combine(folder, $"file-{i:D7}.dat"), size);
        }
    }
}
