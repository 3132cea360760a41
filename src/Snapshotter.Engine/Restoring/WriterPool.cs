using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Entries;
using Snapshotter.Engine.Jobs;

namespace Snapshotter.Engine.Restoring;

/// <summary>
/// The threads that create files, started as they are needed, and the count of what they have done. Small files of one
/// directory go to one thread if it keeps up, for the kernel lets only one at a time create a name in it, and others spin
/// meanwhile.
/// </summary>
internal sealed class WriterPool : IDisposable
{
    private readonly ArchiveFile archive;
    private readonly OpenPlace? place;
    private readonly WriteMode mode;
    private readonly int writers;
    private readonly LossLog losses;
    private readonly JobMonitor monitor;
    private readonly BatchQueues queues;
    private readonly WorkQueue<RestoreBatch> spare = new(int.MaxValue);
    private readonly Workers workers;
    private readonly object gate = new();
    private long bytesDone;
    private long entriesDone;
    private TargetDirectory? lastDirectory;
    private int lastQueue;
    private long submitted;
    private long finished;

    /// <param name="archive">Where the data of larger files is read from.</param>
    /// <param name="place">Where others may write: there is made aside what is put there. Null for a directory in the staging folder.</param>
    /// <param name="mode">What becomes of what stands there.</param>
    /// <param name="writers">How many threads may write.</param>
    /// <param name="losses">Where metadata that cannot be set is noted.</param>
    /// <param name="monitor">Hears of progress, on the caller's thread.</param>
    /// <param name="cancellation">Stops the work.</param>
    public WriterPool(
        ArchiveFile archive, OpenPlace? place, WriteMode mode, int writers, LossLog losses, JobMonitor monitor, CancellationToken cancellation)
    {
        this.archive = archive;
        this.place = place;
        this.mode = mode;
        this.writers = writers;
        this.losses = losses;
        this.monitor = monitor;
        workers = new Workers(cancellation);
        queues = new BatchQueues(writers);
    }

    /// <summary>An empty batch.</summary>
    public RestoreBatch TakeBatch() => spare.TryTake(out var next, TimeSpan.Zero) ? next : new RestoreBatch();

    /// <summary>Hands a batch over, as soon as there is room for it.</summary>
    public void Submit(RestoreBatch batch)
    {
        submitted++;
        if (workers.Count < writers && submitted - Volatile.Read(ref finished) > workers.Count)
        {
            int writer = workers.Count;
            workers.Start("Snapshotter write", () => Work(writer));
        }

        bool goesOn = batch.Jobs[0].Directory == lastDirectory && !batch.HasLargeFile;
        lastQueue = goesOn ? lastQueue : queues.Shortest;
        lastDirectory = batch.Jobs[^1].Directory;
        while (!queues.TryAdd(lastQueue, batch, Workers.IdleTime))
        {
            Advance();
        }
    }

    /// <summary>Waits until all that was handed over is written.</summary>
    public void Drain()
    {
        lock (gate)
        {
            while (finished < submitted)
            {
                Advance();
                Monitor.Wait(gate, Workers.IdleTime);
            }
        }

        Advance();
    }

    /// <summary>Adds to what is done; on any thread.</summary>
    public void Count(long bytes, long entries)
    {
        Interlocked.Add(ref bytesDone, bytes);
        Interlocked.Add(ref entriesDone, entries);
    }

    /// <summary>Tells the monitor what has been done since.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="Reporting.BackupException">A file could not be written.</exception>
    public void Advance()
    {
        workers.ThrowIfStopped();
        monitor.Advance(Interlocked.Exchange(ref bytesDone, 0), Interlocked.Exchange(ref entriesDone, 0));
    }

    public void Dispose()
    {
        workers.Stop();
        queues.Cancel();
        workers.Dispose();
    }

    private static void Process(RestoreWorker worker, RestoreBatch batch)
    {
        try
        {
            worker.Process(batch);
            batch.Release();
        }
        catch
        {
            batch.Abandon();
            throw;
        }
    }

    private void Work(int writer)
    {
        var aside = place is null ? null : new Aside(place, $"files-{writer}", mode, losses);
        using var worker = new RestoreWorker(archive, aside, mode, losses, Count, workers.Stopping);
        while (queues.Take(writer, out var batch))
        {
            Process(worker, batch);
            spare.Add(batch);
            lock (gate)
            {
                finished++;
                Monitor.PulseAll(gate);
            }
        }
    }
}
