using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Jobs;

namespace Snapshotter.Engine.Saving;

/// <summary>
/// Has the sizes of all files added up beside a running backup, so that progress has a percentage. Begins late, as short jobs
/// need none, and gives up silently.
/// </summary>
internal sealed class SizeEstimate : IDisposable
{
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(2);

    private readonly Workers workers;
    private long total = -1;

    public SizeEstimate(VolumeSources sources, SaveContext context, CancellationToken cancellation)
    {
        workers = new Workers(cancellation);
        var size = new SavedSize(context.FileSystem, context.Exclude, context.ArchiveId, workers.Stopping);
        workers.Start("Snapshotter estimate", () => Run(sources, size), ThreadPriority.BelowNormal);
    }

    /// <summary>Bytes in all, or -1 while not known.</summary>
    public long TotalBytes => Interlocked.Read(ref total);

    public void Dispose() => workers.Dispose();

    private void Run(VolumeSources sources, SavedSize size)
    {
        try
        {
            if (workers.Stopping.WaitHandle.WaitOne(Delay))
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
        catch (FileSystemException)
        {
            // No percentage, then.
        }
    }
}
