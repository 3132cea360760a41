using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Retention;

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
    /// <param name="cancellationToken">Stops the job: the archive stays as it was. Ignored once bytes are being cut out.</param>
    /// <exception cref="BackupException">The archive is in use, cannot be written or cannot be replaced; nothing was
    /// changed unless the message says otherwise.</exception>
    public OptimizeReport Execute(IReporter? reporter = null, CancellationToken cancellationToken = default)
        => job.Execute(this, reporter ?? SilentReporter.Instance, cancellationToken);
}
