using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Saving;

/// <summary>
/// Has the sizes of all files added up beside a running backup, so that progress has a percentage. Begins late, as short jobs
/// need none, and gives up silently.
/// </summary>
internal sealed class SizeEstimate : IDisposable
{
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource stop;
    private readonly Thread thread;
    private long total = -1;

    public SizeEstimate(VolumeSources sources, SaveContext context, CancellationToken cancellation)
    {
        stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        thread = new Thread(() => Run(sources, new SavedSize(context.FileSystem, context.Exclude, context.ArchiveId, stop.Token)))
        {
            IsBackground = true, Name = "Snapshotter estimate", Priority = ThreadPriority.BelowNormal,
        };
        thread.Start();
    }

    /// <summary>Bytes in all, or -1 while not known.</summary>
    public long TotalBytes => Interlocked.Read(ref total);

    public void Dispose()
    {
        stop.Cancel();
        thread.Join();
        stop.Dispose();
    }

    private void Run(VolumeSources sources, SavedSize size)
    {
        try
        {
            if (stop.Token.WaitHandle.WaitOne(Delay))
            {
                return;
            }

            long sum = 0;
            foreach (var volume in sources.Volumes)
            {
                sum += size.Of(volume);
            }

            Interlocked.Exchange(ref total, sum);
        }
        catch (Exception e) when (e is FileSystemException or OperationCanceledException)
        {
            // No percentage, then.
        }
    }
}
