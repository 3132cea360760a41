namespace Snapshotter.Engine.Archive;

/// <summary>
/// Names of volumes. A path of Windows has many spellings (<c>C:\Data</c>, <c>c:/data/</c>, <c>\\?\C:\Data</c>) and names one
/// volume, on whatever platform the archive is read. All of this is about texts: no disk is asked.
/// </summary>
internal static class TargetName
{
    private const string Device = @"\\?\";
    private const string DeviceShare = @"\\?\UNC\";

    private static readonly char[] Separators = ['/', '\\'];

    /// <summary>True for a path with a drive's root or of a share.</summary>
    public static bool IsOfWindows(ReadOnlySpan<char> target) =>
        (target.Length >= 3 && char.IsAsciiLetter(target[0]) && target[1] == ':' && target[2] is '\\' or '/')
        || (target.StartsWith(@"\\", StringComparison.Ordinal) && target.Length > 2);

    /// <summary>
    /// True for a path that says where something stands: on Windows, one with a drive or a share. What begins with a single
    /// slash would there be at the root of whatever drive is the current one: that is a name, and no place.
    /// </summary>
    public static bool IsPlace(string path, bool windows) => windows ? IsOfWindows(path) : path.StartsWith('/');

    /// <summary>The one spelling of a path of Windows, case aside; other targets are as they are.</summary>
    public static string Canonical(string target)
    {
        if (!IsOfWindows(target))
        {
            return target;
        }

        string path = target.Replace('/', '\\');
        path = path.StartsWith(DeviceShare, StringComparison.OrdinalIgnoreCase) ? @"\\" + path[DeviceShare.Length..]
            : path.StartsWith(Device, StringComparison.Ordinal) && IsOfWindows(path.AsSpan(Device.Length)) ? path[Device.Length..]
            : path;
        string[] names = path.Split(Separators, StringSplitOptions.RemoveEmptyEntries);
        if (path[1] != ':')
        {
            return @"\\" + string.Join('\\', names);
        }

        names[0] = names[0].ToUpperInvariant();
        return names.Length == 1 ? names[0] + '\\' : string.Join('\\', names);
    }

    /// <summary>The same text for all spellings of one volume's name.</summary>
    public static string KeyOf(string target) => IsOfWindows(target) ? FoldedPath(target) : EntryNames.IdOf(target);

    /// <summary>The same of a volume in an archive, whose id is known.</summary>
    public static string KeyOf(ManifestVolume volume) => IsOfWindows(volume.Target) ? FoldedPath(volume.Target) : volume.Id;

    /// <summary>The same text for all spellings of one path of Windows.</summary>
    public static string FoldedPath(string target) => Canonical(target).ToUpperInvariant();
}
