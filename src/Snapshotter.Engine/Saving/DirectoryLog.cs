using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Snapshotter.Engine.Archive;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Saving;

/// <summary>What a directory was when its names were read.</summary>
/// <param name="Id">Who it was.</param>
/// <param name="ModifiedAt">From its status before.</param>
/// <param name="ChangedAt">From its status before.</param>
/// <param name="ListedAt">By this machine's clock.</param>
internal readonly record struct ListedDirectory(FileId Id, Timestamp ModifiedAt, Timestamp ChangedAt, DateTime ListedAt)
{
    public ListedDirectory(in FileStatus status, DateTime listedAt)
        : this(status.Id, status.ModifiedAt, status.ChangedAt, listedAt)
    {
    }

    /// <summary>When names were last put into it or taken out, as far as can be told.</summary>
    public DateTime LastChange => TimeOf(ModifiedAt, ChangedAt);

    /// <summary>Whether names were put into it or taken out between two looks at it. Reading it changes neither of these times.</summary>
    public bool HasChanged(in FileStatus now) => ChangedAt != now.ChangedAt || ModifiedAt != now.ModifiedAt;

    public static DateTime TimeOf(Timestamp modified, Timestamp changed)
    {
        // The first can be set by anybody, the second only by the clock; but not everywhere is there such a time.
        var (seconds, nanoseconds) = changed == default ? modified : changed;
        long last = DateTime.MaxValue.Ticks / TimeSpan.TicksPerSecond - 1;
        long first = DateTime.UnixEpoch.Ticks / TimeSpan.TicksPerSecond;
        return DateTime.UnixEpoch.AddTicks(
            (Math.Clamp(seconds, -first, last - first) * TimeSpan.TicksPerSecond) + (nanoseconds / TimeSpan.NanosecondsPerTick));
    }
}

/// <summary>
/// The directories of a walk in its order, each with the names of those that were walked below it: to find them again
/// without listing them, and without holding them in memory.
/// </summary>
internal sealed class DirectoryLog(IFileSystem fileSystem) : IDisposable
{
    private readonly Spool records = new(fileSystem);
    private readonly BlockBuffer names = new(1024);
    private int count;
    private long position;

    /// <summary>How many records were read, those passed over included.</summary>
    public long Position { get; private set; }

    /// <summary>Adds a name that is walked below the directory at work.</summary>
    public void AddName(ReadOnlySpan<byte> name)
    {
        Span<byte> length = names.AppendUninitialized(sizeof(ushort));
        BinaryPrimitives.WriteUInt16LittleEndian(length, (ushort)name.Length);
        names.Append(name);
        count++;
    }

    /// <summary>Ends the record of the directory at work.</summary>
    public void Add(in ListedDirectory directory) => Add(new Record(directory, IsMissing: false, count, names.Length));

    /// <summary>Adds a record of a directory that could not be listed, which none are walked below.</summary>
    public void AddMissing()
    {
        count = 0;
        names.Clear();
        Add(new Record(default, IsMissing: true, 0, 0));
    }

    /// <summary>Goes back to the first record.</summary>
    public void Rewind() => Position = position = 0;

    /// <summary>Reads the next record. False at the end, and where the directory could not be listed.</summary>
    /// <param name="directory">What it was.</param>
    /// <param name="below">The names walked below it.</param>
    public bool Read(out ListedDirectory directory, out List<byte[]> below)
    {
        below = [];
        if (!ReadRecord(out var record))
        {
            directory = default;
            return false;
        }

        directory = record.Directory;
        byte[] text = new byte[record.Length];
        records.Read(text, position);
        position += record.Length;
        for (var rest = text.AsSpan(); !rest.IsEmpty;)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(rest);
            below.Add(rest.Slice(sizeof(ushort), length).ToArray());
            rest = rest[(sizeof(ushort) + length)..];
        }

        return !record.IsMissing;
    }

    /// <summary>Passes over the records of so many directories and of all below them.</summary>
    public void Skip(long directories)
    {
        for (; directories > 0 && ReadRecord(out var record); directories += record.Count - 1)
        {
            position += record.Length;
        }
    }

    /// <summary>Reads the next record without the names. False at the end.</summary>
    public bool ReadNext(out ListedDirectory directory)
    {
        bool isThere = ReadRecord(out var record);
        directory = record.Directory;
        position += record.Length;
        return isThere;
    }

    public void Dispose() => records.Dispose();

    private void Add(Record record)
    {
        records.Append(MemoryMarshal.AsBytes(new ReadOnlySpan<Record>(in record)));
        records.Append(names.Written);
        names.Clear();
        count = 0;
    }

    private bool ReadRecord(out Record record)
    {
        record = default;
        int size = Unsafe.SizeOf<Record>();
        if (records.Read(MemoryMarshal.AsBytes(new Span<Record>(ref record)), position) < size)
        {
            return false;
        }

        position += size;
        Position++;
        return true;
    }

    /// <param name="Directory">What it was.</param>
    /// <param name="IsMissing">It could not be listed.</param>
    /// <param name="Count">How many names follow.</param>
    /// <param name="Length">Bytes of these, lengths included.</param>
    private readonly record struct Record(ListedDirectory Directory, bool IsMissing, int Count, int Length);
}
