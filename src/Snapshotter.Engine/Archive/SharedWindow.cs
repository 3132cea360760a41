namespace Snapshotter.Engine.Archive;

/// <summary>
/// A stretch of an archive in memory, which other threads may read while its <see cref="WindowedSource"/> goes on. Who
/// lets go of it last gives it back to be filled anew.
/// </summary>
internal sealed class SharedWindow
{
    private readonly Stack<SharedWindow> spare;
    private int holders;

    private SharedWindow(Stack<SharedWindow> spare, int size)
    {
        this.spare = spare;
        Bytes = new byte[size];
    }

    public byte[] Bytes { get; }

    /// <summary>True while somebody else holds it too.</summary>
    public bool IsShared => Volatile.Read(ref holders) > 1;

    /// <summary>A window that nobody holds but the caller.</summary>
    /// <param name="spare">Those given back; a new one is made when there are none.</param>
    /// <param name="size">Bytes of a new one.</param>
    public static SharedWindow Take(Stack<SharedWindow> spare, int size)
    {
        SharedWindow? window;
        lock (spare)
        {
            spare.TryPop(out window);
        }

        window ??= new SharedWindow(spare, size);
        window.holders = 1;
        return window;
    }

    /// <summary>Keeps what is in it until a call of <see cref="Release"/>; only for who knows that somebody holds it.</summary>
    public void Hold() => Interlocked.Increment(ref holders);

    public void Release()
    {
        if (Interlocked.Decrement(ref holders) == 0)
        {
            lock (spare)
            {
                spare.Push(this);
            }
        }
    }
}
