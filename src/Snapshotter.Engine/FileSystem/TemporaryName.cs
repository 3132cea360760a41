using System.Buffers;
using System.Text;

namespace Snapshotter.Engine.FileSystem;

/// <summary>
/// The names of what stands on a disk only while a job runs. One rule for all of them: whoever walks a tree leaves such
/// names out at every depth, and whoever makes one takes a random part that nobody can foresee. A name alone says nothing
/// about who made it: see <see cref="PrivateFolder"/>.
/// </summary>
internal static class TemporaryName
{
    private const int Digits = 32;

    /// <summary>Version 1.0 took the id of a volume, or the SHA-256 of a name, and put an ending behind the latter.</summary>
    private const int OlderDigits = 64;

    private static readonly SearchValues<byte> Hex = SearchValues.Create("0123456789abcdef"u8);

    private static ReadOnlySpan<byte> Start => ".snapshotter-"u8;

    private static ReadOnlySpan<byte> OlderEnd => ".part"u8;

    /// <summary>A name that nobody can foresee.</summary>
    public static byte[] New() => Encoding.ASCII.GetBytes($".snapshotter-{Guid.NewGuid():N}");

    /// <summary>True for a name of this form: never part of a volume, neither saved nor restored.</summary>
    public static bool IsOne(ReadOnlySpan<byte> name)
    {
        if (!name.StartsWith(Start))
        {
            return false;
        }

        var digits = name[Start.Length..];
        if (digits.EndsWith(OlderEnd))
        {
            digits = digits[..^OlderEnd.Length];
        }

        return digits.Length is Digits or OlderDigits && !digits.ContainsAnyExcept(Hex);
    }

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
