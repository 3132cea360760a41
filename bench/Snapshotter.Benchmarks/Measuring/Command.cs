namespace Snapshotter.Benchmarks.Measuring;

/// <summary>A program and its arguments.</summary>
internal sealed record Command(string Program, params string[] Arguments)
{
    public override string ToString() => $"{Program} {string.Join(' ', Arguments)}";
}
