using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Entries;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Restoring;

/// <summary>
/// Where the entries of a volume's directories stand in the archive. When only a part of the volume is wanted, a directory
/// on the way to it may have to be made that is not wanted itself, and it is to be as it was saved. Holds a few bytes for
/// each directory; an entry is read again when it is needed.
/// </summary>
internal sealed class ArchivedParents
{
    private const int WindowSize = 16 * 1024;

    private readonly Dictionary<PathHash, long> offsets = [];

    /// <summary>Takes note of an entry. Of two for one path the later one counts.</summary>
    public void Learn(VolumeReader reader)
    {
        if (EntryKinds.KindOf(reader.Entry.Type) == FileKind.Directory)
        {
            offsets[PathHash.Of(reader.Path)] = reader.Entry.HeaderOffset;
        }
    }

    /// <summary>The metadata that a directory was saved with; null when the archive has no entry for it.</summary>
    public FileMetadata? Find(ArchiveFile archive, ReadOnlyMemory<byte> path, bool setOwner, LossLog losses)
    {
        if (!offsets.TryGetValue(PathHash.Of(path.Span), out long offset))
        {
            return null;
        }

        var reader = new TarReader(new WindowedSource(archive, WindowSize), offset);
        return reader.Next() ? EntryMetadata.Of(reader.Entry, FileKind.Directory, setOwner, losses) : null;
    }
}
