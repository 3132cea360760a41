using System.Text.Json.Serialization;
using Snapshotter.Benchmarks.Measuring;

namespace Snapshotter.Benchmarks.Results;

/// <summary>All runs of one contender.</summary>
internal sealed record ContenderResult(string Name, bool IsEngineHost, int Files)
{
    public List<Sample> Samples { get; init; } = [];

    public string? Observed { get; set; }

    [JsonIgnore]
    public double Wall => Median(s => s.Wall);

    [JsonIgnore]
    public double Cpu => Median(s => s.Cpu);

    [JsonIgnore]
    public double PeakMegabytes => Median(s => s.PeakMegabytes);

    [JsonIgnore]
    public double? Engine => IsEngineHost ? Median(s => s.Engine ?? 0) : null;

    private double Median(Func<Sample, double> of)
    {
        double[] sorted = [.. Samples.Select(of).Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
