using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Patterns;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Config;

/// <summary>
/// Patterns that look right and match nothing: a volume's own path where a path below its root is meant. A pattern of what is
/// excluded that excludes nothing would save, or write over, what it was to keep out of it.
/// </summary>
internal static class PatternMistakes
{
    /// <summary>Before a backup: patterns that cannot match anything in volumes as they are.</summary>
    /// <param name="fileSystem">Where the volumes are.</param>
    /// <param name="patterns">The patterns, well-formed each.</param>
    /// <param name="volumes">The volumes.</param>
    /// <exception cref="BackupException">ConfigInvalid.</exception>
    public static void Refuse(IFileSystem fileSystem, IEnumerable<string> patterns, IEnumerable<VolumeSpec> volumes)
    {
        List<string> roots = [.. volumes.SelectMany(v => new[] { v.Path, v.Target }).Distinct()];
        foreach (string pattern in patterns)
        {
            if (FindOwnPath(fileSystem, pattern, roots) is { } own && !roots.Exists(root => Exists(fileSystem, root, own)))
            {
                throw OwnPath(PlacedPatterns.PositionOf(patterns, pattern), pattern, own);
            }
        }
    }

    /// <summary>A pattern that was found to match nothing in volumes: refuses it when the reason is plain.</summary>
    /// <exception cref="BackupException">ConfigInvalid.</exception>
    public static void RefuseUnmatched(IFileSystem fileSystem, string pattern, IEnumerable<string> roots)
    {
        if (FindOwnPath(fileSystem, pattern, roots) is { } own)
        {
            throw OwnPath(null, pattern, own);
        }
    }

    private static string? FindOwnPath(IFileSystem fileSystem, string written, IEnumerable<string> roots)
    {
        var comparison = fileSystem.Traits.IsCaseSensitive ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;
        string pattern = GlobPattern.WithSlashes(written, fileSystem.Traits.HasReservedNames);
        foreach (string root in roots)
        {
            string path = root.Replace('\\', '/').TrimEnd('/');
            if (path.Length > 0 && pattern.StartsWith(path, comparison) && (pattern.Length == path.Length || pattern[path.Length] == '/'))
            {
                return path;
            }
        }

        return null;
    }

    /// <summary>A volume may well have its own path in it once more.</summary>
    private static bool Exists(IFileSystem fileSystem, string root, string path)
    {
        try
        {
            return fileSystem.TryGetStatus(root + "/" + path.TrimStart('/'), out _);
        }
        catch (FileSystemException)
        {
            return false;
        }
    }

    private static BackupException OwnPath(ConfigPosition? position, string pattern, string path)
    {
        string below = pattern[path.Length..].Trim('/');
        return ConfigPosition.Error(
            position,
            BackupError.ConfigInvalid,
            $"the pattern '{pattern}' begins with the path of the volume '{path}', but patterns are paths below a volume's root; "
            + (below.Length == 0 ? "to leave the volume out, do not name it." : $"write '/{below}'."), pattern);
    }
}
