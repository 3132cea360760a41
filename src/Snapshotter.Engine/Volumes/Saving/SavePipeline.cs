using System.Collections.Concurrent;

namespace Snapshotter.Engine.Volumes.Saving;

/// <summary>
/// Reads ahead: one thread walks, several turn names into bytes, and the caller takes finished batches in the order of
/// the walk. What is in flight is bounded, so memory does not depend on the size of the volume.
/// </summary>
internal sealed class SavePipeline : IDisposable
{
    private const int MaxDirectoriesPerBatch = 16;

    private readonly CancellationTokenSource stop;
    private readonly BlockingCollection<SaveBatch> ordered;
    private readonly BlockingCollection<SaveBatch> open;
    private readonly ConcurrentBag<SaveBatch> spare = [];
    private readonly List<Thread> threads = [];
    private readonly SaveContext context;
    private SaveBatch current = new();
    private int directoriesInCurrent;
    private Exception? walkFailure;

    public SavePipeline(
        SaveContext context, DirectoryNode root, IReadOnlyCollection<byte[]> nestedVolumes, int readers, CancellationToken cancellation)
    {
        this.context = context;
        stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        ordered = new BlockingCollection<SaveBatch>((4 * readers) + 4);
        open = [];
        Start(() => WalkTree(root, nestedVolumes), "Snapshotter walk");
        for (int i = 0; i < readers; i++)
        {
            Start(Work, "Snapshotter read");
        }
    }

    /// <summary>The batches in the order of the walk; each is finished by the time it is yielded, and must be given back.</summary>
    /// <param name="idle">Called now and then while the next batch is not finished.</param>
    public IEnumerable<SaveBatch> TakeAll(Action idle)
    {
        while (true)
        {
            SaveBatch? batch;
            while (!ordered.TryTake(out batch, 100, stop.Token))
            {
                if (ordered.IsCompleted)
                {
                    if (walkFailure is not null)
                    {
                        System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(walkFailure);
                    }

                    yield break;
                }

                idle();
            }

            while (!batch.Wait(TimeSpan.FromMilliseconds(100)))
            {
                stop.Token.ThrowIfCancellationRequested();
                idle();
            }

            if (batch.Failure is not null)
            {
                System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(batch.Failure);
            }

            yield return batch;
        }
    }

    public void GiveBack(SaveBatch batch)
    {
        batch.Reset();
        spare.Add(batch);
    }

    /// <summary>Stops the threads and lets go of everything.</summary>
    public void Dispose()
    {
        stop.Cancel();
        foreach (var thread in threads)
        {
            thread.Join();
        }

        current.Reset();
        while (ordered.TryTake(out var batch))
        {
            batch.Reset();
        }

        ordered.Dispose();
        open.Dispose();
        stop.Dispose();
    }

    private void Start(ThreadStart body, string name)
    {
        var thread = new Thread(body) { IsBackground = true, Name = name };
        threads.Add(thread);
        thread.Start();
    }

    private void WalkTree(DirectoryNode root, IReadOnlyCollection<byte[]> nestedVolumes)
    {
        try
        {
            new TreeWalker(context, nestedVolumes, Add).Walk(root, stop.Token);
            Submit();
        }
        catch (OperationCanceledException)
        {
            // The taker sees the same token.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            walkFailure = e;
        }
        finally
        {
            ordered.CompleteAdding();
            open.CompleteAdding();
        }
    }

    private void Add(SaveTask task)
    {
        task.Directory.AddReference();
        if (task.Name.IsEmpty)
        {
            directoriesInCurrent++;
        }

        current.Tasks.Add(task);
        if (current.Tasks.Count == SaveBatch.MaxTasks || directoriesInCurrent == MaxDirectoriesPerBatch)
        {
            Submit();
        }
    }

    private void Submit()
    {
        if (current.Tasks.Count == 0)
        {
            return;
        }

        ordered.Add(current, stop.Token);
        open.Add(current, stop.Token);
        current = spare.TryTake(out var batch) ? batch : new SaveBatch();
        directoriesInCurrent = 0;
    }

    private void Work()
    {
        using var worker = new SaveWorker(context);
        try
        {
            foreach (var batch in open.GetConsumingEnumerable(stop.Token))
            {
                try
                {
                    worker.Process(batch, stop.Token);
                }
                catch (Exception e) when (e is not (OperationCanceledException or OutOfMemoryException))
                {
                    batch.Failure = e;
                }

                batch.MarkFinished();
            }
        }
        catch (OperationCanceledException)
        {
            // The taker sees the same token.
        }
    }
}
