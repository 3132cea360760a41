using System.Text;

namespace Snapshotter.Engine.Volumes.Restoring;

/// <summary>Names that Windows would take for something else: devices, drives, alternate streams, parents.</summary>
internal static class ReservedNames
{
    private static readonly HashSet<string> Devices = new(
        ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$",
         .. Enumerable.Range(0, 10).SelectMany(i => new[] { $"COM{i}", $"LPT{i}" }),
         "COM\u00b9", "COM\u00b2", "COM\u00b3", "LPT\u00b9", "LPT\u00b2", "LPT\u00b3"],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>What is wrong with a path, or null.</summary>
    public static string? FindIn(ReadOnlySpan<byte> path)
    {
        foreach (var range in path.Split((byte)'/'))
        {
            if (path.IsEmpty)
            {
                return null;
            }

            string name = Encoding.UTF8.GetString(path[range]);
            string stem = name.Split('.')[0].TrimEnd(' ');
            if (name.Any(c => c < ' ' || "<>:\"|?*\\".Contains(c)) || name.EndsWith(' ') || name.EndsWith('.') || Devices.Contains(stem))
            {
                return $"'{name}' is not a name that a file can have on Windows. Restore it on Linux, or leave it out with -Exclude.";
            }
        }

        return null;
    }
}
