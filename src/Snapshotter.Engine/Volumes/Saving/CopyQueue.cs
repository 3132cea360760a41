using Snapshotter.Engine.Archive;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Volumes.Saving;

/// <summary>
/// Large files on their way into room reserved for them, while the writer goes on; and the checksum lines, which keep the
/// order of the entries whichever copy ends first.
/// </summary>
internal sealed class CopyQueue(
    IFile archive, ChecksumListWriter sums, ChecksumAlgorithm algorithm, int maxCopies, Action idle,
    CancellationToken cancellation) : IDisposable
{
    private const int MaxWaiting = 20_000;

    private readonly Queue<Line> waiting = new();
    private readonly int hashSize = FileHasher.SizeOf(algorithm);
    private ArchivePen? pen;
    private int running;
    private long advanced;

    /// <summary>Bytes copied since the last call.</summary>
    public long TakeAdvanced() => Interlocked.Exchange(ref advanced, 0);

    /// <summary>Adds the line of a file that is written already. Not without checksums.</summary>
    public void AddLine(in HashBytes hash, ReadOnlySpan<byte> name)
    {
        Settle(wait: waiting.Count >= MaxWaiting);
        if (waiting.Count == 0)
        {
            AddSum(hash, name, isOfDataOnly: false);
        }
        else
        {
            waiting.Enqueue(new Line(name.ToArray(), hash, null, null, null));
        }
    }

    /// <summary>Starts a copy; its line is added when it has ended.</summary>
    /// <param name="name">The file's name relative to the prefix.</param>
    /// <param name="source">The file; closed when done.</param>
    /// <param name="offset">The room reserved.</param>
    /// <param name="runs">The parts that are data.</param>
    /// <param name="size">Size of the file.</param>
    /// <param name="finished">Hears of the outcome, on the writer's thread.</param>
    public void Start(
        byte[] name, IFile source, long offset, IReadOnlyList<SparseRun> runs, long size, Action<CopyOutcome> finished)
    {
        while (running >= maxCopies)
        {
            Settle(wait: true);
        }

        running++;
        pen ??= new ArchivePen(archive);
        var fileCopy = new FileCopy(
            source, pen, offset, runs, size, algorithm, count => Interlocked.Add(ref advanced, count), cancellation);

        // Not a thread for each: starting one waits until a core is free, and they are busy.
        waiting.Enqueue(new Line(name, default, Task.Run(fileCopy.Run, CancellationToken.None), source, finished));
    }

    /// <summary>Waits for all copies.</summary>
    public void Finish()
    {
        while (waiting.Count > 0)
        {
            Settle(wait: true);
        }
    }

    public void Dispose()
    {
        foreach (var line in waiting)
        {
            try
            {
                line.Copy?.Wait();
            }
            catch (AggregateException)
            {
                // The job has failed already, for the reason that is being thrown.
            }

            line.Source?.Dispose();
        }

        pen?.Dispose();
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
                if (!line.Copy.IsCompleted && !wait)
                {
                    return;
                }

                while (!line.Copy.IsCompleted)
                {
                    Task.WaitAny([line.Copy], TimeSpan.FromMilliseconds(100));
                    idle();
                }

                wait = false;
                var outcome = line.Copy.GetAwaiter().GetResult();
                line.Source!.Dispose();
                running--;
                line.Finished!(outcome);
                AddSum(outcome.Hash, line.Name, outcome.IsOfDataOnly);
            }

            waiting.Dequeue();
        }
    }

    private void AddSum(HashBytes hash, ReadOnlySpan<byte> name, bool isOfDataOnly)
    {
        if (hashSize > 0)
        {
            sums.Add(((ReadOnlySpan<byte>)hash)[..hashSize], name, isOfDataOnly);
        }
    }

    private sealed record Line(byte[] Name, HashBytes Hash, Task<CopyOutcome>? Copy, IFile? Source, Action<CopyOutcome>? Finished);
}
