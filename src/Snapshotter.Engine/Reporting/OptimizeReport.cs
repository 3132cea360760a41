namespace Snapshotter.Engine.Reporting;

/// <summary>What became of an optimization.</summary>
public sealed class OptimizeReport
{
    /// <summary>Path of the archive.</summary>
    public required string Archive { get; init; }

    /// <summary>The generations removed.</summary>
    public required IReadOnlyList<PlannedGeneration> Removed { get; init; }

    /// <summary>Bytes the archive shrank by.</summary>
    public required long GainedBytes { get; init; }

    /// <summary>True when the bytes were cut out in place, false when a new file took the archive's place.</summary>
    public required bool InPlace { get; init; }

    /// <summary>Time spent.</summary>
    public required TimeSpan Duration { get; init; }
}
