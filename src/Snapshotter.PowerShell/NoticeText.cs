using Snapshotter.Engine.Reporting;
using Snapshotter.PowerShell.Output;

namespace Snapshotter.PowerShell;

/// <summary>A notice in words.</summary>
internal static class NoticeText
{
    /// <summary>What happened, and what to do.</summary>
    public static string WithRemedy(Notice notice) => Remedies.Join(notice.ToString(), Remedies.TextOf(notice.Remedy, notice.Path));
}
