namespace Snapshotter.Engine.Volumes.Saving;

/// <summary>How far a copy into the archive got, for the thread that follows it.</summary>
internal sealed class CopyProgress
{
    private readonly object gate = new();
    private long reached;
    private bool isAbandoned;

    /// <summary>All bytes before this offset of the archive are what they will be.</summary>
    public void Reach(long offset)
    {
        lock (gate)
        {
            reached = offset;
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>The copy has ended: what was not reached stays as it is.</summary>
    public void Finish() => Reach(long.MaxValue);

    /// <summary>The copy has failed: nobody needs to follow.</summary>
    public void Abandon()
    {
        lock (gate)
        {
            isAbandoned = true;
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Waits until all bytes before the offset are what they will be.</summary>
    /// <exception cref="OperationCanceledException">The copy was abandoned.</exception>
    public void WaitFor(long offset)
    {
        lock (gate)
        {
            while (reached < offset && !isAbandoned)
            {
                Monitor.Wait(gate);
            }

            if (isAbandoned)
            {
                throw new OperationCanceledException();
            }
        }
    }
}
