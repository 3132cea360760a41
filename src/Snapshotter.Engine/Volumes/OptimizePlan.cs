using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Volumes.Optimizing;

namespace Snapshotter.Engine.Volumes;

/// <summary>What would become of one generation.</summary>
public sealed class PlannedGeneration
{
    /// <summary>Full path of the archive.</summary>
    public required string Archive { get; init; }

    /// <summary>Path inside the tar.</summary>
    public required string Prefix { get; init; }

    /// <summary>The generation's number, unique in the archive.</summary>
    public required int Generation { get; init; }

    /// <summary>When the backup began; for archives of other programs the time stamp of the manifest.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>The targets of its volumes.</summary>
    public required IReadOnlyList<string> Volumes { get; init; }

    /// <summary>Bytes it takes in the archive: what its removal gains.</summary>
    public required long Bytes { get; init; }

    /// <summary>True when it stays.</summary>
    public required bool Keep { get; init; }

    /// <summary>
    /// Why it stays: "last", "hourly", "daily", "weekly", "monthly", "yearly" and "within" are rules of the policy,
    /// "newest" and "newest complete" protect what a restore of a volume needs, "other volumes" are those that the rules of
    /// a backup do not judge, "damaged" is what no rule can judge, "not chosen" is not among the numbers given. Empty when
    /// it goes.
    /// </summary>
    public required IReadOnlyList<string> Reasons { get; init; }

    /// <summary>The targets of the volumes on whose account it stays; empty when it goes, or stays for no volume's sake.</summary>
    public IReadOnlyList<string> KeptFor { get; init; } = [];
}

/// <summary>What an optimization would do. Nothing is touched until <see cref="Execute"/>.</summary>
public sealed class OptimizePlan
{
    private readonly OptimizeJob job;

    internal OptimizePlan(OptimizeJob job, string archive, IReadOnlyList<PlannedGeneration> generations, bool isUnfinished)
    {
        IsUnfinished = isUnfinished;
        this.job = job;
        Archive = archive;
        Generations = generations;
    }

    /// <summary>Full path of the archive.</summary>
    public string Archive { get; }

    /// <summary>All generations of the prefixes at work, in the order of the archive.</summary>
    public IReadOnlyList<PlannedGeneration> Generations { get; }

    /// <summary>True when an earlier run was interrupted before its end: <see cref="Execute"/> finishes it, even with nothing to remove.</summary>
    public bool IsUnfinished { get; }

    /// <summary>Bytes the archive would shrink by.</summary>
    public long GainedBytes => Generations.Where(g => !g.Keep).Sum(g => g.Bytes);

    /// <summary>
    /// Removes what the plan says. Where the file system can, the bytes are cut out in place, in constant time; else a
    /// new file takes the archive's place. Entries that belong to no generation stay. Killed at any instant, the archive
    /// is readable and holds every kept generation byte for byte. What was added since the plan was made stays.
    /// </summary>
    /// <param name="reporter">Hears of progress and warnings.</param>
    /// <param name="cancellation">Stops the job: the archive stays as it was. Ignored once bytes are being cut out.</param>
    /// <exception cref="BackupException">The archive is in use, cannot be written or cannot be replaced; nothing was
    /// changed unless the message says otherwise.</exception>
    public OptimizeReport Execute(IReporter? reporter = null, CancellationToken cancellation = default)
        => job.Execute(this, reporter ?? SilentReporter.Instance, cancellation);
}

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
