using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.IO.Hashing;
using System.Text;

namespace Snapshotter.Engine.Archive;

/// <summary>
/// The last line of a manifest, a YAML comment of fixed length that ends exactly where the generation ends. It lets the
/// end of an archive be found by one read at its tail. The offsets are absolute, so that an archive stored inside an
/// archive is not taken for the archive itself; the check covers everything else in the manifest and both lengths.
/// </summary>
/// <param name="Start">Absolute offset of the generation's first header.</param>
/// <param name="ManifestOffset">Absolute offset of the manifest's own first header block.</param>
/// <param name="Check">XXH128, lowercase hex, over the manifest's text before this line, the generation's length and the manifest's length.</param>
internal readonly record struct ManifestTrailer(long Start, long ManifestOffset, string Check)
{
    /// <summary>Length of the line in bytes, line end included.</summary>
    public const int Size = 110;

    private static ReadOnlySpan<byte> Begin => "# snapshotter 1 start="u8;

    private static ReadOnlySpan<byte> Middle => " manifest="u8;

    private static ReadOnlySpan<byte> Tail => " check="u8;

    public static string ComputeCheck(ReadOnlySpan<byte> text, long generationLength, long manifestLength)
    {
        var hash = new XxHash128();
        hash.Append(text);
        Span<byte> lengths = stackalloc byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(lengths, generationLength);
        BinaryPrimitives.WriteInt64LittleEndian(lengths[8..], manifestLength);
        hash.Append(lengths);
        return Hex.Of(hash.GetCurrentHash());
    }

    public byte[] ToBytes() => Encoding.ASCII.GetBytes(string.Create(
        CultureInfo.InvariantCulture, $"# snapshotter 1 start={Start:D19} manifest={ManifestOffset:D19} check={Check}\n"));

    /// <summary>Reads the line that ends at the end of the given bytes.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out ManifestTrailer trailer)
    {
        trailer = default;
        if (bytes.Length < Size)
        {
            return false;
        }

        var line = bytes[^Size..];
        int at = Begin.Length;
        if (line[^1] != (byte)'\n' || !line.StartsWith(Begin) || !TryNumber(line, at, out long start))
        {
            return false;
        }

        at += 19;
        if (!line[at..].StartsWith(Middle) || !TryNumber(line, at + Middle.Length, out long manifest))
        {
            return false;
        }

        at += Middle.Length + 19;
        if (!line[at..].StartsWith(Tail))
        {
            return false;
        }

        // To the byte: a sign before a number is damage as well.
        trailer = new ManifestTrailer(start, manifest, Encoding.ASCII.GetString(line[(at + Tail.Length)..^1]));
        return line.SequenceEqual(trailer.ToBytes());
    }

    private static bool TryNumber(ReadOnlySpan<byte> line, int at, out long value) =>
        Utf8Parser.TryParse(line.Slice(at, 19), out value, out int used) && used == 19 && value >= 0;
}
