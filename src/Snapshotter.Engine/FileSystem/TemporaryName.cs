using System.Buffers;
using System.Text;

namespace Snapshotter.Engine.FileSystem;

/// <summary>
/// The names of the folders that stand on a disk only while a job runs. Whoever makes one takes a random part that nobody can
/// foresee. A name alone says nothing about who made it: what is not a <see cref="PrivateFolder"/> of ours is a name as any other.
/// </summary>
internal static class TemporaryName
{
    private const int Digits = 32;

    /// <summary>Version 1.0 took the id of a volume, or the SHA-256 of a name, for the name of a folder.</summary>
    private const int OlderDigits = 64;

    private static readonly SearchValues<byte> Hex = SearchValues.Create("0123456789abcdef"u8);

    private static ReadOnlySpan<byte> Start => ".snapshotter-"u8;

    /// <summary>A name that nobody can foresee.</summary>
    public static byte[] New() => Encoding.ASCII.GetBytes($".snapshotter-{Guid.NewGuid():N}");

    /// <summary>True for a name of this form.</summary>
    public static bool IsOne(ReadOnlySpan<byte> name)
    {
        if (!name.StartsWith(Start))
        {
            return false;
        }

        var digits = name[Start.Length..];
        return digits.Length is Digits or OlderDigits && !digits.ContainsAnyExcept(Hex);
    }

    /// <summary>True for a name that only version 1.0 gave, which locked nothing.</summary>
    public static bool IsOlder(ReadOnlySpan<byte> name) => IsOne(name) && name.Length == Start.Length + OlderDigits;

    /// <summary>True when one of the names on a path, from the root of a volume on, is of this form.</summary>
    public static bool IsOnPath(ReadOnlySpan<byte> path)
    {
        if (path.IndexOf(Start) < 0)
        {
            return false;
        }

        foreach (var range in path.Split((byte)'/'))
        {
            if (IsOne(path[range]))
            {
                return true;
            }
        }

        return false;
    }
}
