namespace Snapshotter.Benchmarks.Scenarios;

/// <summary>What is to be reached: ours against a peer.</summary>
/// <param name="Work">The job in words.</param>
/// <param name="Ours">Name of our contender.</param>
/// <param name="Peer">Name of the other.</param>
/// <param name="AtMost">The bound, in the measure's unit.</param>
/// <param name="Measure">What is compared.</param>
internal sealed record Goal(string Work, string Ours, string Peer, double AtMost, GoalMeasure Measure = GoalMeasure.Ratio);

internal enum GoalMeasure
{
    /// <summary>Wall time of ours, the bare host taken off, divided by the peer's.</summary>
    Ratio,

    /// <summary>Wall time of ours less the peer's, in milliseconds.</summary>
    ExtraMilliseconds,

    /// <summary>Peak memory of ours less the peer's, in megabytes.</summary>
    ExtraMegabytes,

    /// <summary>Wall time per file of ours divided by the peer's.</summary>
    RatioPerFile,
}
