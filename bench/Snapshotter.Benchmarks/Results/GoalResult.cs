using Snapshotter.Benchmarks.Scenarios;

namespace Snapshotter.Benchmarks.Results;

/// <summary>What became of one goal.</summary>
/// <param name="Goal">The goal.</param>
/// <param name="Reached">The measure: see <see cref="GoalMeasure"/>.</param>
/// <param name="CpuRatio">
/// CPU seconds of ours, the bare host taken off, divided by the peer's; those of a file where the wall time is a file's.
/// </param>
internal sealed record GoalResult(Goal Goal, double Reached, double CpuRatio)
{
    public bool IsMet => Reached <= Goal.AtMost;

    public static GoalResult Of(Goal goal, IReadOnlyList<ContenderResult> results)
    {
        var ours = results.Single(r => r.Name == goal.Ours);
        var peer = results.Single(r => r.Name == goal.Peer);
        var bare = results.FirstOrDefault(r => r.Name == Comparison.BareHost);
        double reached = goal.Measure switch
        {
            GoalMeasure.Ratio => JobSeconds(ours) / JobSeconds(peer),
            GoalMeasure.RatioPerFile => JobSeconds(ours) / ours.Files / (JobSeconds(peer) / peer.Files),
            GoalMeasure.ExtraMilliseconds => (ours.Wall - peer.Wall) * 1000,
            GoalMeasure.ExtraMegabytes => ours.PeakMegabytes - peer.PeakMegabytes,
            _ => throw new InvalidOperationException($"{goal.Measure}"),
        };
        double cpu = NetCpu(ours, bare) / NetCpu(peer, bare);
        return new GoalResult(goal, reached, goal.Measure == GoalMeasure.RatioPerFile ? cpu * peer.Files / ours.Files : cpu);
    }

    /// <summary>
    /// The whole process; in the engine's host the job by its own clock. Subtracting a run of the bare host instead would
    /// add that run's noise, which is as large as the shortest jobs.
    /// </summary>
    private static double JobSeconds(ContenderResult result) => result.Engine ?? result.Wall;

    /// <summary>The bare host's share is taken off what ran in it, and off nothing else.</summary>
    private static double NetCpu(ContenderResult result, ContenderResult? bare) =>
        result.IsEngineHost && bare is not null ? result.Cpu - bare.Cpu : result.Cpu;
}
