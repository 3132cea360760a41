using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Volumes.Saving;

/// <summary>
/// Adds up the sizes of all files beside a running backup, so that progress has a percentage. Begins late, as short jobs
/// need none, and gives up silently.
/// </summary>
internal sealed class SizeEstimate : IDisposable
{
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource stop;
    private readonly Thread thread;
    private long total = -1;

    public SizeEstimate(VolumeSources sources, CancellationToken cancellation)
    {
        stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        thread = new Thread(() => Run(sources)) { IsBackground = true, Name = "Snapshotter estimate", Priority = ThreadPriority.BelowNormal };
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

    private void Run(VolumeSources sources)
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
                if (volume.IsDirectory)
                {
                    using var root = sources.FileSystem.OpenDirectory(volume.Spec.Path);
                    sum += SizeBelow(root, 0);
                }
                else if (sources.FileSystem.TryGetStatus(volume.Spec.Path, out var status))
                {
                    sum += status.Size;
                }
            }

            Interlocked.Exchange(ref total, sum);
        }
        catch (Exception e) when (e is FileSystemException or OperationCanceledException)
        {
            // No percentage, then.
        }
    }

    private long SizeBelow(IDirectory directory, int depth)
    {
        const int deepest = 100;
        long sum = 0;
        var listing = directory.List();
        for (int i = 0; i < listing.Count; i++)
        {
            stop.Token.ThrowIfCancellationRequested();
            var name = listing.NameOf(i).Span;
            if (listing.KindOf(i) == FileKind.Directory && depth < deepest)
            {
                using var child = directory.OpenDirectory(name);
                sum += SizeBelow(child, depth + 1);
            }
            else if (listing.KindOf(i) == FileKind.Regular && directory.TryGetStatus(name, out var status))
            {
                sum += status.Size;
            }
        }

        return sum;
    }
}
