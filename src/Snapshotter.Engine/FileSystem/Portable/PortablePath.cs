using System.Buffers;
using System.Text;

namespace Snapshotter.Engine.FileSystem.Portable;

/// <summary>Names in bytes to paths in strings, and the names Windows refuses or would silently change.</summary>
internal static class PortablePath
{
    /// <summary>Bytes in the longest name: of 255 characters, each of three bytes. A shorter bound of a platform is its own to tell.</summary>
    public const int LongestName = LongestOnWindows * 3;

    /// <summary>Characters in the longest name on Windows, which has several errors for a longer one.</summary>
    public const int LongestOnWindows = 255;

    private const string Device = @"\\?\";
    private const string DeviceShare = @"\\?\UNC\";

    private static readonly SearchValues<char> ForbiddenOnWindows =
        SearchValues.Create([.. "<>:\"/\\|?*", .. Enumerable.Range(0, 32).Select(code => (char)code)]);

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The string of a single component; false when it is not one, or not one this platform can hold.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> name, bool windowsRules, out string text)
    {
        text = "";
        if (name.IsEmpty || name.IndexOfAny((byte)'/', (byte)0) >= 0 || name.SequenceEqual("."u8) || name.SequenceEqual(".."u8))
        {
            return false;
        }
        try
        {
            text = Strict.GetString(name);
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
        return !windowsRules || IsAllowedOnWindows(text);
    }

    /// <summary>
    /// False for names that NTFS cannot hold, or that mean a stream (a:b) or a path (a\b). By full paths that begin with \\?\,
    /// as all are here that are not typed, Windows takes neither CON for a device nor a dot or space off an end.
    /// </summary>
    public static bool IsAllowedOnWindows(ReadOnlySpan<char> name) => !name.IsEmpty && !name.ContainsAny(ForbiddenOnWindows);

    /// <summary>The same place by a full path in which no component is a link. The path leads to something.</summary>
    public static string WithoutLinks(string fullPath)
    {
        string folder = Path.GetPathRoot(fullPath)!;
        var rest = new Stack<string>(NamesOf(fullPath));
        while (rest.TryPop(out string? name))
        {
            string path = Path.Join(folder, name);
            if (new DirectoryInfo(path).LinkTarget is not { } target)
            {
                folder = path;
                continue;
            }
            string full = Path.GetFullPath(target, folder);
            folder = Path.GetPathRoot(full)!;
            foreach (string next in NamesOf(full))
            {
                rest.Push(next);
            }
        }
        return folder;
    }

    /// <summary>The components below the root, the last one first.</summary>
    private static IEnumerable<string> NamesOf(string fullPath) => fullPath[Path.GetPathRoot(fullPath)!.Length..]
        .Split([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries).Reverse();

    /// <summary>
    /// A full path as Windows takes it whatever its length and names, without changing any; elsewhere, and where it is one
    /// already, the path itself.
    /// </summary>
    public static string ToNative(string fullPath) => ToNative(fullPath, OperatingSystem.IsWindows());

    /// <inheritdoc cref="ToNative(string)"/>
    public static string ToNative(string fullPath, bool windows)
    {
        if (!windows || fullPath.StartsWith(Device, StringComparison.Ordinal))
        {
            return fullPath;
        }
        return fullPath.StartsWith(@"\\", StringComparison.Ordinal) ? DeviceShare + fullPath[2..] : Device + fullPath;
    }

    /// <summary>A path as its user knows it.</summary>
    public static string Shown(string path) => !OperatingSystem.IsWindows() || !path.StartsWith(Device, StringComparison.Ordinal) ? path
        : path.StartsWith(DeviceShare, StringComparison.Ordinal) ? @"\\" + path[DeviceShare.Length..]
        : path[Device.Length..];

    /// <summary>The full path that a user's path means; refused when that is a device (C:\folder\CON).</summary>
    public static string FullPath(string path)
    {
        string full = Path.GetFullPath(path);
        return full.StartsWith(@"\\.\", StringComparison.Ordinal) && OperatingSystem.IsWindows()
            ? throw new ArgumentException($"'{path}' is a device.", nameof(path))
            : ToNative(full);
    }
}
