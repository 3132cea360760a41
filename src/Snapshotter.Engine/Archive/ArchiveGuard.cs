using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Archive;

/// <summary>
/// Looks while an archive is written whether it is still there: under its path, as long as what was written, and with the
/// bytes that stand where the new ones begin. Locks keep our own kind away only; others remove, replace and cut files as
/// they like, and none of that makes a write fail.
/// </summary>
/// <param name="archive">The archive.</param>
/// <param name="start">Where the new generation begins.</param>
internal sealed class ArchiveGuard(ArchiveFile archive, long start)
{
    private readonly byte[] before = Read(archive, Math.Max(0, start - TarLayout.BlockSize), start);

    /// <summary>The block there is zero, the second one may be what a killed backup has left.</summary>
    private readonly byte[] head = Read(archive, start, start + TarLayout.EndMarkerSize);
    private long written;

    /// <summary>How long the file was when it was found too short; null while that has not happened.</summary>
    public long? CutTo { get; private set; }

    /// <summary>True when somebody else wrote where the new generation begins: then nothing there is ours to take back.</summary>
    public bool IsOverwritten { get; private set; }

    /// <summary>Our own generation is being committed: from now on it may stand where it begins.</summary>
    public bool IsCommitting { get; set; }

    /// <summary>
    /// True when another has committed a generation at the same place, where locks would have kept him away. What he wrote is
    /// his: nothing more may be written there.
    /// </summary>
    public bool IsTaken()
    {
        IsOverwritten |= archive.File.HasNoLocks && !IsCommitting && Read(archive, start, start + 1) is [not 0];
        return IsOverwritten;
    }

    /// <summary>A write of ours has reached an offset. From any thread.</summary>
    public void Wrote(long end)
    {
        long known;
        while (end > (known = Volatile.Read(ref written)) && Interlocked.CompareExchange(ref written, end, known) != known)
        {
        }
    }

    /// <summary>Before each write, which would fill what was cut off with zeros. From any thread.</summary>
    /// <exception cref="BackupException">ArchiveChanged.</exception>
    public void CheckLength()
    {
        if (IsTaken())
        {
            throw TakenByAnother();
        }

        long least = Volatile.Read(ref written);
        if (least > 0 && archive.File.Length is var length && length < least)
        {
            CutTo = length;
            throw Changed($"it was cut to {length} bytes");
        }
    }

    /// <summary>When all is written, and again when it is committed.</summary>
    /// <param name="length">How long the file must be now.</param>
    /// <param name="isCommitted">False while zeros must stand where the generation begins.</param>
    /// <exception cref="BackupException">ArchiveChanged.</exception>
    public void Check(long length, bool isCommitted)
    {
        CheckLength();
        archive.CheckPlace();

        byte[] now = Read(archive, start - before.Length, start);
        if (!before.AsSpan().SequenceEqual(now))
        {
            IsOverwritten = now.AsSpan().ContainsAnyExcept((byte)0);
            CutTo = IsOverwritten ? null : EndOfContent();
            throw Changed($"it was cut or overwritten before offset {start}");
        }

        byte[] begins = Read(archive, start, start + head.Length);
        if (!GenerationMark.StandsAt(archive, start)
            || (isCommitted ? begins.Length == 0 || begins[0] == 0 : !begins.AsSpan().SequenceEqual(head)))
        {
            IsOverwritten = true;
            throw Changed($"somebody else wrote at offset {start}");
        }

        if (archive.File.Length is var actual && actual != length)
        {
            throw Changed($"it has {actual} bytes, not {length} as written");
        }
    }

    /// <summary>Whether what was committed is our own generation, and not that of another who wrote at the same time.</summary>
    /// <param name="head">Its first bytes.</param>
    /// <param name="tail">Its last bytes.</param>
    /// <param name="end">Where it ends.</param>
    /// <exception cref="BackupException">ArchiveChanged.</exception>
    public void CheckOwn(ReadOnlySpan<byte> head, ReadOnlySpan<byte> tail, long end)
    {
        if (!head.SequenceEqual(Read(archive, start, start + head.Length)) || !tail.SequenceEqual(Read(archive, end - tail.Length, end)))
        {
            IsOverwritten = true;
            throw TakenByAnother();
        }
    }

    private BackupException TakenByAnother() => Changed($"somebody else wrote at offset {start}");

    /// <summary>Behind the last byte before the generation that is not zero: the zeros from there on came of writing behind a cut.</summary>
    private long EndOfContent()
    {
        const int step = 64 * 1024;
        for (long end = start; end > 0; end -= step)
        {
            long from = Math.Max(0, end - step);
            int last = Read(archive, from, end).AsSpan().LastIndexOfAnyExcept((byte)0);
            if (last >= 0)
            {
                return from + last + 1;
            }
        }

        return 0;
    }

    private static byte[] Read(ArchiveFile archive, long from, long to)
    {
        byte[] bytes = new byte[to - from];
        return bytes.Length == 0 ? bytes : bytes[..archive.Read(bytes, from)];
    }

    private BackupException Changed(string how) => ArchiveErrors.Changed(archive.Path, how);
}
