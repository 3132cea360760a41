using System.Diagnostics;

namespace Snapshotter.Engine.FileSystem;

/// <summary>
/// How long is waited for other programs to let go of a file. Scanners and indexers of Windows open each new file for
/// milliseconds; a program that works with a file keeps it for hours. So it is tried again with growing pauses; and where
/// somebody was waited for in vain a moment ago, the next is not waited for as long.
/// </summary>
/// <param name="longest">For what must be changed.</param>
/// <param name="short">Where it is not certain that somebody else is the reason, or the file is only to be read.</param>
internal sealed class Patience(TimeSpan longest, TimeSpan @short)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan AfterWaitInVain = TimeSpan.FromMilliseconds(200);

    [ThreadStatic]
    private static bool isOff;

    private long lastInVain = long.MinValue;

    public static Patience Usual { get; } = new(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(1));

    /// <summary>Does something on this thread that waits for nobody: it fails at once where others have a file open.</summary>
    public static void Without(Action action)
    {
        isOff = true;
        try
        {
            action();
        }
        finally
        {
            isOff = false;
        }
    }

    /// <summary>For what must be changed.</summary>
    public TimeSpan Longest => longest;

    /// <summary>Where it is not certain that somebody else is the reason, or the file is only to be read.</summary>
    public TimeSpan Short => @short;

    /// <summary>Does something, again and again while that fails for a reason that may pass.</summary>
    /// <param name="action">What to do.</param>
    /// <param name="waitFor">How long such a failure is waited for; zero for not at all.</param>
    public T Insist<T>(Func<T> action, Func<FileSystemException, TimeSpan> waitFor)
    {
        long begin = Stopwatch.GetTimestamp();
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                return action();
            }
            catch (FileSystemException e) when (!isOff && waitFor(e) is var limit && limit > TimeSpan.Zero)
            {
                if (Stopwatch.GetElapsedTime(begin) + pause > Bounded(limit, begin))
                {
                    Volatile.Write(ref lastInVain, Stopwatch.GetTimestamp());
                    throw;
                }
            }

            Thread.Sleep(pause);
        }
    }

    private TimeSpan Bounded(TimeSpan limit, long begin)
    {
        long last = Volatile.Read(ref lastInVain);
        bool isRecent = last != long.MinValue && Stopwatch.GetElapsedTime(last, begin) < longest;
        return isRecent && AfterWaitInVain < limit ? AfterWaitInVain : limit;
    }
}
