using Snapshotter.Engine.Reporting;
using Snapshotter.PowerShell.Output;

namespace Snapshotter.PowerShell;

/// <summary>A notice in words.</summary>
internal static class NoticeText
{
    /// <summary>The sentence, after the path when it does not name it itself.</summary>
    public static string Of(Notice notice)
        => notice.Path.Length == 0 || notice.Message.Contains(notice.Path, StringComparison.Ordinal)
            ? notice.Message
            : $"{notice.Path}: {notice.Message}";

    /// <summary>The same, and what to do.</summary>
    public static string WithRemedy(Notice notice) => Remedies.Join(Of(notice), Remedies.TextOf(notice.Remedy, notice.Path));
}
