using System.IO.Hashing;
using System.Text;

namespace Snapshotter.Engine.Restoring;

/// <summary>
/// Finds names that differ in case only, of which Windows and macOS would keep one. Holds a dozen bytes for each path: what
/// it costs to find them in entries of any order.
/// </summary>
/// <param name="areAccentsOne">Names that differ in how an accent is written are found as well.</param>
internal sealed class CaseCollisions(bool areAccentsOne = false)
{
    private readonly Dictionary<ulong, uint> spellings = [];
    private byte[] previous = [];

    /// <summary>What is wrong with a path, given those before; null when it can stand beside them.</summary>
    public string? FindWith(byte[] path) => FindIn(path) is null
        ? null
        : "another name differs from it in case only, and this file system cannot hold both.";

    /// <summary>Where in a path the names end that others before, in the same directory, resemble; null for nowhere.</summary>
    public List<int>? FindIn(byte[] path)
    {
        // Directories that this path shares with the one before were looked at then.
        int known = path.AsSpan().CommonPrefixLength(previous);
        previous = path;
        List<int>? found = null;
        int start = 0;
        for (int end = 0; end < path.Length; end++)
        {
            end = path.AsSpan(end).IndexOf((byte)'/') is >= 0 and int slash ? end + slash : path.Length;
            if (end >= known && !IsAlone(path.AsSpan(0, start), path.AsSpan(start, end - start)))
            {
                (found ??= []).Add(end);
            }

            start = end + 1;
        }

        return found;
    }

    private bool IsAlone(ReadOnlySpan<byte> parent, ReadOnlySpan<byte> name)
    {
        string text = areAccentsOne ? NameTwin.Fold(name) : Encoding.UTF8.GetString(name).ToUpperInvariant();
        ulong folded = XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(text), unchecked((long)XxHash3.HashToUInt64(parent)));
        uint spelling = XxHash32.HashToUInt32(name);
        return spellings.TryAdd(folded, spelling) || spellings[folded] == spelling;
    }
}
