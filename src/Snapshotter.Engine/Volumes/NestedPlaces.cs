using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Volumes;

/// <summary>
/// Where in a volume something lies that is no part of it: the archive, another volume, a mount point. Spelling does not
/// decide: the same place may be reached through links, other mounts, doubled slashes or, on Windows, another case.
/// Each path is looked up once, as that reads the table of mounts.
/// </summary>
internal sealed class NestedPlaces(IFileSystem fileSystem)
{
    private static readonly char[] Separators = OperatingSystem.IsWindows() ? ['/', '\\'] : ['/'];

    private readonly Dictionary<string, string?> places = [];

    /// <summary>Whether names that differ in case only are different names.</summary>
    public bool IsCaseSensitive => fileSystem.Traits.IsCaseSensitive;

    /// <summary>The names from the volume's root down to the path; null when it is not below the root.</summary>
    /// <exception cref="FileSystemException">One of them cannot be looked at.</exception>
    public string[]? Find(string root, string path) =>
        Below(Path.GetFullPath(root), Path.GetFullPath(path))
        ?? (PlaceOf(root) is { } rootPlace && PlaceOf(path) is { } place ? Below(rootPlace, place) : null);

    private string? PlaceOf(string path)
    {
        if (!places.TryGetValue(path, out string? place))
        {
            places[path] = place = fileSystem.PlaceOf(path);
        }

        return place;
    }

    private string[]? Below(string root, string path)
    {
        var comparer = IsCaseSensitive ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase;
        string[] above = root.Split(Separators, StringSplitOptions.RemoveEmptyEntries);
        string[] names = path.Split(Separators, StringSplitOptions.RemoveEmptyEntries);
        return names.Length > above.Length && names.Take(above.Length).SequenceEqual(above, comparer) ? names[above.Length..] : null;
    }
}
