using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Entries;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Jobs;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Saving;

/// <summary>
/// Large files on their way into room reserved for them, while the writer goes on; and the checksum lines, which keep the
/// order of the entries whichever copy ends first.
/// </summary>
internal sealed class CopyQueue(
    GenerationWriter generation, ChecksumAlgorithm algorithm, int maxCopies, Action idle,
    CancellationToken cancellation) : IDisposable
{
    private const int MaxWaiting = 20_000;

    /// <summary>Bytes of names that wait; one alone may have a megabyte.</summary>
    private const long MaxWaitingBytes = 8 * 1024 * 1024;

    /// <summary>Files handed over and open, so that the writer can go on while those before are copied.</summary>
    private const int MaxOpen = 16;

    private readonly Queue<Line> waiting = new();
    private readonly WorkQueue<Line> toCopy = new(MaxOpen);
    private readonly Workers workers = new(cancellation);
    private readonly object gate = new();
    private readonly int hashSize = FileHasher.SizeOf(algorithm);
    private ArchivePen? pen;
    private int open;
    private long advanced;
    private long waitingBytes;

    /// <summary>Bytes copied since the last call.</summary>
    public long TakeAdvanced() => Interlocked.Exchange(ref advanced, 0);

    /// <summary>Adds the line of a file that is written already. Not without checksums.</summary>
    public void AddLine(in HashBytes hash, ReadOnlySpan<byte> name)
    {
        Settle(wait: waiting.Count >= MaxWaiting || waitingBytes >= MaxWaitingBytes);
        if (waiting.Count == 0)
        {
            AddSum(hash, name, isOfDataOnly: false);
        }
        else
        {
            Enqueue(new Line(name.ToArray(), hash));
        }
    }

    /// <summary>Starts a copy; its line is added when it has ended.</summary>
    /// <param name="name">The file's whole name.</param>
    /// <param name="source">The file; closed when done.</param>
    /// <param name="offset">The room reserved.</param>
    /// <param name="runs">The parts that are data.</param>
    /// <param name="status">The file's status when it was opened.</param>
    /// <param name="finished">Hears of the outcome, on the writer's thread.</param>
    public void Start(
        byte[] name, IFile source, long offset, IReadOnlyList<SparseRun> runs, in FileStatus status,
        Action<CopyOutcome> finished)
    {
        while (open == MaxOpen)
        {
            Settle(wait: true);
        }

        open++;
        pen ??= new ArchivePen(generation.File);
        var copy = new FileCopy(
            source, pen, offset, runs, status, algorithm, count => Interlocked.Add(ref advanced, count), workers.Stopping);
        var line = new Line(name, default) { Copy = copy, Source = source, Finished = finished };
        Enqueue(line);
        if (workers.Count < Math.Min(open, maxCopies))
        {
            workers.Start("Snapshotter copy", CopyAll);
        }

        toCopy.Add(line);
    }

    /// <summary>Waits until all copies are written.</summary>
    /// <exception cref="Reporting.BackupException">The archive could not be written.</exception>
    public void Finish()
    {
        while (waiting.Count > 0)
        {
            Settle(wait: true);
        }

        pen?.Finish();
    }

    public void Dispose()
    {
        toCopy.Cancel();
        workers.Dispose();

        // All that are left when the job has failed.
        foreach (var line in waiting)
        {
            line.Source?.Dispose();
        }

        pen?.Dispose();
    }

    private void CopyAll()
    {
        while (toCopy.Take(out var line))
        {
            try
            {
                line.Outcome = line.Copy!.Run();
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                line.Failure = e;
            }

            lock (gate)
            {
                line.IsEnded = true;
                Monitor.PulseAll(gate);
            }
        }
    }

    private void Settle(bool wait)
    {
        while (waiting.TryPeek(out var line))
        {
            if (line.Copy is null)
            {
                AddSum(line.Hash, line.Name, isOfDataOnly: false);
            }
            else
            {
                if (wait)
                {
                    AwaitEnd(line);
                }
                else if (!HasEnded(line, TimeSpan.Zero))
                {
                    return;
                }

                wait = false;
                EndCopy(line);
            }

            waitingBytes -= waiting.Dequeue().Name.Length;
        }
    }

    /// <summary>A copy that is cancelled ends as well, and says so.</summary>
    private void AwaitEnd(Line line)
    {
        while (!HasEnded(line, Workers.IdleTime))
        {
            idle();
        }
    }

    private void Enqueue(Line line)
    {
        waiting.Enqueue(line);
        waitingBytes += line.Name.Length;
    }

    private bool HasEnded(Line line, TimeSpan time)
    {
        lock (gate)
        {
            return line.IsEnded || (time > TimeSpan.Zero && Monitor.Wait(gate, time) && line.IsEnded);
        }
    }

    private void EndCopy(Line line)
    {
        if (line.Failure is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(line.Failure);
        }

        line.Source!.Dispose();
        open--;
        line.Finished!(line.Outcome!);
        AddSum(line.Outcome!.Hash, line.Name, line.Outcome.IsOfDataOnly);
    }

    private void AddSum(HashBytes hash, ReadOnlySpan<byte> name, bool isOfDataOnly)
    {
        if (hashSize > 0)
        {
            generation.AddSum(((ReadOnlySpan<byte>)hash)[..hashSize], name, isOfDataOnly);
        }
    }

    /// <summary>A line of the list, with the copy that it waits for, if any.</summary>
    private sealed class Line(byte[] name, in HashBytes hash)
    {
        public byte[] Name { get; } = name;

        public HashBytes Hash { get; } = hash;

        public FileCopy? Copy { get; init; }

        public IFile? Source { get; init; }

        public Action<CopyOutcome>? Finished { get; init; }

        public bool IsEnded { get; set; }

        public CopyOutcome? Outcome { get; set; }

        public Exception? Failure { get; set; }
    }
}
