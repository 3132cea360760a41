namespace Snapshotter.Engine.Restoring;

/// <summary>
/// Batches on their way to the writers: a queue for each. Who has nothing left takes from the others, for a batch must not
/// wait behind a file of gigabytes. No thread ever spins (see <see cref="Jobs.WorkQueue{T}"/>).
/// </summary>
internal sealed class BatchQueues
{
    /// <summary>How many batches may wait in each queue.</summary>
    private const int Capacity = 2;

    private readonly object gate = new();
    private readonly Queue<RestoreBatch>[] queues;
    private bool closed;

    /// <param name="writers">How many writers there are.</param>
    public BatchQueues(int writers)
    {
        queues = new Queue<RestoreBatch>[writers];
        for (int i = 0; i < writers; i++)
        {
            queues[i] = new Queue<RestoreBatch>();
        }
    }

    /// <summary>The queue in which the fewest wait.</summary>
    public int Shortest
    {
        get
        {
            lock (gate)
            {
                int shortest = 0;
                for (int i = 1; i < queues.Length; i++)
                {
                    shortest = queues[i].Count < queues[shortest].Count ? i : shortest;
                }

                return shortest;
            }
        }
    }

    /// <summary>Adds a batch. False when there is no room for longer than the time given, or no writer any more.</summary>
    public bool TryAdd(int queue, RestoreBatch batch, TimeSpan time)
    {
        lock (gate)
        {
            while (!closed && queues[queue].Count >= Capacity)
            {
                if (!Monitor.Wait(gate, time))
                {
                    return false;
                }
            }

            if (closed)
            {
                return false;
            }

            queues[queue].Enqueue(batch);
            Monitor.PulseAll(gate);
            return true;
        }
    }

    /// <summary>Takes the next batch of a writer's own queue, else of the longest. False when none will come.</summary>
    public bool Take(int writer, out RestoreBatch batch)
    {
        lock (gate)
        {
            while (!closed)
            {
                if (QueueFor(writer).TryDequeue(out batch!))
                {
                    Monitor.PulseAll(gate);
                    return true;
                }

                Monitor.Wait(gate);
            }

            batch = null!;
            return false;
        }
    }

    private Queue<RestoreBatch> QueueFor(int writer)
    {
        var chosen = queues[writer];
        for (int i = 0; i < queues.Length && queues[writer].Count == 0; i++)
        {
            chosen = queues[i].Count > chosen.Count ? queues[i] : chosen;
        }

        return chosen;
    }

    /// <summary>Ends it at once, and gives up what waits.</summary>
    public void Cancel()
    {
        lock (gate)
        {
            closed = true;
            foreach (var queue in queues)
            {
                while (queue.TryDequeue(out var batch))
                {
                    batch.Abandon();
                }
            }

            Monitor.PulseAll(gate);
        }
    }
}
