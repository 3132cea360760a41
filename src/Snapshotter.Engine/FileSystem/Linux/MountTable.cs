using System.Text;

namespace Snapshotter.Engine.FileSystem.Linux;

/// <summary>The mount points of this process's view, from /proc/self/mountinfo.</summary>
internal static class MountTable
{
    private const int MountPointField = 4;

    /// <summary>Those strictly below the real path, told as paths below the asked one (which may lead there through links).</summary>
    public static List<string> Below(string asked, string real)
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
        real = real.TrimEnd('/') + "/";
        asked = asked.TrimEnd('/') + "/";
        var found = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var line in lines)
        {
            var fields = line.Split(' ', MountPointField + 2);
            if (fields.Length <= MountPointField)
            {
                continue;
            }
            var point = Unescape(fields[MountPointField]);
            if (point.Length > real.Length && point.StartsWith(real, StringComparison.Ordinal))
            {
                found.Add(asked + point[real.Length..]);
            }
        }
        return [.. found];
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
}
