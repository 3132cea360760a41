using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Jobs;

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

    /// <summary>
    /// All the names, from the volume's root down, by which the path is reached: where it really is, and as it is written. A
    /// link on the written way ends that: the link itself is what is reached then.
    /// </summary>
    /// <exception cref="FileSystemException">One of them cannot be looked at.</exception>
    public IEnumerable<string[]> FindAll(string root, string path)
    {
        string[]? real = PlaceOf(root) is { } rootPlace && PlaceOf(path) is { } place ? Below(rootPlace, place) : null;
        if (real is not null)
        {
            yield return real;
        }

        if (Below(Path.GetFullPath(root), Path.GetFullPath(path)) is { } written && (real is null || !written.SequenceEqual(real)))
        {
            yield return UpToLink(Path.GetFullPath(root), written);
        }
    }

    /// <summary>The names from one absolute path down to another by their words alone; null when it is not below.</summary>
    public string[]? Below(string root, string path)
    {
        var comparer = IsCaseSensitive ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase;
        string[] above = root.Split(Separators, StringSplitOptions.RemoveEmptyEntries);
        string[] names = path.Split(Separators, StringSplitOptions.RemoveEmptyEntries);
        return names.Length > above.Length && names.Take(above.Length).SequenceEqual(above, comparer) ? names[above.Length..] : null;
    }

    /// <summary>Whether two absolute paths are one place, by their words or by where they lead.</summary>
    /// <exception cref="FileSystemException">One of them cannot be looked at.</exception>
    public bool IsSame(string one, string other)
    {
        var comparison = IsCaseSensitive ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;
        return string.Equals(one, other, comparison) || (PlaceOf(one) is { } place && string.Equals(place, PlaceOf(other), comparison));
    }

    private string[] UpToLink(string root, string[] names)
    {
        if (!fileSystem.TryGetStatus(root, out var status) || status.Kind != FileKind.Directory)
        {
            return names;
        }

        var directory = fileSystem.OpenDirectory(root);
        for (int i = 0; directory is not null && i < names.Length; i++)
        {
            using var current = directory;
            byte[] name = System.Text.Encoding.UTF8.GetBytes(names[i]);
            bool exists = current.TryGetStatus(name, out status);
            if (exists && status.Kind == FileKind.SymbolicLink)
            {
                return names[..(i + 1)];
            }

            directory = exists && status.Kind == FileKind.Directory && i + 1 < names.Length ? current.OpenDirectory(name) : null;
        }

        directory?.Dispose();
        return names;
    }

    private string? PlaceOf(string path)
    {
        if (!places.TryGetValue(path, out string? place))
        {
            places[path] = place = fileSystem.PlaceOf(path);
        }

        return place;
    }
}
