namespace Snapshotter.Engine.Volumes;

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
}
