using System.Buffers;
using Snapshotter.Engine.Archive;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Volumes.Saving;

/// <summary>What became of copying one large file into the archive.</summary>
/// <param name="Hash">Checksum of the content as it stands in the archive, holes included.</param>
/// <param name="Read">Bytes of the file that were there to be read: fewer than its size when it shrank.</param>
/// <param name="After">The file's status when all was read.</param>
/// <param name="ReadError">Why reading ended early, or null.</param>
internal sealed record CopyOutcome(HashBytes Hash, long Read, FileStatus After, FileSystemException? ReadError);

/// <summary>Copies the data of one large file to its reserved room in the archive, which reads as zeros before.</summary>
internal static class FileCopy
{
    private const int Step = 256 * 1024;
    private const long UncheckedStep = 64 * 1024 * 1024;

    /// <param name="source">The file.</param>
    /// <param name="archive">The archive.</param>
    /// <param name="offset">Where its data goes.</param>
    /// <param name="runs">The parts of the file that are data, in order.</param>
    /// <param name="size">Size of the file, holes included.</param>
    /// <param name="algorithm">Which checksum.</param>
    /// <param name="advanced">Called with the number of bytes done now and then, on this thread.</param>
    /// <param name="cancellation">Stops the copy.</param>
    /// <exception cref="Reporting.BackupException">The archive could not be written.</exception>
    public static CopyOutcome Run(
        IFile source, IFile archive, long offset, IReadOnlyList<SparseRun> runs, long size,
        ChecksumAlgorithm algorithm, Action<long> advanced, CancellationToken cancellation)
    {
        using var hasher = new FileHasher(algorithm);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Step);
        FileSystemException? readError = null;
        long reached = 0;
        long position = offset;
        try
        {
            foreach (var run in runs)
            {
                hasher.AppendZeros(run.Offset - reached);
                long copied = CopyRun(source, archive, position, run, hasher, buffer, advanced, cancellation);
                hasher.AppendZeros(run.Length - copied);
                reached = run.Offset + (copied == run.Length ? run.Length : copied);
                position += run.Length;
                if (copied < run.Length)
                {
                    // Shrunk: the rest of the file is gone as well, and reads as the zeros that stand in the archive.
                    hasher.AppendZeros(size - (run.Offset + run.Length));
                    break;
                }
            }
        }
        catch (SourceReadException e)
        {
            // What could be read stays; the report says that the file is not whole. The checksum is of what stands there.
            readError = e.Cause;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        FileStatus after = default;
        if (readError is null)
        {
            long end = runs.Count == 0 ? 0 : runs[^1].Offset + runs[^1].Length;
            if (reached >= end)
            {
                hasher.AppendZeros(size - end);
                reached = size;
            }

            try
            {
                source.GetStatus(out after);
            }
            catch (FileSystemException e)
            {
                readError = e;
            }
        }

        var hash = readError is null ? hasher.Finish() : HashStored(archive, offset, runs, size, algorithm);
        return new CopyOutcome(hash, reached, after, readError);
    }

    private static long CopyRun(
        IFile source, IFile archive, long position, SparseRun run, FileHasher hasher, byte[] buffer,
        Action<long> advanced, CancellationToken cancellation)
    {
        long done = Clone(source, archive, position, run);
        if (done > 0 && hasher.Size > 0)
        {
            // Hashed from the archive, not from the file: the file may have changed since, and what counts is what is saved.
            HashRange(archive, position, done, hasher, buffer, cancellation);
        }

        advanced(done);
        bool inKernel = hasher.Size == 0;
        while (done < run.Length)
        {
            cancellation.ThrowIfCancellationRequested();
            long copied = -1;
            if (inKernel)
            {
                copied = InKernel(source, archive, position + done, run.Offset + done, Math.Min(UncheckedStep, run.Length - done));
                inKernel = copied >= 0;
            }

            if (!inKernel)
            {
                copied = ThroughBuffer(
                    source, archive, position + done, run.Offset + done,
                    buffer.AsSpan(0, (int)Math.Min(Step, run.Length - done)), hasher);
            }

            if (copied == 0)
            {
                break;
            }

            done += copied;
            advanced(copied);
        }

        return done;
    }

    /// <summary>Shares the blocks of the aligned part, where the file systems can.</summary>
    private static long Clone(IFile source, IFile archive, long position, SparseRun run)
    {
        long aligned = run.Length & ~(long)(TarLayout.Alignment - 1);
        if (aligned == 0 || position % TarLayout.Alignment != 0 || run.Offset % TarLayout.Alignment != 0)
        {
            return 0;
        }

        try
        {
            return archive.TryClone(source, run.Offset, position, aligned) ? aligned : 0;
        }
        catch (FileSystemException)
        {
            // Whatever it was, the ordinary way will show it, or do without.
            return 0;
        }
    }

    private static long InKernel(IFile source, IFile archive, long position, long from, long count)
    {
        try
        {
            return archive.CopyFrom(source, from, position, count);
        }
        catch (FileSystemException)
        {
            // It does not tell which of the two files failed: the ordinary way does.
            return -1;
        }
    }

    private static int ThroughBuffer(
        IFile source, IFile archive, long position, long from, Span<byte> buffer, FileHasher hasher)
    {
        int read;
        try
        {
            read = source.Read(buffer, from);
        }
        catch (FileSystemException e)
        {
            throw new SourceReadException(e);
        }

        hasher.Append(buffer[..read]);
        if (read > 0)
        {
            try
            {
                archive.Write(buffer[..read], position);
            }
            catch (FileSystemException e)
            {
                throw ArchiveErrors.From(e, archive.DisplayPath);
            }
        }

        return read;
    }

    private static HashBytes HashStored(
        IFile archive, long offset, IReadOnlyList<SparseRun> runs, long size, ChecksumAlgorithm algorithm)
    {
        using var hasher = new FileHasher(algorithm);
        byte[] buffer = new byte[Step];
        long reached = 0;
        foreach (var run in runs)
        {
            hasher.AppendZeros(run.Offset - reached);
            HashRange(archive, offset, run.Length, hasher, buffer, default);
            reached = run.Offset + run.Length;
            offset += run.Length;
        }

        hasher.AppendZeros(size - reached);
        return hasher.Finish();
    }

    private static void HashRange(
        IFile archive, long offset, long count, FileHasher hasher, byte[] buffer, CancellationToken cancellation)
    {
        for (long done = 0; done < count && hasher.Size > 0;)
        {
            cancellation.ThrowIfCancellationRequested();
            var part = buffer.AsSpan(0, (int)Math.Min(Step, count - done));
            int read = ReadBack(archive, part, offset + done);
            if (read < part.Length)
            {
                // Beyond what is written so far: zeros, as a reader will see them.
                part[read..].Clear();
            }

            hasher.Append(part);
            done += part.Length;
        }
    }

    private static int ReadBack(IFile archive, Span<byte> buffer, long offset)
    {
        try
        {
            return archive.Read(buffer, offset);
        }
        catch (FileSystemException e)
        {
            throw ArchiveErrors.From(e, archive.DisplayPath);
        }
    }

    /// <summary>Tells a failure of the file that is saved from one of the archive.</summary>
    private sealed class SourceReadException(FileSystemException cause) : Exception
    {
        public FileSystemException Cause { get; } = cause;
    }
}
