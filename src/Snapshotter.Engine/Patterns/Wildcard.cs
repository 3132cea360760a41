using Snapshotter.Engine.Archive;

namespace Snapshotter.Engine.Patterns;

/// <summary>Patterns of whole texts such as targets and prefixes: <c>*</c> is any text, slashes included, <c>?</c> any one character.</summary>
internal static class Wildcard
{
    public static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        int next = 0;
        int afterStar = -1;
        int position = 0;
        int positionAtStar = 0;
        while (position < text.Length)
        {
            if (next < pattern.Length && pattern[next] == '*')
            {
                afterStar = ++next;
                positionAtStar = position;
            }
            else if (next < pattern.Length && (pattern[next] == '?' || pattern[next] == text[position]))
            {
                next++;
                position++;
            }
            else if (afterStar >= 0)
            {
                next = afterStar;
                position = ++positionAtStar;
            }
            else
            {
                return false;
            }
        }

        return pattern[next..].TrimStart('*').IsEmpty;
    }

    /// <summary>Whether a pattern matches the target of a volume; if that is a path of Windows, in any spelling of either.</summary>
    public static bool MatchesTarget(string pattern, string target) => Matches(pattern, target)
        || (TargetName.IsOfWindows(target) && Matches(FoldedPattern(pattern), TargetName.FoldedPath(target)));

    /// <summary>A pattern need not begin as a path does.</summary>
    private static string FoldedPattern(string pattern) =>
        TargetName.IsOfWindows(pattern) ? TargetName.FoldedPath(pattern) : pattern.Replace('/', '\\').ToUpperInvariant();
}
