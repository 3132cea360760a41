namespace Snapshotter.Engine.Jobs;

/// <summary>
/// A bounded queue between threads. Unlike the library's it never spins: here all cores have work, and a thread that turns
/// round while it waits takes one from those it waits for.
/// </summary>
/// <param name="capacity">How many items may wait before those who add more must wait too.</param>
/// <param name="wakeAt">
/// How many items must be there before one who waits for some is woken. With more than one there are fewer changes of
/// threads; only for what comes again and again, like buffers that are given back.
/// </param>
internal sealed class WorkQueue<T>(int capacity, int wakeAt = 1)
{
    private readonly object gate = new();
    private readonly Queue<T> items = new();
    private bool closed;
    private int takers;
    private int adders;

    /// <summary>True when nothing is left and nothing will come.</summary>
    public bool IsDone
    {
        get
        {
            lock (gate)
            {
                return closed && items.Count == 0;
            }
        }
    }

    /// <summary>Adds an item as soon as there is room. False when the queue is closed.</summary>
    public bool Add(T item) => TryAdd(item, Timeout.InfiniteTimeSpan);

    /// <summary>Adds an item. False when the queue is closed, or there is no room for longer than the time given.</summary>
    public bool TryAdd(T item, TimeSpan time)
    {
        lock (gate)
        {
            while (!closed && items.Count >= capacity)
            {
                if (!Wait(ref adders, time))
                {
                    return false;
                }
            }

            if (closed)
            {
                return false;
            }

            items.Enqueue(item);
            if (takers > 0 && items.Count >= wakeAt)
            {
                Monitor.PulseAll(gate);
            }

            return true;
        }
    }

    /// <summary>Takes the next item as soon as there is one. False when none will come.</summary>
    public bool Take(out T item) => TryTake(out item, Timeout.InfiniteTimeSpan);

    /// <summary>Takes the next item. False when none will come, or there is none for longer than the time given.</summary>
    public bool TryTake(out T item, TimeSpan time)
    {
        lock (gate)
        {
            while (items.Count == 0)
            {
                if (closed || !Wait(ref takers, time))
                {
                    item = default!;
                    return false;
                }
            }

            item = items.Dequeue();
            if (adders > 0)
            {
                Monitor.PulseAll(gate);
            }

            return true;
        }
    }

    /// <summary>Nothing more will be added; what is there can still be taken.</summary>
    public void Close()
    {
        lock (gate)
        {
            closed = true;
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Ends it at once. Returns what nobody took.</summary>
    public IReadOnlyList<T> Cancel()
    {
        lock (gate)
        {
            var left = items.ToArray();
            items.Clear();
            closed = true;
            Monitor.PulseAll(gate);
            return left;
        }
    }

    private bool Wait(ref int waiting, TimeSpan time)
    {
        waiting++;
        try
        {
            return Monitor.Wait(gate, time);
        }
        finally
        {
            waiting--;
        }
    }
}
