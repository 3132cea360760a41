using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Archive;

/// <summary>
/// Appends to an archive so that it is whole at every instant. Everything is written at its final place but the first
/// 1024 bytes: there the old end-of-archive marker stays, and every reader sees the old archive. When all the rest is on
/// disk, the second of the two blocks is written, and then, as the commit, the first. Disposed without a commit it puts
/// the file back as it was.
/// </summary>
internal sealed class AppendTransaction : IDisposable
{
    private const int BufferSize = 1024 * 1024;

    /// <summary>What is larger than this costs less to write by itself than to copy.</summary>
    private const int CopyLimit = 128 * 1024;

    /// <summary>How much of what was written last is read again.</summary>
    private const int TailSize = 8 * 1024;

    private readonly ArchiveFile archive;
    private readonly ArchiveGuard guard;
    private readonly bool durable;
    private long originalLength;
    private readonly byte[] head = new byte[TarLayout.EndMarkerSize];
    private readonly byte[] buffer = new byte[BufferSize];
    private long bufferStart;
    private int buffered;
    private byte[] tail = [];
    private bool markWritten;
    private bool headTouched;
    private bool done;

    /// <summary>Begins to append. An append that was killed earlier is cut off first, which is told to the reporter.</summary>
    /// <exception cref="BackupException">GlobalHeader: what is appended would be something else to other readers; ArchiveInvalid; nothing was changed.</exception>
    public AppendTransaction(ArchiveFile archive, ArchiveMap map, bool durable, IReporter reporter)
    {
        if (map.GlobalKey is { } key)
        {
            throw new BackupException(
                BackupError.GlobalHeader,
                $"'{archive.Path}' has a global pax header that sets '{EntryNames.ForMessage(key)}' for all entries behind it: "
                + "what is appended would be something else to other readers.",
                archive.Path)
            {
                Remedy = Remedy.AnotherArchive,
            };
        }

        this.archive = archive;
        this.durable = durable;
        Start = map.End;
        bufferStart = Start;
        Guard(() => originalLength = ArchiveTail.Settle(archive, map, reporter));
        guard = new ArchiveGuard(archive, Start);
        guard.Wrote(Start);
        File = new GuardedFile(archive.File, guard);
    }

    /// <summary>Absolute offset of the generation's first byte: of the old end-of-archive marker.</summary>
    public long Start { get; }

    /// <summary>Absolute offset of the next byte to write.</summary>
    public long Position => bufferStart + buffered;

    /// <summary>Where the generation's data may be written to.</summary>
    public IFile File { get; }

    /// <summary>Writes at <see cref="Position"/>.</summary>
    public void Write(ReadOnlySpan<byte> data)
    {
        if (data.Length >= CopyLimit)
        {
            FlushBuffer();
            WriteThrough(data, bufferStart);
            bufferStart += data.Length;
            return;
        }

        if (data.Length > BufferSize - buffered)
        {
            FlushBuffer();
        }

        data.CopyTo(buffer.AsSpan(buffered));
        buffered += data.Length;
    }

    /// <summary>Writes zeros up to the next multiple of 512.</summary>
    public void PadToBlock()
    {
        int rest = (int)(TarLayout.RoundUp(Position) - Position);
        if (rest > 0)
        {
            Span<byte> zeros = stackalloc byte[TarLayout.BlockSize];
            zeros.Clear();
            Write(zeros[..rest]);
        }
    }

    /// <summary>
    /// Leaves room for file data that others write straight to <see cref="File"/>, and for its padding. What is not
    /// written there reads as zeros.
    /// </summary>
    /// <returns>The absolute offset of the room.</returns>
    public long Reserve(long size)
    {
        FlushBuffer();
        long offset = bufferStart;
        if (offset < Start + TarLayout.EndMarkerSize)
        {
            throw new InvalidOperationException("The generation's first two blocks are its own headers.");
        }

        bufferStart += TarLayout.RoundUp(size);
        return offset;
    }

    /// <summary>
    /// Makes the generation part of the archive. Its last byte must be at a <see cref="TarLayout.Alignment"/>; all data
    /// must be written. When it throws the archive is as it was.
    /// </summary>
    public void Commit(CancellationToken cancellation)
    {
        FlushBuffer();
        Guard(() =>
        {
            long end = Position;
            guard.Check(Math.Max(end, originalLength), isCommitted: false);
            File.Write(stackalloc byte[TarLayout.EndMarkerSize], end);
            File.SetLength(end + TarLayout.EndMarkerSize);
            cancellation.ThrowIfCancellationRequested();

            // A disk promises to write one sector whole, not two. So the second block goes with the rest: as long as the
            // block at Start is zero, every reader stops there.
            headTouched = true;
            File.Write(head.AsSpan(TarLayout.BlockSize), Start + TarLayout.BlockSize);
            Flush();
            cancellation.ThrowIfCancellationRequested();
            guard.CheckLength();
            guard.IsCommitting = true;
            File.Write(head.AsSpan(0, TarLayout.BlockSize), Start);
            Flush();
            done = true;
            guard.Check(end + TarLayout.EndMarkerSize, isCommitted: true);
            guard.CheckOwn(head, tail, end);
        });
    }

    /// <summary>Takes back what was not committed: the file gets the length and the bytes it had before.</summary>
    public void Dispose()
    {
        if (done)
        {
            return;
        }

        done = true;
        try
        {
            if (guard.IsTaken())
            {
                // What stands there now is somebody else's.
                return;
            }

            if (guard.CutTo is { } cut && cut < Start + TarLayout.EndMarkerSize)
            {
                // What was cut off is gone: zeros in its place would look like an archive.
                archive.File.SetLength(cut);
                return;
            }

            if (headTouched)
            {
                Span<byte> zeros = stackalloc byte[TarLayout.BlockSize];
                zeros.Clear();
                archive.File.Write(zeros, Start);
                Flush();
                archive.File.Write(zeros, Start + TarLayout.BlockSize);
            }

            // First to the bare marker, then out to the old length again: in between the archive is valid too.
            if (archive.File.Length > Start + TarLayout.EndMarkerSize)
            {
                archive.File.SetLength(Start + TarLayout.EndMarkerSize);
            }

            if (originalLength > Start + TarLayout.EndMarkerSize)
            {
                archive.File.SetLength(originalLength);
            }

            Flush();
        }
        catch (FileSystemException)
        {
            // The old marker stands; what could not be removed behind it is removed by the next backup.
        }
    }

    private void FlushBuffer()
    {
        if (buffered > 0)
        {
            WriteThrough(buffer.AsSpan(0, buffered), bufferStart);
            bufferStart += buffered;
            buffered = 0;
        }
    }

    private void WriteThrough(ReadOnlySpan<byte> data, long offset)
    {
        // What is written last is the manifest: no other generation has the same.
        tail = data[^Math.Min(data.Length, TailSize)..].ToArray();
        long headEnd = Start + TarLayout.EndMarkerSize;
        if (offset < headEnd)
        {
            int inHead = (int)Math.Min(data.Length, headEnd - offset);
            data[..inHead].CopyTo(head.AsSpan((int)(offset - Start)));
            data = data[inHead..];
            offset += inHead;
        }

        if (data.IsEmpty)
        {
            return;
        }

        try
        {
            if (!markWritten)
            {
                // The mark reaches the disk before anything that only it can explain.
                int first = (int)Math.Min(data.Length, TarLayout.Alignment - (offset % TarLayout.Alignment));
                File.Write(data[..first], offset);
                Flush();
                markWritten = true;
                data = data[first..];
                offset += first;
            }

            if (!data.IsEmpty)
            {
                File.Write(data, offset);
            }
        }
        catch (FileSystemException e)
        {
            throw ArchiveErrors.From(e, archive.Path);
        }
    }

    private void Flush()
    {
        if (durable)
        {
            File.Flush();
        }
    }

    private void Guard(Action action)
    {
        try
        {
            action();
        }
        catch (FileSystemException e)
        {
            throw ArchiveErrors.From(e, archive.Path);
        }
    }
}
