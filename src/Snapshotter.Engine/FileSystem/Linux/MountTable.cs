using System.Text;

namespace Snapshotter.Engine.FileSystem.Linux;

/// <summary>The mount points of this process's view, from /proc/self/mountinfo.</summary>
internal static class MountTable
{
    private const int DeviceField = 2;
    private const int RootField = 3;
    private const int MountPointField = 4;

    /// <summary>Those strictly below the real path, told as paths below the asked one (which may lead there through links).</summary>
    public static List<string> Below(string asked, string real)
    {
        real = real.TrimEnd('/') + "/";
        asked = asked.TrimEnd('/') + "/";
        var found = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var mount in Read())
        {
            if (mount.Point.Length > real.Length && mount.Point.StartsWith(real, StringComparison.Ordinal))
            {
                found.Add(asked + mount.Point[real.Length..]);
            }
        }
        return [.. found];
    }

    /// <summary>The file system that holds the real path, and the path within it: the same through whatever mount.</summary>
    public static string PlaceOf(string real)
    {
        Mount? nearest = null;
        foreach (var mount in Read())
        {
            // Of two mounts on one point the later one counts.
            if (mount.Holds(real) && mount.Point.Length >= (nearest?.Point.Length ?? 0))
            {
                nearest = mount;
            }
        }
        return nearest is null ? real : $"{nearest.Device}{nearest.Root.TrimEnd('/')}/{real[nearest.Point.TrimEnd('/').Length..].TrimStart('/')}";
    }

    private static IEnumerable<Mount> Read()
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines("/proc/self/mountinfo");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
        return lines
            .Select(line => line.Split(' ', MountPointField + 2))
            .Where(fields => fields.Length > MountPointField)
            .Select(fields => new Mount(fields[DeviceField], Unescape(fields[RootField]), Unescape(fields[MountPointField])));
    }

    /// <summary>Space, tab, newline and backslash stand as a backslash and three octal digits.</summary>
    internal static string Unescape(string field)
    {
        if (!field.Contains('\\', StringComparison.Ordinal))
        {
            return field;
        }
        var text = new StringBuilder(field.Length);
        for (var i = 0; i < field.Length; i++)
        {
            if (field[i] == '\\' && i + 3 < field.Length
                && field[i + 1] is >= '0' and <= '3' && field[i + 2] is >= '0' and <= '7' && field[i + 3] is >= '0' and <= '7')
            {
                text.Append((char)(((field[i + 1] - '0') << 6) | ((field[i + 2] - '0') << 3) | (field[i + 3] - '0')));
                i += 3;
            }
            else
            {
                text.Append(field[i]);
            }
        }
        return text.ToString();
    }

    /// <summary>A line of the table: which file system, from which of its directories on, stands where.</summary>
    private sealed record Mount(string Device, string Root, string Point)
    {
        public bool Holds(string path) =>
            path == Point || path.StartsWith(Point.TrimEnd('/') + "/", StringComparison.Ordinal);
    }
}
