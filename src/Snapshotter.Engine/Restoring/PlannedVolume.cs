using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Restoring;

/// <summary>One volume that a restore would write.</summary>
public sealed class PlannedVolume
{
    /// <summary>The volume as the archive has it.</summary>
    public required ArchivedVolume Archived { get; init; }

    /// <summary>The absolute path it would be restored to.</summary>
    public required string Path { get; init; }

    /// <summary>
    /// True when the newest generation meant does not hold the volume, so that an older copy would be restored. It may not
    /// fit the others, and the volume may have been given up: ask before it is restored to its place.
    /// </summary>
    public bool IsOlder { get; init; }
}
