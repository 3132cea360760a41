using System.Management.Automation;

namespace Snapshotter.PowerShell.Arguments;

/// <summary>
/// Paths of the file system as the user of PowerShell means them. PowerShell itself takes a backslash for a separator, a name
/// before a colon for a drive and <c>~</c> for the home folder also on Unix, where all of them may stand in a name, and a
/// name chosen by somebody else would lead elsewhere. So there a name that exists as it is written is meant, and what came as
/// a file, a folder or a row is never looked at twice.
/// </summary>
/// <param name="session">Knows the current location and the drives.</param>
internal sealed class FilePaths(SessionState session)
{
    /// <summary>No path that a user writes begins with it.</summary>
    private const char Found = '\u0001';

    private const string FileSystem = "FileSystem";

    /// <summary>Every name, hidden ones too: one that begins with a dot is a name like any other.</summary>
    private static readonly EnumerationOptions All = new() { AttributesToSkip = 0, IgnoreInaccessible = true };

    private string Here => session.Path.CurrentFileSystemLocation.ProviderPath;

    /// <summary>Marks the path of what was found: it is no pattern, and is resolved no further.</summary>
    public static string Mark(string path) => Found + path;

    /// <summary>True for text with wildcards in it, as a user writes it.</summary>
    public static bool IsPattern(string path) => !IsFound(path) && WildcardPattern.ContainsWildcardCharacters(path);

    /// <summary>A path made absolute; wildcard characters are part of the name.</summary>
    /// <param name="path">As the user wrote it, or marked.</param>
    /// <returns>An absolute path, without a separator at its end; it need not exist.</returns>
    /// <exception cref="UsageException">It is no path of the file system.</exception>
    public string Literal(string path)
    {
        if (path.Contains('\0', StringComparison.Ordinal))
            throw NoFile(path);
        string text = IsFound(path) ? path[1..] : path;
        if (!OperatingSystem.IsWindows() && text.Length > 0 && InFolder(text) is { } name && Path.Exists(name))
            return Trimmed(name);
        string plain = WithoutProvider(text);
        return Trimmed(IsName(plain) && InFolder(plain) is { } full ? full : Asked(plain));
    }

    /// <summary>True where PowerShell would take nothing in it for more than a name.</summary>
    private static bool IsName(string path) => !OperatingSystem.IsWindows() && path.Length > 0
        && (Path.IsPathRooted(path) || path.AsSpan().IndexOfAny('\\', ':', '~') < 0);

    /// <summary>The path from the current location; null when that is no folder.</summary>
    private string? InFolder(string path) => Path.IsPathRooted(path) ? Path.GetFullPath(path)
        : session.Path.CurrentLocation.Provider.Name == FileSystem ? Path.GetFullPath(Path.Combine(Here, path)) : null;

    /// <summary>All paths that a path with wildcards names, or the path itself when it has none.</summary>
    /// <param name="pattern">The path; a name that exists as it stands, brackets and all, is taken literally.</param>
    /// <returns>Absolute paths; none when the wildcards match nothing.</returns>
    public IReadOnlyList<string> Matching(string pattern)
    {
        string asWritten = Literal(pattern);
        if (IsFound(pattern) || Path.Exists(asWritten))
            return [asWritten];

        // Tab completes a name with brackets in it as `[ and `].
        string literal = Literal(WildcardPattern.Unescape(pattern));
        if (!WildcardPattern.ContainsWildcardCharacters(pattern) || Path.Exists(literal))
            return [literal];

        var (start, rest) = Split(WithoutProvider(pattern));
        var found = Expand(start, rest);
        return found.Count > 0 || !rest.Contains('\\', StringComparison.Ordinal) ? found : Expand(start, rest.Replace('\\', '/'));
    }

    private static bool IsFound(string path) => path.Length > 0 && path[0] == Found;

    private static string Trimmed(string path) => Path.TrimEndingDirectorySeparator(path);

    /// <summary>The path in what PowerShell calls a PSPath.</summary>
    private static string WithoutProvider(string path)
    {
        int end = path.IndexOf("::", StringComparison.Ordinal);
        return end >= 0 && path[..end].Split('\\')[^1].Equals(FileSystem, StringComparison.OrdinalIgnoreCase) ? path[(end + 2)..] : path;
    }

    /// <summary>Where a pattern begins, and what is to be matched below.</summary>
    private (string Start, string Pattern) Split(string pattern)
    {
        if (Path.GetPathRoot(pattern) is { Length: > 0 } root)
            return (Path.GetFullPath(root), pattern[root.Length..]);
        int colon = pattern.IndexOf(':', StringComparison.Ordinal);
        if (colon > 0 && session.Drive.GetAll().Any(drive => drive.Name.Equals(pattern[..colon], StringComparison.OrdinalIgnoreCase)))
            return (Asked(pattern[..(colon + 1)] + Path.DirectorySeparatorChar), pattern[(colon + 1)..]);
        return pattern.StartsWith("~/", StringComparison.Ordinal) ? (Asked("~"), pattern[2..]) : (Here, pattern);
    }

    private static List<string> Expand(string start, string rest)
    {
        var found = new List<string> { start };
        char[] separators = [Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar];
        foreach (string segment in rest.Split(separators, StringSplitOptions.RemoveEmptyEntries))
            found = [.. found.SelectMany(folder => Below(folder, segment))];
        return [.. found.Where(Path.Exists).Select(Trimmed)];
    }

    private static IEnumerable<string> Below(string folder, string segment)
    {
        if (!WildcardPattern.ContainsWildcardCharacters(segment))
            return [Path.GetFullPath(Path.Combine(folder, WildcardPattern.Unescape(segment)))];
        if (!Directory.Exists(folder))
            return [];
        var pattern = WildcardPattern.Get(segment, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant);
        return Directory.EnumerateFileSystemEntries(folder, "*", All)
            .Where(path => pattern.IsMatch(Path.GetFileName(path)))
            .Order(StringComparer.Ordinal);
    }

    /// <summary>What PowerShell makes of it.</summary>
    private string Asked(string path)
    {
        string full = session.Path.GetUnresolvedProviderPathFromPSPath(path, out ProviderInfo provider, out _);
        return provider.Name == FileSystem ? full : throw NoFile(path);
    }

    private static UsageException NoFile(string path)
        => new(nameof(Messages.PathNotFileSystem), Messages.Format(nameof(Messages.PathNotFileSystem), path), path);
}
