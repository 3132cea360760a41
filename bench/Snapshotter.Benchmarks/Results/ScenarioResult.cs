using System.Text.Json.Serialization;
using Snapshotter.Benchmarks.Scenarios;

namespace Snapshotter.Benchmarks.Results;

/// <summary>All that came of one scenario.</summary>
internal sealed record ScenarioResult(string Name, IReadOnlyList<ContenderResult> Contenders, IReadOnlyList<Goal> Goals)
{
    /// <summary>What became of the goals, from the samples.</summary>
    [JsonIgnore]
    public IEnumerable<GoalResult> Outcome => Goals.Select(goal => GoalResult.Of(goal, Contenders));
}
