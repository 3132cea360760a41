using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Jobs;

namespace Snapshotter.Engine.Saving;

/// <summary>
/// Reads ahead: one thread walks, several turn names into bytes, and the caller takes finished batches in the order of
/// the walk. What is in flight is bounded, so memory does not depend on the size of the volume.
/// </summary>
internal sealed class SavePipeline : IDisposable
{
    private const int MinTasksPerBatch = 16;
    private const int MaxTasksPerBatch = 256;
    private const int MaxDirectoriesPerBatch = 16;

    /// <summary>Names far down may have a megabyte each.</summary>
    private const long MaxPathBytesPerBatch = 1024 * 1024;

    /// <summary>Smaller batches cost a change of threads too many, larger ones leave the processor's cache before they are written.</summary>
    private const long BytesPerBatch = 1024 * 1024;

    private readonly Workers workers;
    private readonly CancellationTokenRegistration stopping;

    /// <summary>All batches in flight, in the order of the walk.</summary>
    private readonly WorkQueue<SaveBatch> ordered;

    /// <summary>Those of them that no worker has taken.</summary>
    private readonly WorkQueue<SaveBatch> open = new(int.MaxValue);
    private readonly WorkQueue<SaveBatch> spare = new(int.MaxValue);
    private readonly SaveContext context;
    private SaveBatch current = new();

    /// <summary>The one that the caller has, or waits for.</summary>
    private SaveBatch? taken;
    private int directoriesInCurrent;
    private long pathBytesInCurrent;

    /// <summary>How many names make a batch: as many as would have given the last ones written their size.</summary>
    private volatile int tasksPerBatch = 64;

    public SavePipeline(
        SaveContext context, TreeDirectory root, IReadOnlyCollection<byte[]> nestedVolumes, int readers, CancellationToken cancellation)
    {
        this.context = context;
        workers = new Workers(cancellation);
        ordered = new WorkQueue<SaveBatch>((4 * readers) + 4);
        stopping = workers.Stopping.Register(() =>
        {
            ordered.Close();
            open.Close();
        });
        workers.Start("Snapshotter walk", () => WalkTree(root, nestedVolumes));
        for (int i = 0; i < readers; i++)
        {
            workers.Start("Snapshotter read", Work);
        }
    }

    /// <summary>The batches in the order of the walk; each is finished by the time it is yielded, and must be given back.</summary>
    /// <param name="idle">Called now and then while the next batch is not finished.</param>
    public IEnumerable<SaveBatch> TakeAll(Action idle)
    {
        while (true)
        {
            SaveBatch batch;
            while (!ordered.TryTake(out batch, Workers.IdleTime))
            {
                // In this order: what a failure closes is no end.
                bool isEnd = ordered.IsDone;
                workers.ThrowIfStopped();
                if (isEnd)
                {
                    yield break;
                }

                idle();
            }

            taken = batch;
            workers.Await(batch.Wait, idle);

            if (batch.Failure is not null)
            {
                System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(batch.Failure);
            }

            yield return batch;
        }
    }

    public void GiveBack(SaveBatch batch)
    {
        long wanted = BytesPerBatch * batch.Tasks.Count / Math.Max(1, batch.Bytes.Length);
        tasksPerBatch = (int)Math.Clamp((tasksPerBatch + wanted) / 2, MinTasksPerBatch, MaxTasksPerBatch);
        batch.Reset();
        taken = null;
        spare.Add(batch);
    }

    /// <summary>Stops the threads and lets go of everything.</summary>
    public void Dispose()
    {
        var left = ordered.Cancel();
        workers.Dispose();
        current.Reset();
        taken?.Reset();
        foreach (var batch in left)
        {
            batch.Reset();
        }

        stopping.Dispose();
    }

    private void WalkTree(TreeDirectory root, IReadOnlyCollection<byte[]> nestedVolumes)
    {
        using var walker = new TreeWalker(context, nestedVolumes, Add);
        walker.Walk(root, workers.Stopping);
        Submit();
        ordered.Close();
        open.Close();
    }

    private void Add(SaveTask task)
    {
        task.Directory.AddReference();
        if (task.Name.IsEmpty)
        {
            directoriesInCurrent++;
        }

        pathBytesInCurrent += task.Directory.LengthOf(task.Name.Span);
        current.Tasks.Add(task);
        if (current.Tasks.Count >= tasksPerBatch || directoriesInCurrent == MaxDirectoriesPerBatch
            || pathBytesInCurrent >= MaxPathBytesPerBatch)
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

        if (!ordered.Add(current))
        {
            throw new OperationCanceledException(workers.Stopping);
        }

        open.Add(current);
        current = spare.TryTake(out var batch, TimeSpan.Zero) ? batch : new SaveBatch();
        directoriesInCurrent = 0;
        pathBytesInCurrent = 0;
    }

    private void Work()
    {
        using var worker = new SaveWorker(context);
        while (open.Take(out var batch))
        {
            workers.Stopping.ThrowIfCancellationRequested();
            try
            {
                worker.Process(batch, workers.Stopping);
            }
            catch (Exception e) when (e is not (OperationCanceledException or OutOfMemoryException))
            {
                batch.Failure = e;
            }

            batch.MarkFinished();
        }
    }
}
