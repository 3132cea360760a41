namespace Snapshotter.Benchmarks.Measuring;

/// <summary>A program and its arguments.</summary>
internal sealed record Command(string Program, params string[] Arguments)
{
    /// <summary>The program's file, or null where there is none of the name.</summary>
    public string? File => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, Program)).FirstOrDefault(System.IO.File.Exists);

    public override string ToString() => $"{Program} {string.Join(' ', Arguments)}";
}
