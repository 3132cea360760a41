namespace Snapshotter.Benchmarks.Workloads;

/// <summary>
/// The trees of one root folder, each made when first asked for and kept for the next time. A scale of 1 is the full
/// size; counts of files and sizes of large files shrink with it.
/// </summary>
internal sealed class WorkloadSet(string root, double scale, ulong seed)
{
    private const long GiB = 1024 * 1024 * 1024;

    public static IReadOnlyList<string> Names { get; } =
        ["large", "small", "mixed", "tiny", "series-10000", "series-100000", "series-1000000"];

    public double Scale => scale;

    /// <summary>Two files of 1 GiB.</summary>
    public string Large => Make("large", d => CreateLarge(d, 2));

    /// <summary>100,000 files of 0 to 16 KiB in 1,000 folders.</summary>
    public string Small => Make("small", d => SmallFiles.Create(d, Scaled(100_000), 16 * 1024, seed + 1));

    /// <summary>20,000 files of 100 B to 50 MiB, 1.5 GiB in all.</summary>
    public string Mixed => Make("mixed", d => MixedFiles.Create(d, Scaled(20_000), (long)(1.5 * GiB * scale), seed + 2));

    /// <summary>20 files of up to 4 KiB, whatever the scale: the small volume.</summary>
    public string Tiny => Make("tiny", d => SmallFiles.Create(d, 20, 4096, seed + 3));

    /// <summary>Small files in a number that the scale shrinks: for cost per file.</summary>
    public string Series(int count) =>
        Make($"series-{count}", d => SmallFiles.Create(d, Scaled(count), 2048, seed + (ulong)count));

    public void CreateLarge(string directory, int count) => LargeFiles.Create(directory, count, (long)(GiB * scale), seed);

    public string Get(string name) => name switch
    {
        "large" => Large,
        "small" => Small,
        "mixed" => Mixed,
        "tiny" => Tiny,
        _ when name.StartsWith("series-", StringComparison.Ordinal) && int.TryParse(name[7..], out int count) => Series(count),
        _ => throw new UsageException($"No workload '{name}': {string.Join(", ", Names)}."),
    };

    private int Scaled(int count) => Math.Max(20, (int)(count * scale));

    private string Make(string name, Action<string> fill)
    {
        string path = Path.Combine(root, FormattableString.Invariant($"source-{scale}-{seed}"), name);
        if (Directory.Exists(path))
        {
            return path;
        }

        // Made beside and renamed: a tree that was interrupted is never taken for a whole one.
        string unfinished = path + ".unfinished";
        if (Directory.Exists(unfinished))
        {
            Directory.Delete(unfinished, recursive: true);
        }

        Console.Error.WriteLine($"Making the workload {name} ...");
        Directory.CreateDirectory(unfinished);
        fill(unfinished);
        Directory.Move(unfinished, path);
        return path;
    }
}
