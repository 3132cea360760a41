using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Snapshotter.Engine.Archive;
using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Saving;

/// <summary>What a name turned out to be when files with several names were looked through.</summary>
internal enum LinkSighting
{
    /// <summary>No file that was saved before.</summary>
    New,

    /// <summary>Another name of a file that was saved, and is now as it was then.</summary>
    SameFile,

    /// <summary>
    /// Another name of a file that was saved and has changed since then; or of another file that has its number now, where the
    /// file system does not tell these two apart.
    /// </summary>
    ChangedFile,
}

/// <summary>
/// The files with several names of which one is saved: by device and inode, but an inode is given to another file as soon as
/// it is free, even while a backup runs. So a file is only taken for one that was saved when it came into being at the same
/// time and still looks the same. Names are put aside, so that a file takes some fifty bytes of memory.
/// </summary>
internal sealed class LinkedFiles(IFileSystem fileSystem) : IDisposable
{
    /// <summary>Files at most whose other names are still to come.</summary>
    private const int MaxFiles = 1_000_000;

    private readonly Dictionary<FileId, Place> places = [];
    private readonly Spool records = new(fileSystem);

    /// <summary>Looks whether a file was saved before, and counts its names.</summary>
    /// <param name="status">The file's status, from its open handle where it has one.</param>
    /// <param name="name">The name under which it was saved; empty for a new one.</param>
    public LinkSighting Find(in FileStatus status, out byte[] name)
    {
        name = [];
        if (status.LinkCount <= 1 || !places.TryGetValue(status.Id, out var place))
        {
            return LinkSighting.New;
        }

        var seen = Read(place.Offset, ref name);
        var sighting = seen.Compare(new Look(status));
        if (sighting == LinkSighting.New)
        {
            name = [];
        }
        else if (sighting == LinkSighting.SameFile)
        {
            Count(status.Id, place);
        }

        return sighting;
    }

    /// <summary>Notes that a file is saved under a name, in place of what was noted of its number before.</summary>
    /// <returns>False when no more can be noted: further names of the file will be saved as files of their own.</returns>
    public bool Add(in FileStatus status, ReadOnlySpan<byte> name)
    {
        if (status.LinkCount <= 1)
        {
            return true;
        }

        if (places.Count >= MaxFiles && !places.ContainsKey(status.Id))
        {
            return false;
        }

        var record = new Record(new Look(status), name.Length);
        long offset = records.Append(MemoryMarshal.AsBytes(new ReadOnlySpan<Record>(in record)));
        records.Append(name);
        places[status.Id] = new Place(offset, status.LinkCount - 1);
        return true;
    }

    public void Dispose() => records.Dispose();

    private void Count(FileId id, Place place)
    {
        if (place.NamesLeft == 1)
        {
            places.Remove(id);
        }
        else
        {
            places[id] = place with { NamesLeft = place.NamesLeft - 1 };
        }
    }

    private Look Read(long offset, ref byte[] name)
    {
        Record record = default;
        records.Read(MemoryMarshal.AsBytes(new Span<Record>(ref record)), offset);
        name = new byte[record.NameLength];
        records.Read(name, offset + Unsafe.SizeOf<Record>());
        return record.Look;
    }

    private readonly record struct Place(long Offset, uint NamesLeft);

    private readonly record struct Record(Look Look, int NameLength);

    /// <summary>What a file looked like when it was saved.</summary>
    private readonly record struct Look(FileKind Kind, long Size, Timestamp ModifiedAt, Timestamp ChangedAt, Timestamp CreatedAt)
    {
        public Look(in FileStatus status)
            : this(status.Kind, status.Size, status.ModifiedAt, status.ChangedAt, status.CreatedAt)
        {
        }

        public LinkSighting Compare(in Look now)
        {
            bool knowsCreation = CreatedAt != default && now.CreatedAt != default;
            if (Kind != now.Kind || (knowsCreation && CreatedAt != now.CreatedAt))
            {
                return LinkSighting.New;
            }

            // A third name that comes or goes changes the last of these: it counts only where nothing better is known.
            bool looksSame = Size == now.Size && ModifiedAt == now.ModifiedAt && (knowsCreation || ChangedAt == now.ChangedAt);
            return looksSame ? LinkSighting.SameFile : LinkSighting.ChangedFile;
        }
    }
}
