using System.Text;
using Snapshotter.Engine.FileSystem.Portable;

namespace Snapshotter.Engine.FileSystem;

/// <summary>Names that no file of Windows can have, or that it would take for something else: drives, alternate streams, parents.</summary>
internal static class ReservedNames
{
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
            if (!PortablePath.IsAllowedOnWindows(name))
            {
                return $"'{name}' is not a name that a file can have on Windows.";
            }
        }

        return null;
    }
}
