using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Volumes;

/// <summary>
/// Where in a volume something lies that is no part of it: the archive, another volume, a mount point. Spelling does not
/// decide: the same place may be reached through links, other mounts, doubled slashes or, on Windows, another case.
/// </summary>
internal static class NestedPlace
{
    private static readonly char[] Separators = OperatingSystem.IsWindows() ? ['/', '\\'] : ['/'];

    /// <summary>The names from the volume's root down to the path; null when it is not below the root.</summary>
    /// <exception cref="FileSystemException">One of them cannot be looked at.</exception>
    public static string[]? Find(IFileSystem fileSystem, string root, string path)
    {
        var comparer = fileSystem.Traits.IsCaseSensitive ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase;
        return Below(Path.GetFullPath(root), Path.GetFullPath(path), comparer)
            ?? (fileSystem.PlaceOf(root) is { } rootPlace && fileSystem.PlaceOf(path) is { } place ? Below(rootPlace, place, comparer) : null);
    }

    private static string[]? Below(string root, string path, StringComparer comparer)
    {
        string[] above = root.Split(Separators, StringSplitOptions.RemoveEmptyEntries);
        string[] names = path.Split(Separators, StringSplitOptions.RemoveEmptyEntries);
        return names.Length > above.Length && names.Take(above.Length).SequenceEqual(above, comparer) ? names[above.Length..] : null;
    }
}
