namespace Snapshotter.Benchmarks.Scenarios;

/// <summary>Contenders at the same job, run in turn.</summary>
internal sealed record Scenario(string Name, IReadOnlyList<Contender> Contenders, IReadOnlyList<Goal> Goals)
{
    /// <summary>Undoes what the scenario set up.</summary>
    public Action CleanUp { get; init; } = () => { };
}
