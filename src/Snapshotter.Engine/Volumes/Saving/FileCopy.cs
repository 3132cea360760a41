using Snapshotter.Engine.Archive;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Volumes.Saving;

/// <summary>What became of copying one large file into the archive.</summary>
/// <param name="Hash">Checksum of the content as it stands in the archive, holes included.</param>
/// <param name="IsOfDataOnly">True when the holes are not in the checksum: there are too many.</param>
/// <param name="Read">Bytes of the file that were there to be read: fewer than its size when it shrank.</param>
/// <param name="After">The file's status when all was read.</param>
/// <param name="ReadError">Why reading ended early, or null.</param>
internal sealed record CopyOutcome(HashBytes Hash, bool IsOfDataOnly, long Read, FileStatus After, FileSystemException? ReadError);

/// <summary>
/// Copies the data of one large file to its reserved room in the archive, which reads as zeros before. The checksum is of
/// the very bytes that are written: the file may change meanwhile, and what counts is what is saved.
/// </summary>
/// <param name="source">The file.</param>
/// <param name="pen">Writes to the archive.</param>
/// <param name="offset">Where the data goes.</param>
/// <param name="runs">The parts of the file that are data, in order.</param>
/// <param name="size">Size of the file, holes included.</param>
/// <param name="algorithm">Which checksum.</param>
/// <param name="advanced">Called with the number of bytes done now and then, on this thread.</param>
/// <param name="cancellation">Stops the copy.</param>
internal sealed class FileCopy(
    IFile source, ArchivePen pen, long offset, IReadOnlyList<SparseRun> runs, long size, ChecksumAlgorithm algorithm,
    Action<long> advanced, CancellationToken cancellation)
{
    private readonly bool dataOnly = FileHasher.LeavesOutHoles(size, runs.Sum(run => run.Length));
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
        return new CopyOutcome(hasher.Finish(), dataOnly, isAtEnd ? reached : size, StatusAfter(), readError);
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
