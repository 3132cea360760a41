using Snapshotter.Engine.Archive;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Jobs;

namespace Snapshotter.Engine.Saving;

/// <summary>
/// Writes what copies of large files have read, on a thread of its own: one file is read and hashed while another core
/// writes. The kernel lets in one writer of a file at a time, and others that wait for it do so in a busy loop, so there
/// is one of these for all copies.
/// </summary>
internal sealed class ArchivePen : IDisposable
{
    private const int BufferSize = 256 * 1024;
    private const int BufferCount = 16;

    private readonly WorkQueue<byte[]> spare = new(BufferCount, wakeAt: BufferCount / 2);
    private readonly WorkQueue<Stroke> full = new(BufferCount);
    private readonly Workers workers = new(CancellationToken.None);
    private readonly object progress = new();
    private long handedOver;
    private long written;
    private Exception? failure;

    public ArchivePen(IFile archive)
    {
        Archive = archive;
        for (int i = 0; i < BufferCount; i++)
        {
            spare.Add(GC.AllocateUninitializedArray<byte>(BufferSize));
        }

        workers.Start("Snapshotter pen", WriteAll);
    }

    public IFile Archive { get; }

    /// <summary>A buffer to fill, once there is one; it must be handed to <see cref="Write"/> or <see cref="GiveBack"/>.</summary>
    /// <exception cref="Reporting.BackupException">The archive could not be written.</exception>
    public byte[] TakeBuffer()
    {
        ThrowIfFailed();
        spare.Take(out byte[] buffer);
        return buffer;
    }

    public void GiveBack(byte[] buffer) => spare.Add(buffer);

    /// <summary>Has a part of the buffer written at an offset of the archive, in a while.</summary>
    /// <param name="buffer">One taken here; it goes back by itself.</param>
    /// <param name="count">How much of it.</param>
    /// <param name="offset">Absolute offset in the archive.</param>
    public void Write(byte[] buffer, int count, long offset)
    {
        Interlocked.Increment(ref handedOver);
        full.Add(new Stroke(buffer, count, offset));
    }

    /// <summary>Waits until all that was handed over so far is written.</summary>
    /// <exception cref="Reporting.BackupException">The archive could not be written.</exception>
    public void Settle()
    {
        long wanted = Interlocked.Read(ref handedOver);
        lock (progress)
        {
            while (written < wanted)
            {
                Monitor.Wait(progress);
            }
        }

        ThrowIfFailed();
    }

    /// <summary>Waits until all that was handed over is written. Nothing can be afterwards.</summary>
    /// <exception cref="Reporting.BackupException">The archive could not be written.</exception>
    public void Finish()
    {
        Dispose();
        ThrowIfFailed();
    }

    private void ThrowIfFailed()
    {
        if (Volatile.Read(ref failure) is { } e)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(e);
        }
    }

    public void Dispose()
    {
        full.Close();
        workers.Dispose();
    }

    private void WriteAll()
    {
        while (full.Take(out var stroke))
        {
            try
            {
                if (failure is null)
                {
                    Archive.Write(stroke.Buffer.AsSpan(0, stroke.Count), stroke.Offset);
                }
            }
            catch (FileSystemException e)
            {
                Volatile.Write(ref failure, ArchiveErrors.From(e, Archive.DisplayPath));
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                Volatile.Write(ref failure, e);
            }

            GiveBack(stroke.Buffer);
            lock (progress)
            {
                written++;
                Monitor.PulseAll(progress);
            }
        }
    }

    private readonly record struct Stroke(byte[] Buffer, int Count, long Offset);
}
