using System.Runtime.ExceptionServices;

namespace Snapshotter.Engine.Jobs;

/// <summary>
/// The threads of a part of a job: started as they are needed, stopped all together by the first that fails or by whoever cancels
/// the job, and waited for at the end. The caller's thread hears of a failure when it asks for it.
/// </summary>
/// <param name="cancellation">Stops them.</param>
internal sealed class Workers(CancellationToken cancellation) : IDisposable
{
    /// <summary>How long the caller's thread waits for others before it tells of progress, and looks whether it is to stop.</summary>
    public static readonly TimeSpan IdleTime = TimeSpan.FromMilliseconds(100);

    private readonly CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
    private readonly List<Thread> threads = [];
    private Exception? failure;
    private bool isDisposed;

    /// <summary>How many were started.</summary>
    public int Count => threads.Count;

    /// <summary>Tells all of them to stop. Whoever hears it finds the failure noted already.</summary>
    public CancellationToken Stopping => stop.Token;

    /// <summary>Starts one.</summary>
    /// <param name="name">What a debugger calls it.</param>
    /// <param name="body">What it does. What it throws stops the others, but for <see cref="OperationCanceledException"/>.</param>
    /// <param name="priority">Whether others go first.</param>
    public void Start(string name, Action body, ThreadPriority priority = ThreadPriority.Normal)
    {
        var thread = new Thread(() => Run(body)) { IsBackground = true, Name = name, Priority = priority };
        threads.Add(thread);
        thread.Start();
    }

    /// <summary>Throws what the first of them failed with; else, when they are stopped, that the job is cancelled.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public void ThrowIfStopped()
    {
        if (Volatile.Read(ref failure) is { } e)
        {
            ExceptionDispatchInfo.Throw(e);
        }

        stop.Token.ThrowIfCancellationRequested();
    }

    /// <summary>Tries until it is done. In between the caller's thread may do something else.</summary>
    /// <param name="isDone">Waits for so long at most.</param>
    /// <param name="idle">Called now and then.</param>
    public void Await(Func<TimeSpan, bool> isDone, Action idle)
    {
        while (!isDone(IdleTime))
        {
            ThrowIfStopped();
            idle();
        }
    }

    /// <summary>Tells them to stop, and does not wait.</summary>
    public void Stop() => stop.Cancel();

    /// <summary>Stops them, and waits until all have ended.</summary>
    public void Dispose()
    {
        if (isDisposed)
        {
            return;
        }

        isDisposed = true;
        stop.Cancel();
        threads.ForEach(thread => thread.Join());
        stop.Dispose();
    }

    private void Run(Action body)
    {
        try
        {
            body();
        }
        catch (OperationCanceledException)
        {
            // The caller sees the same token.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Interlocked.CompareExchange(ref failure, e, null);
            stop.Cancel();
        }
    }
}
