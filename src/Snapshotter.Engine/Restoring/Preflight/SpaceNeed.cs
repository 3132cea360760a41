namespace Snapshotter.Engine.Restoring.Preflight;

/// <summary>What a part of a volume takes of its file system while it is restored, and gives back.</summary>
internal sealed class SpaceNeed
{
    /// <summary>Which file system.</summary>
    public required ulong Device { get; init; }

    /// <summary>A path on it.</summary>
    public required string Place { get; init; }

    /// <summary>The volume's path, for messages.</summary>
    public required string Path { get; init; }

    public required RestoreWay Way { get; init; }

    public required RestoreDemand Demand { get; init; }

    /// <summary>What goes before anything is written: remains of an interrupted restore, and with <see cref="RestoreWay.InPlace"/> the old content.</summary>
    public required Func<(long Bytes, long Files)> Before { get; init; }

    /// <summary>What goes once the part is restored, or what it takes the place of.</summary>
    public required Func<(long Bytes, long Files)> After { get; init; }

    /// <summary>True when the file system shares the archive's blocks: files take no room then.</summary>
    public required Func<bool> SharesBlocks { get; init; }
}
