using Snapshotter.Engine.Reporting;

namespace Snapshotter.PowerShell;

/// <summary>A notice in words.</summary>
internal static class NoticeText
{
    /// <summary>The sentence, after the path when it does not name it itself.</summary>
    public static string Of(Notice notice)
        => notice.Path.Length == 0 || notice.Message.Contains(notice.Path, StringComparison.Ordinal)
            ? notice.Message
            : $"{notice.Path}: {notice.Message}";
}
