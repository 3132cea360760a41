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

    private static readonly SearchValues<char> ForbiddenOnWindows =
        SearchValues.Create([.. "<>:\"/\\|?*", .. Enumerable.Range(0, 32).Select(code => (char)code)]);

    private static readonly string[] Devices = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];

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
    /// False for names that mean a device (CON, nul.txt, COM1...), a stream (a:b), a path (a\b), or that Windows would
    /// shorten (a trailing dot or space).
    /// </summary>
    public static bool IsAllowedOnWindows(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty || name[^1] is '.' or ' ' || name.ContainsAny(ForbiddenOnWindows))
        {
            return false;
        }
        var dot = name.IndexOf('.');
        var stem = (dot < 0 ? name : name[..dot]).TrimEnd(' ');
        foreach (var device in Devices)
        {
            if (stem.Equals(device, StringComparison.OrdinalIgnoreCase))
            {
                return false;
            }
        }
        return !(stem.Length == 4
            && (stem.StartsWith("COM", StringComparison.OrdinalIgnoreCase) || stem.StartsWith("LPT", StringComparison.OrdinalIgnoreCase))
            && stem[3] is (>= '0' and <= '9') or '\u00B9' or '\u00B2' or '\u00B3');
    }

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

    /// <summary>A full path as the calls of Windows take it whatever its length; elsewhere the path itself.</summary>
    public static string ToNative(string fullPath)
    {
        if (!OperatingSystem.IsWindows() || fullPath.StartsWith(@"\\?\", StringComparison.Ordinal))
        {
            return fullPath;
        }
        return fullPath.StartsWith(@"\\", StringComparison.Ordinal) ? @"\\?\UNC\" + fullPath[2..] : @"\\?\" + fullPath;
    }
}
