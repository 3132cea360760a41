using System.Globalization;
using System.Text.RegularExpressions;

namespace Snapshotter.PowerShell.Image;

/// <summary>Tells places that outlive a container from those in its own layer, which is thrown away with it.</summary>
public static partial class MountedPlace
{
    private const int MaxLinks = 40;

    /// <summary>Every container has these for itself.</summary>
    private static readonly string[] OwnOfContainer = ["/", "/proc", "/sys", "/dev"];

    [GeneratedRegex(@"\\([0-7]{3})")]
    private static partial Regex Escape { get; }

    /// <summary>Whether a path is a mount of this process or lies below one. It need not exist.</summary>
    /// <param name="path">An absolute path; links in it are followed.</param>
    /// <returns>False also for what is below the mounts that every container has: /, /proc, /sys and /dev.</returns>
    public static bool Holds(string path) => Holds(path, File.ReadLines("/proc/self/mountinfo"));

    /// <summary>The same for mounts that are given.</summary>
    /// <param name="path">An absolute path; links in it are followed.</param>
    /// <param name="mountInfo">Lines as proc_pid_mountinfo(5) describes them.</param>
    public static bool Holds(string path, IEnumerable<string> mountInfo)
    {
        string place = Resolve(path, MaxLinks);
        return mountInfo.Select(MountPoint).Any(mount => !OwnOfContainer.Contains(mount) && IsAtOrBelow(place, mount)
            && !OwnOfContainer.Skip(1).Any(own => IsAtOrBelow(mount, own)));
    }

    /// <summary>The fifth field, in which blanks, tabs, line ends and backslashes are written as octal numbers.</summary>
    private static string MountPoint(string line)
        => Escape.Replace(line.Split(' ')[4], match => ((char)Convert.ToInt32(match.Groups[1].Value, 8)).ToString(CultureInfo.InvariantCulture));

    private static bool IsAtOrBelow(string path, string directory)
        => path == directory || path.StartsWith(directory + "/", StringComparison.Ordinal);

    /// <summary>Follows the links of every directory: the mounts are listed by the paths behind them.</summary>
    private static string Resolve(string path, int linksLeft)
    {
        string resolved = "";
        string[] names = Path.GetFullPath(path).Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (int i = 0; i < names.Length; i++)
        {
            string next = $"{resolved}/{names[i]}";
            if (linksLeft > 0 && new FileInfo(next).LinkTarget is { } target)
                return Resolve(Path.Join([Path.Combine(resolved + "/", target), .. names[(i + 1)..]]), linksLeft - 1);
            resolved = next;
        }

        return resolved.Length == 0 ? "/" : resolved;
    }
}
