using System.IO.Hashing;
using System.Text;

namespace Snapshotter.Engine.Volumes.Restoring;

/// <summary>
/// Finds names that differ in case only, of which Windows and macOS would keep one. Holds a dozen bytes for each path: what
/// it costs to find them in entries of any order.
/// </summary>
internal sealed class CaseCollisions
{
    private readonly Dictionary<ulong, uint> spellings = [];
    private byte[] previous = [];

    /// <summary>What is wrong with a path, given those before; null when it can stand beside them.</summary>
    public string? FindWith(byte[] path)
    {
        // Directories that this path shares with the one before were looked at then.
        int known = path.AsSpan().CommonPrefixLength(previous);
        previous = path;
        for (int end = 0; end < path.Length; end++)
        {
            end = path.AsSpan(end).IndexOf((byte)'/') is >= 0 and int slash ? end + slash : path.Length;
            if (end >= known && !IsAlone(path.AsSpan(0, end)))
            {
                return "another name differs from it in case only, and this file system cannot hold both.";
            }
        }

        return null;
    }

    private bool IsAlone(ReadOnlySpan<byte> path)
    {
        ulong folded = XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(path).ToUpperInvariant()));
        uint spelling = XxHash32.HashToUInt32(path);
        return spellings.TryAdd(folded, spelling) || spellings[folded] == spelling;
    }
}
