namespace Snapshotter.Engine.Reporting;

/// <summary>What became of one volume in a backup or a restore.</summary>
public sealed class VolumeReport
{
    /// <summary>Full path of the archive.</summary>
    public required string Archive { get; init; }

    /// <summary>Path inside the tar.</summary>
    public required string Prefix { get; init; }

    /// <summary>The path that names the volume.</summary>
    public required string Target { get; init; }

    /// <summary>Where it was read from or restored to.</summary>
    public required string Path { get; init; }

    /// <summary>Directory or file.</summary>
    public required VolumeType Type { get; init; }

    /// <summary>The generation's number, unique in the archive.</summary>
    public required int Generation { get; init; }

    /// <summary>Entries saved, restored or tested, the root included.</summary>
    public long Entries { get; set; }

    /// <summary>Bytes of file data, holes included.</summary>
    public long Bytes { get; set; }

    /// <summary>Time spent.</summary>
    public TimeSpan Duration { get; set; }

    /// <summary>How many warnings there were; the first 100 are in <see cref="Warnings"/>.</summary>
    public long WarningCount { get; set; }

    /// <summary>The first 100 warnings.</summary>
    public IList<Notice> Warnings { get; init; } = [];

    /// <summary>True when everything was saved, restored or found whole.</summary>
    public bool Complete { get; set; } = true;

    /// <summary>The older generations of this volume that were removed after a backup, since no rule of its configuration keeps them.</summary>
    public IReadOnlyList<PlannedGeneration> Removed { get; set; } = [];
}
