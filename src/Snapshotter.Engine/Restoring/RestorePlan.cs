using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Restoring;

/// <summary>What a restore would do. Nothing is touched until <see cref="Execute"/>.</summary>
public sealed class RestorePlan
{
    private readonly VolumeRestore restore;

    internal RestorePlan(VolumeRestore restore, IReadOnlyList<PlannedVolume> volumes)
    {
        this.restore = restore;
        Volumes = volumes;
    }

    /// <summary>The volumes, in the order they would be restored.</summary>
    public IReadOnlyList<PlannedVolume> Volumes { get; }

    /// <summary>
    /// Looks at the places that volumes would go to, as <see cref="Execute"/> does before it touches anything; what is in the
    /// archive is not read through.
    /// </summary>
    /// <param name="volumes">Members of <see cref="Volumes"/>.</param>
    /// <param name="cancellationToken">Stops the look.</param>
    /// <exception cref="BackupException">VolumeNotWritable or UnsafeEntry.</exception>
    public void Check(IReadOnlyList<PlannedVolume> volumes, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(volumes);
        restore.Check(volumes, cancellationToken);
    }

    /// <summary>
    /// Validates all the volumes given (entries, checksums, free space), then restores one after the other.
    /// </summary>
    /// <param name="volumes">Members of <see cref="Volumes"/>.</param>
    /// <param name="reporter">Hears of progress and warnings.</param>
    /// <param name="done">Is told of each volume as soon as it is restored, also when a later one fails or the job is stopped.</param>
    /// <param name="cancellationToken">Stops the job: the volume at work stays as it was, or is finished when its swap has begun.</param>
    /// <returns>What became of each volume.</returns>
    public IReadOnlyList<VolumeReport> Execute(
        IReadOnlyList<PlannedVolume> volumes, IReporter? reporter = null, Action<VolumeReport>? done = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(volumes);
        return restore.Execute(volumes, reporter ?? SilentReporter.Instance, cancellationToken, done);
    }
}
