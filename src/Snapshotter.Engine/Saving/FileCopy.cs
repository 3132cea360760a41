using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Entries;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Saving;

/// <summary>What became of copying one large file into the archive.</summary>
/// <param name="Hash">Checksum of the content as it stands in the archive, holes included.</param>
/// <param name="IsOfDataOnly">True when the holes are not in the checksum: there are too many.</param>
/// <param name="Read">Bytes of the file that were there to be read: fewer than its size when it shrank.</param>
/// <param name="After">The file's status when all was read.</param>
/// <param name="IsProven">A second reading, made when the file had changed meanwhile, found what is saved in its place.</param>
/// <param name="ReadError">Why reading ended early, or null.</param>
internal sealed record CopyOutcome(HashBytes Hash, bool IsOfDataOnly, long Read, FileStatus After, bool IsProven, FileSystemException? ReadError);

/// <summary>
/// Copies the data of one large file to its reserved room in the archive, which reads as zeros before. The checksum is of
/// the very bytes that are written: the file may change meanwhile, and what counts is what is saved.
/// </summary>
/// <param name="source">The file.</param>
/// <param name="pen">Writes to the archive.</param>
/// <param name="offset">Where the data goes.</param>
/// <param name="runs">The parts of the file that are data, in order.</param>
/// <param name="before">The file's status when it was opened.</param>
/// <param name="algorithm">Which checksum.</param>
/// <param name="advanced">Called with the number of bytes done now and then, on this thread.</param>
/// <param name="cancellation">Stops the copy.</param>
internal sealed class FileCopy(
    IFile source, ArchivePen pen, long offset, IReadOnlyList<SparseRun> runs, FileStatus before, ChecksumAlgorithm algorithm,
    Action<long> advanced, CancellationToken cancellation)
{
    /// <summary>For a second reading, which does without the pen's.</summary>
    private const int BufferSize = 256 * 1024;

    private readonly long size = before.Size;
    private readonly bool dataOnly = FileHasher.LeavesOutHoles(before.Size, runs.Sum(run => run.Length));
    private FileSystemException? readError;
    private long reached;

    /// <summary>True when nothing more can be read: the file shrank, or a disk is broken.</summary>
    private bool isAtEnd;

    /// <summary>Reads and hashes it all. When this returns, the pen may still have some of it to write.</summary>
    /// <exception cref="Reporting.BackupException">The archive could not be written.</exception>
    public CopyOutcome Run()
    {
        using var hasher = new FileHasher(algorithm) { SkipsHoles = dataOnly };
        CopyRuns(hasher);
        var hash = hasher.Finish();
        var after = StatusAfter();
        bool isWorthProof = readError is null && !isAtEnd && FileChange.IsBetween(before, after);
        return new CopyOutcome(hash, dataOnly, isAtEnd ? reached : size, after, isWorthProof && Prove(hash, hasher), readError);
    }

    /// <summary>Reads once more what was saved: it was not written to when it is all in its place, whatever came behind it.</summary>
    private bool Prove(HashBytes saved, FileHasher hasher)
    {
        try
        {
            if (!HolesAreLeft())
            {
                return false;
            }

            if (hasher.Size == 0)
            {
                return IsAsStored();
            }

            var again = HashAgain(hasher);
            return ((ReadOnlySpan<byte>)saved).SequenceEqual(again);
        }
        catch (FileSystemException)
        {
            // No proof, then; that the file has changed is told.
            return false;
        }
    }

    private bool HolesAreLeft()
    {
        long end = 0;
        foreach (var run in runs)
        {
            if (!IsLeft(end, run.Offset))
            {
                return false;
            }

            end = run.Offset + run.Length;
        }

        return IsLeft(end, size);
    }

    /// <summary>Whether a hole still reads as zeros: what is appended behind may begin a block within it.</summary>
    private bool IsLeft(long from, long end)
    {
        byte[] buffer = [];
        while (from < end && source.NextData(from) is var data && data < end)
        {
            buffer = buffer.Length == 0 ? new byte[BufferSize] : buffer;
            int read = ReadAgain(source, buffer, data, Math.Min(Math.Max(source.NextHole(data), data + 1), end) - data);
            if (buffer.AsSpan(0, read).ContainsAnyExcept((byte)0))
            {
                return false;
            }

            from = data + read;
        }

        return true;
    }

    private HashBytes HashAgain(FileHasher hasher)
    {
        byte[] buffer = new byte[BufferSize];
        long end = 0;
        foreach (var run in runs)
        {
            hasher.AppendHole(run.Offset - end);
            end = run.Offset + run.Length;
            int read;
            for (long at = run.Offset; at < end; at += read)
            {
                read = ReadAgain(source, buffer, at, end - at);
                hasher.Append(buffer.AsSpan(0, read));
            }
        }

        hasher.AppendHole(size - end);
        return hasher.Finish();
    }

    /// <summary>Without a checksum, the archive is what can be compared with.</summary>
    private bool IsAsStored()
    {
        pen.Settle();
        byte[] buffer = new byte[BufferSize];
        byte[] stored = new byte[BufferSize];
        long position = offset;
        foreach (var run in runs)
        {
            int read;
            for (long done = 0; done < run.Length; done += read)
            {
                read = ReadAgain(source, buffer, run.Offset + done, run.Length - done);
                int readStored = ReadAgain(pen.Archive, stored, position + done, read);
                if (!buffer.AsSpan(0, read).SequenceEqual(stored.AsSpan(0, readStored)))
                {
                    return false;
                }
            }

            position += run.Length;
        }

        return true;
    }

    private int ReadAgain(IFile file, byte[] buffer, long from, long count)
    {
        cancellation.ThrowIfCancellationRequested();
        int read = file.Read(buffer.AsSpan(0, (int)Math.Min(buffer.Length, count)), from);
        return read > 0
            ? read
            : throw new FileSystemException(FileError.Other, "read again", file.DisplayPath, "it has become shorter");
    }

    private FileStatus StatusAfter()
    {
        try
        {
            source.GetStatus(out var after);
            return after;
        }
        catch (FileSystemException e)
        {
            readError ??= e;
            return default;
        }
    }

    private void CopyRuns(FileHasher hasher)
    {
        long position = offset;
        long end = 0;
        foreach (var run in runs)
        {
            hasher.AppendHole(run.Offset - end);
            long done = isAtEnd ? 0 : Clone(position, run, hasher);
            while (!isAtEnd && done < run.Length)
            {
                done += CopyPiece(position + done, run.Offset + done, run.Length - done, hasher);
            }

            // What cannot be read is left as the zeros that stand in the archive.
            hasher.AppendZeros(run.Length - done);
            position += run.Length;
            end = run.Offset + run.Length;
        }

        hasher.AppendHole(size - end);
    }

    private int CopyPiece(long position, long from, long count, FileHasher hasher)
    {
        cancellation.ThrowIfCancellationRequested();
        byte[] buffer = pen.TakeBuffer();
        int read = 0;
        try
        {
            read = source.Read(buffer.AsSpan(0, (int)Math.Min(buffer.Length, count)), from);
        }
        catch (FileSystemException e)
        {
            // What could be read stays; the report says that the file is not whole.
            readError = e;
        }

        if (read == 0)
        {
            pen.GiveBack(buffer);
            isAtEnd = true;
            return 0;
        }

        hasher.Append(buffer.AsSpan(0, read));
        reached = from + read;
        pen.Write(buffer, read, position);
        advanced(read);
        return read;
    }

    /// <summary>Shares the blocks of the aligned part, where the file systems can. Returns how much.</summary>
    private long Clone(long position, SparseRun run, FileHasher hasher)
    {
        long aligned = run.Length & ~(long)(TarLayout.Alignment - 1);
        if (aligned == 0 || position % TarLayout.Alignment != 0 || run.Offset % TarLayout.Alignment != 0)
        {
            return 0;
        }

        try
        {
            if (!pen.Archive.TryClone(source, run.Offset, position, aligned))
            {
                return 0;
            }
        }
        catch (FileSystemException)
        {
            // Whatever it was, the ordinary way will show it, or do without.
            return 0;
        }

        reached = run.Offset + aligned;
        HashStored(position, aligned, hasher);
        advanced(aligned);
        return aligned;
    }

    /// <summary>Hashes what stands in the archive: the file itself may not be what was cloned any more.</summary>
    private void HashStored(long position, long count, FileHasher hasher)
    {
        if (hasher.Size == 0)
        {
            return;
        }

        byte[] buffer = pen.TakeBuffer();
        try
        {
            while (count > 0)
            {
                cancellation.ThrowIfCancellationRequested();
                int read = pen.Archive.Read(buffer.AsSpan(0, (int)Math.Min(buffer.Length, count)), position);
                if (read == 0)
                {
                    throw ArchiveErrors.Invalid(pen.Archive.DisplayPath, position, "it was cut off while it was written.");
                }

                hasher.Append(buffer.AsSpan(0, read));
                position += read;
                count -= read;
            }
        }
        catch (FileSystemException e)
        {
            throw ArchiveErrors.From(e, pen.Archive.DisplayPath);
        }
        finally
        {
            pen.GiveBack(buffer);
        }
    }
}
