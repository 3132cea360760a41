using System.Management.Automation;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.PowerShell.Output;

/// <summary>Turns where a job is into what PowerShell shows: percentage, bytes, rate and the time that remains.</summary>
internal static class ProgressRecords
{
    public static ProgressRecord From(int activityId, in JobProgress progress)
    {
        double seconds = progress.Elapsed.TotalSeconds;
        double rate = seconds > 0 ? progress.DoneBytes / seconds : 0;
        bool known = progress.TotalBytes > 0;
        string done = known
            ? Messages.Format(nameof(Messages.DoneOf), DisplayText.Size(progress.DoneBytes), DisplayText.Size(progress.TotalBytes))
            : DisplayText.Size(progress.DoneBytes);
        return new ProgressRecord(activityId, progress.Activity, Messages.Format(
            nameof(Messages.ProgressStatus), done, DisplayText.Size((long)rate), progress.DoneEntries))
        {
            CurrentOperation = progress.Volume.Length > 0 ? Shown.Name(progress.Volume) : null,
            PercentComplete = known ? (int)Math.Clamp(100 * progress.DoneBytes / (double)progress.TotalBytes, 0, 100) : -1,
            SecondsRemaining = known && rate > 0
                ? (int)Math.Min(Math.Max(0, progress.TotalBytes - progress.DoneBytes) / rate, int.MaxValue)
                : -1,
        };
    }
}
