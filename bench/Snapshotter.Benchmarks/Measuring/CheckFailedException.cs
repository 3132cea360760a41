namespace Snapshotter.Benchmarks.Measuring;

/// <summary>A run failed, or what it wrote is not right: its time means nothing.</summary>
internal sealed class CheckFailedException(string message) : Exception(message);
