using Snapshotter.Engine.Entries;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Patterns;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Saving;

/// <summary>What all parts of one backup need to know.</summary>
internal sealed class SaveContext
{
    public required IFileSystem FileSystem { get; init; }

    public required ChecksumAlgorithm Checksum { get; init; }

    /// <summary>The archive: never saved into itself.</summary>
    public required FileId ArchiveId { get; init; }

    public required GlobSet Exclude { get; init; }

    /// <summary>What of the volume is in no backup.</summary>
    public UnkeptLog Unkept { get; } = new();
}
