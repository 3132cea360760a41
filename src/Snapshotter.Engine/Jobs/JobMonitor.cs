using System.Diagnostics;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Jobs;

/// <summary>
/// Between a job and its reporter: counts, throttles progress, collects the notices of the volume at work, and asks
/// whether to go on. Used on the caller's thread only.
/// </summary>
internal sealed class JobMonitor(IReporter reporter, string activity, CancellationToken cancellation)
{
    private const int MaxKept = 100;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly Stopwatch clock = Stopwatch.StartNew();
    private TimeSpan nextReport = TimeSpan.FromMilliseconds(500);
    private string volume = "";
    private long doneBytes;
    private long doneEntries;
    private IList<Notice> notices = [];

    public IReporter Reporter { get; } = reporter;

    /// <summary>Bytes in all, or -1 while not known.</summary>
    public long TotalBytes { get; set; } = -1;

    /// <summary>Asked for the total when progress is reported.</summary>
    public Func<long>? TotalSource { get; set; }

    /// <summary>Notices about the volume at work so far.</summary>
    public long NoticeCount { get; private set; }

    /// <summary>False when something of the volume at work was lost; a socket that was left out is not a loss.</summary>
    public bool Complete { get; private set; } = true;

    public TimeSpan Elapsed => clock.Elapsed;

    /// <summary>The following is about another volume; its notices go into the list.</summary>
    public void Enter(string name, IList<Notice> list)
    {
        volume = name;
        notices = list;
        NoticeCount = 0;
        Complete = true;
    }

    /// <summary>Work has moved on. Also where cancellation is noticed.</summary>
    public void Advance(long bytes, long entries)
    {
        doneBytes += bytes;
        doneEntries += entries;
        cancellation.ThrowIfCancellationRequested();
        if (clock.Elapsed >= nextReport)
        {
            nextReport = clock.Elapsed + Interval;
            long total = TotalSource?.Invoke() ?? TotalBytes;
            Reporter.Progress(new JobProgress(activity, volume, doneBytes, total, doneEntries, clock.Elapsed));
        }
    }

    /// <summary>Something the user should know; the volume is complete all the same.</summary>
    public void Warn(Notice notice)
    {
        Keep(notice);
        Reporter.Warn(notice);
    }

    /// <summary>Something of the volume is lost. Stops the job when the reporter says so.</summary>
    public void Problem(Notice notice)
    {
        Keep(notice);
        Complete = false;
        if (!Reporter.GoOn(notice))
        {
            throw new BackupException(notice.Kind, notice.Message, notice.Path);
        }
    }

    private void Keep(Notice notice)
    {
        NoticeCount++;
        if (notices.Count < MaxKept)
        {
            notices.Add(notice);
        }
    }
}
