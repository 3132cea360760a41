using System.Buffers;
using System.Text;

namespace Snapshotter.Engine.Patterns;

/// <summary>
/// One pattern of a <see cref="GlobSet"/>, compiled to the names it is made of. Matching goes back at most to the last
/// star, among names as within a name, so its time is bounded by the product of the lengths.
/// </summary>
internal sealed class GlobPattern
{
    /// <summary>Longest pattern accepted, in characters.</summary>
    private const int MaxLength = 4096;

    /// <summary>Null stands for any number of names (<c>**</c>).</summary>
    private readonly GlobName?[] names;
    private readonly bool directoriesOnly;

    public GlobPattern(string pattern, bool caseSensitive)
    {
        directoriesOnly = pattern.EndsWith('/');
        string body = pattern.TrimEnd('/');
        bool anchored = body.Contains('/', StringComparison.Ordinal);
        var parts = body.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var compiled = new List<GlobName?>();
        if (!anchored)
        {
            compiled.Add(null);
        }

        foreach (string part in parts)
        {
            if (part != "**")
            {
                compiled.Add(new GlobName(part, caseSensitive));
            }
            else if (compiled.Count == 0 || compiled[^1] is not null)
            {
                compiled.Add(null);
            }
        }

        // What stands below a directory has at least one name: cache/** is not cache itself.
        if (compiled[^1] is null)
        {
            compiled.Add(new GlobName("*", caseSensitive));
        }

        names = [.. compiled];
    }

    /// <summary>A pattern with slashes between its names: on Windows backslashes separate too, but for those in a set of characters.</summary>
    public static string WithSlashes(string pattern, bool windows)
    {
        if (!windows || pattern is null || !pattern.Contains('\\', StringComparison.Ordinal))
        {
            return pattern!;
        }

        char[] text = pattern.ToCharArray();
        bool isSet = false;
        for (int i = 0; i < text.Length; i++)
        {
            isSet = text[i] switch
            {
                '[' => pattern.IndexOf(']', i) > 0,
                ']' => false,
                _ => isSet,
            };
            if (text[i] == '\\' && !isSet)
            {
                text[i] = '/';
            }
        }

        return new string(text);
    }

    /// <summary>What is wrong with a pattern, as a sentence that says what to do; null when nothing is.</summary>
    public static string? FindMistake(string? pattern)
    {
        if (string.IsNullOrEmpty(pattern) || pattern == "/")
        {
            return "the pattern is empty; remove it";
        }

        if (pattern.Length > MaxLength)
        {
            return $"the pattern is longer than {MaxLength} characters";
        }

        if (pattern.Contains('\0', StringComparison.Ordinal) || !IsUnicode(pattern))
        {
            return "the pattern has a zero or half a character in it; remove it";
        }

        if (pattern[0] == '!')
        {
            return $"the pattern '{pattern}' begins with '!', but there are no exceptions from patterns; remove it, or write '?' for the sign itself";
        }

        // One slash at either end has a meaning, elsewhere names stand between them.
        string body = pattern[(pattern[0] == '/' ? 1 : 0)..];
        body = body.EndsWith('/') ? body[..^1] : body;
        foreach (string name in body.Split('/'))
        {
            string? problem = name switch
            {
                "" => "has an empty name in it; write single slashes",
                "." or ".." => $"has '{name}' in it, which matches nothing; write the path below the volume's root",
                _ => GlobName.FindMistake(name),
            };
            if (problem is not null)
            {
                return $"the pattern '{pattern}' {problem}";
            }
        }

        return null;
    }

    public bool Matches(ReadOnlySpan<byte> path, bool isDirectory)
    {
        if (directoriesOnly && !isDirectory)
        {
            return false;
        }

        int next = 0;
        int afterStar = -1;
        var restAtStar = path;
        var rest = path;
        while (!rest.IsEmpty)
        {
            if (next < names.Length && names[next] is null)
            {
                afterStar = ++next;
                restAtStar = rest;
                continue;
            }

            var name = FirstName(rest, out var following);
            if (next < names.Length && names[next]!.Matches(name))
            {
                next++;
                rest = following;
            }
            else if (afterStar >= 0)
            {
                next = afterStar;
                FirstName(restAtStar, out restAtStar);
                rest = restAtStar;
            }
            else
            {
                return false;
            }
        }

        return next == names.Length;
    }

    /// <summary>Whether any path below the directory could match.</summary>
    public bool MayMatchBelow(ReadOnlySpan<byte> directory)
    {
        int next = 0;
        for (var rest = directory; !rest.IsEmpty; next++)
        {
            if (next == names.Length)
            {
                return false;
            }

            if (names[next] is null)
            {
                return true;
            }

            if (!names[next]!.Matches(FirstName(rest, out rest)))
            {
                return false;
            }
        }

        return next < names.Length;
    }

    private static ReadOnlySpan<byte> FirstName(ReadOnlySpan<byte> path, out ReadOnlySpan<byte> rest)
    {
        int slash = path.IndexOf((byte)'/');
        rest = slash < 0 ? default : path[(slash + 1)..];
        return slash < 0 ? path : path[..slash];
    }

    private static bool IsUnicode(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(text, out _, out int length) != OperationStatus.Done)
            {
                return false;
            }

            text = text[length..];
        }

        return true;
    }
}
