using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Volumes;

/// <summary>
/// Patterns of paths below a volume's root. <c>*</c> and <c>?</c> match within a name, <c>[a-z]</c> and <c>[!a]</c> a
/// character, <c>**</c> any number of names. A pattern without a slash matches a name at any depth; one with a slash is
/// anchored at the volume's root; a trailing slash matches directories only. A directory that matches takes everything
/// below it along.
/// </summary>
public sealed class GlobSet
{
    private readonly GlobPattern[] patterns;

    private GlobSet(GlobPattern[] patterns) => this.patterns = patterns;

    /// <summary>True when there is no pattern, so that nothing matches.</summary>
    public bool IsEmpty => patterns.Length == 0;

    /// <summary>Compiles patterns.</summary>
    /// <param name="patterns">The patterns, with slashes on every platform.</param>
    /// <param name="caseSensitive">Whether names that differ in case only are different, as the file system has it.</param>
    /// <exception cref="BackupException"><see cref="BackupError.ConfigInvalid"/>: a pattern is wrong.</exception>
    public static GlobSet Create(IEnumerable<string> patterns, bool caseSensitive)
    {
        ArgumentNullException.ThrowIfNull(patterns);
        return new GlobSet([.. patterns.Select(pattern => GlobPattern.FindMistake(pattern) is { } problem
            ? throw new BackupException(BackupError.ConfigInvalid, $"A pattern is wrong: {problem}.", pattern)
            : new GlobPattern(pattern, caseSensitive))]);
    }

    /// <summary>
    /// Whether a path matches by itself. A caller that walks leaves out what is below a directory that matches; one
    /// that does not asks <see cref="MatchesTree"/>.
    /// </summary>
    internal bool Matches(ReadOnlySpan<byte> relativePath, bool isDirectory)
    {
        foreach (var pattern in patterns)
        {
            if (pattern.Matches(relativePath, isDirectory))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a path or a directory above it matches.</summary>
    internal bool MatchesTree(ReadOnlySpan<byte> relativePath, bool isDirectory)
    {
        for (int i = 0; i < relativePath.Length; i++)
        {
            if (relativePath[i] == (byte)'/' && Matches(relativePath[..i], true))
            {
                return true;
            }
        }

        return Matches(relativePath, isDirectory);
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
