using System.Buffers;
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
/// Copies the data of one large file to its reserved room in the archive, which reads as zeros before. The checksum is
/// computed on another thread, right behind the copy and of what stands in the archive: the file may have changed since,
/// and what counts is what is saved.
/// </summary>
internal static class FileCopy
{
    private const int BufferSize = 256 * 1024;
    private const long KernelStep = 4 * 1024 * 1024;

    /// <param name="source">The file.</param>
    /// <param name="archive">The archive.</param>
    /// <param name="offset">Where its data goes.</param>
    /// <param name="runs">The parts of the file that are data, in order.</param>
    /// <param name="size">Size of the file, holes included.</param>
    /// <param name="algorithm">Which checksum.</param>
    /// <param name="writing">
    /// Held while data is written: the kernel lets in one writer of a file at a time, and others that wait for it do so in
    /// a busy loop.
    /// </param>
    /// <param name="advanced">Called with the number of bytes done now and then, on this thread.</param>
    /// <param name="cancellation">Stops the copy.</param>
    /// <exception cref="Reporting.BackupException">The archive could not be written.</exception>
    public static CopyOutcome Run(
        IFile source, IFile archive, long offset, IReadOnlyList<SparseRun> runs, long size,
        ChecksumAlgorithm algorithm, SemaphoreSlim writing, Action<long> advanced, CancellationToken cancellation)
    {
        writing.Wait(cancellation);
        bool isWriting = true;
        var progress = new CopyProgress();
        var hashing = algorithm == ChecksumAlgorithm.None
            ? Task.FromResult<HashBytes>(default)
            : Task.Factory.StartNew(
                () => HashStored(archive, offset, runs, size, algorithm, progress),
                CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            var outcome = Copy(source, archive, offset, runs, size, progress, advanced, cancellation);
            writing.Release();
            isWriting = false;
            progress.Finish();
            return outcome with { Hash = hashing.GetAwaiter().GetResult() };
        }
        catch
        {
            progress.Abandon();
            throw;
        }
        finally
        {
            if (isWriting)
            {
                writing.Release();
            }

            // Whatever became of it: nobody may read the archive any more when this returns.
            ((IAsyncResult)hashing).AsyncWaitHandle.WaitOne();
        }
    }

    private static CopyOutcome Copy(
        IFile source, IFile archive, long offset, IReadOnlyList<SparseRun> runs, long size,
        CopyProgress progress, Action<long> advanced, CancellationToken cancellation)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        FileSystemException? readError = null;
        FileStatus after = default;
        long reached = 0;
        try
        {
            foreach (var run in runs)
            {
                long copied = CopyRun(source, archive, offset, run, buffer, progress, advanced, cancellation);
                reached = run.Offset + copied;
                offset += run.Length;
                if (copied < run.Length)
                {
                    // Shrunk: the rest of the file is gone as well, and reads as the zeros that stand in the archive.
                    break;
                }
            }

            if (runs.Count == 0 || reached == runs[^1].Offset + runs[^1].Length)
            {
                reached = size;
            }

            source.GetStatus(out after);
        }
        catch (SourceReadException e)
        {
            // What could be read stays; the report says that the file is not whole.
            readError = e.Cause;
        }
        catch (FileSystemException e)
        {
            readError = e;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return new CopyOutcome(default, FileHasher.LeavesOutHoles(size, runs.Sum(r => r.Length)), reached, after, readError);
    }

    private static long CopyRun(
        IFile source, IFile archive, long position, SparseRun run, byte[] buffer,
        CopyProgress progress, Action<long> advanced, CancellationToken cancellation)
    {
        long done = Clone(source, archive, position, run);
        progress.Reach(position + done);
        advanced(done);
        bool inKernel = true;
        while (done < run.Length)
        {
            cancellation.ThrowIfCancellationRequested();
            long copied = -1;
            if (inKernel)
            {
                copied = InKernel(source, archive, position + done, run.Offset + done, Math.Min(KernelStep, run.Length - done));
                inKernel = copied >= 0;
            }

            if (!inKernel)
            {
                copied = ThroughBuffer(
                    source, archive, position + done, run.Offset + done,
                    buffer.AsSpan(0, (int)Math.Min(BufferSize, run.Length - done)));
            }

            if (copied == 0)
            {
                break;
            }

            done += copied;
            progress.Reach(position + done);
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
        IFile source, IFile archive, long position, long from, Span<byte> buffer)
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
        IFile archive, long offset, IReadOnlyList<SparseRun> runs, long size, ChecksumAlgorithm algorithm, CopyProgress progress)
    {
        using var hasher = new FileHasher(algorithm) { SkipsHoles = FileHasher.LeavesOutHoles(size, runs.Sum(r => r.Length)) };
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            long reached = 0;
            foreach (var run in runs)
            {
                hasher.AppendHole(run.Offset - reached);
                for (long done = 0; done < run.Length;)
                {
                    var part = buffer.AsSpan(0, (int)Math.Min(BufferSize, run.Length - done));
                    progress.WaitFor(offset + done + part.Length);
                    int read = ReadBack(archive, part, offset + done);

                    // What was never written reads as zeros, though the archive may not reach so far yet.
                    part[read..].Clear();
                    hasher.Append(part);
                    done += part.Length;
                }

                reached = run.Offset + run.Length;
                offset += run.Length;
            }

            hasher.AppendHole(size - reached);
            return hasher.Finish();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
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
