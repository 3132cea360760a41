using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Patterns;

/// <summary>
/// Patterns of paths below a volume's root. <c>*</c> and <c>?</c> match within a name, <c>[a-z]</c> and <c>[!a]</c> a
/// character, <c>**</c> any number of names. A pattern without a slash matches a name at any depth; one with a slash is
/// anchored at the volume's root; a trailing slash matches directories only. A directory that matches takes everything
/// below it along.
/// </summary>
public sealed class GlobSet
{
    private readonly string[] texts;
    private readonly GlobPattern[] patterns;

    /// <summary>1 for each pattern that has matched something. Written by any thread that matches.</summary>
    private readonly int[] hits;
    private int unused;

    private GlobSet(string[] texts, GlobPattern[] patterns)
    {
        this.texts = texts;
        this.patterns = patterns;
        hits = new int[patterns.Length];
        unused = patterns.Length;
    }

    /// <summary>True when there is no pattern, so that nothing matches.</summary>
    public bool IsEmpty => patterns.Length == 0;

    /// <summary>Compiles patterns.</summary>
    /// <param name="patterns">The patterns, with slashes on every platform; on Windows, with backslashes as well.</param>
    /// <param name="caseSensitive">Whether names that differ in case only are different, as the file system has it.</param>
    /// <exception cref="BackupException"><see cref="BackupError.ConfigInvalid"/>: a pattern is wrong.</exception>
    public static GlobSet Create(IEnumerable<string> patterns, bool caseSensitive)
    {
        ArgumentNullException.ThrowIfNull(patterns);
        string[] texts = [.. patterns];
        return new GlobSet(texts, [.. texts
            .Select(pattern => GlobPattern.WithSlashes(pattern, OperatingSystem.IsWindows()))
            .Select(pattern => GlobPattern.FindMistake(pattern) is { } problem
                ? throw new BackupException(BackupError.ConfigInvalid, $"A pattern is wrong: {problem}.", pattern)
                : new GlobPattern(pattern, caseSensitive))]);
    }

    /// <summary>The patterns that have matched nothing so far.</summary>
    internal IEnumerable<string> Unmatched => texts.Where((_, i) => Volatile.Read(ref hits[i]) == 0);

    /// <summary>
    /// Whether a path matches by itself. A caller that walks leaves out what is below a directory that matches; one
    /// that does not asks <see cref="MatchesTree"/>.
    /// </summary>
    internal bool Matches(ReadOnlySpan<byte> relativePath, bool isDirectory)
    {
        bool isMatch = false;
        for (int i = 0; i < patterns.Length; i++)
        {
            // What matches already is tried further with those alone that have matched nothing yet.
            if ((isMatch && Volatile.Read(ref hits[i]) != 0) || !patterns[i].Matches(relativePath, isDirectory))
            {
                continue;
            }

            isMatch = true;
            if (Volatile.Read(ref hits[i]) == 0 && Interlocked.Exchange(ref hits[i], 1) == 0)
            {
                Interlocked.Decrement(ref unused);
            }

            if (Volatile.Read(ref unused) == 0)
            {
                return true;
            }
        }

        return isMatch;
    }

    /// <summary>Whether a path or a directory above it matches.</summary>
    internal bool MatchesTree(ReadOnlySpan<byte> relativePath, bool isDirectory)
    {
        bool isMatch = false;
        for (int i = 0; i < relativePath.Length; i++)
        {
            isMatch |= relativePath[i] == (byte)'/' && Matches(relativePath[..i], true);
            if (isMatch && Volatile.Read(ref unused) == 0)
            {
                return true;
            }
        }

        return Matches(relativePath, isDirectory) || isMatch;
    }

    /// <summary>Whether a path below a directory (empty for the root) could match by itself: false spares the walk into it.</summary>
    internal bool MayMatchBelow(ReadOnlySpan<byte> relativeDirectory)
    {
        foreach (var pattern in patterns)
        {
            if (pattern.MayMatchBelow(relativeDirectory))
            {
                return true;
            }
        }

        return false;
    }
}
