namespace Snapshotter.Benchmarks.Results;

/// <summary>All that came of one scenario.</summary>
internal sealed record ScenarioResult(
    string Name, IReadOnlyList<ContenderResult> Contenders, IReadOnlyList<GoalResult> Goals);
