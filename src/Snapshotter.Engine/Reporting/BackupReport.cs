namespace Snapshotter.Engine.Reporting;

/// <summary>What became of a backup.</summary>
public sealed class BackupReport
{
    /// <summary>Full path of the archive.</summary>
    public required string Archive { get; init; }

    /// <summary>Path inside the tar.</summary>
    public required string Prefix { get; init; }

    /// <summary>The new generation's number, unique in the archive.</summary>
    public required int Generation { get; init; }

    /// <summary>When the backup began.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>One for each volume.</summary>
    public IList<VolumeReport> Volumes { get; init; } = [];

    /// <summary>Bytes the archive grew by.</summary>
    public long ArchiveBytes { get; set; }

    /// <summary>Time spent.</summary>
    public TimeSpan Duration { get; set; }

    /// <summary>What the configuration's <see cref="Config.VolumeConfig.Keep"/> removed afterwards; null when there is none, or it could not be applied.</summary>
    public OptimizeReport? Optimization { get; set; }

    /// <summary>True when every file of every volume was saved.</summary>
    public bool Complete => Volumes.All(v => v.Complete);
}
