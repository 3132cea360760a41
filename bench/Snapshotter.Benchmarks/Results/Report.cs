using System.Text.Json;
using System.Text.Json.Serialization;

namespace Snapshotter.Benchmarks.Results;

/// <summary>Everything measured in one call, with where and when.</summary>
internal sealed record Report(string Machine, DateOnly Date, double Scale, List<ScenarioResult> Scenarios)
{
    private static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter() },
    };

    public static Report Load(string path) => JsonSerializer.Deserialize<Report>(File.ReadAllText(path), Format)
        ?? throw new UsageException($"{path} holds no report.");

    public void Save(string path) => File.WriteAllText(path, JsonSerializer.Serialize(this, Format));

    /// <summary>Rows of scenarios measured anew replace the old ones: a long comparison can be made in parts.</summary>
    public Report MergedInto(Report? older)
    {
        var kept = older?.Scenarios.Where(o => !Scenarios.Exists(s => s.Name == o.Name)) ?? [];
        return this with { Scenarios = [.. kept, .. Scenarios] };
    }
}
