using Snapshotter.Benchmarks.Scenarios;

namespace Snapshotter.Benchmarks.Results;

/// <summary>What became of one goal.</summary>
/// <param name="Goal">The goal.</param>
/// <param name="Reached">The measure: see <see cref="GoalMeasure"/>.</param>
/// <param name="CpuRatio">CPU seconds of ours, the bare host taken off, divided by the peer's.</param>
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
            GoalMeasure.Ratio => Net(ours, bare, r => r.Wall) / Net(peer, bare, r => r.Wall),
            GoalMeasure.RatioPerFile =>
                Net(ours, bare, r => r.Wall) / ours.Files / (Net(peer, bare, r => r.Wall) / peer.Files),
            GoalMeasure.ExtraMilliseconds => (ours.Wall - peer.Wall) * 1000,
            GoalMeasure.ExtraMegabytes => ours.PeakMegabytes - peer.PeakMegabytes,
            _ => throw new InvalidOperationException($"{goal.Measure}"),
        };
        return new GoalResult(goal, reached, Net(ours, bare, r => r.Cpu) / Net(peer, bare, r => r.Cpu));
    }

    /// <summary>The bare host's share is taken off what ran in it, and off nothing else.</summary>
    private static double Net(ContenderResult result, ContenderResult? bare, Func<ContenderResult, double> of) =>
        result.IsEngineHost && bare is not null ? of(result) - of(bare) : of(result);
}
