using System.Globalization;
using System.Text;

namespace Snapshotter.Engine.Tests.Faults;

/// <summary>
/// A second, strict reader of tars, of a few lines and independent of the engine's: each header's checksum must be
/// right, each entry whole, and an end marker there, of which the first block counts, as for GNU tar, bsdtar and Python.
/// </summary>
internal static class TarWalk
{
    private const int Block = 512;

    /// <summary>The entries up to the end marker.</summary>
    /// <param name="tar">The file.</param>
    /// <param name="end">The offset of the end marker.</param>
    public static List<(string Name, char Type, long DataOffset, long Size)> Read(byte[] tar, out long end)
    {
        var entries = new List<(string, char, long, long)>();
        var paxName = "";
        long paxSize = -1;
        long offset = 0;
        while (true)
        {
            Assert.True(offset + (2 * Block) <= tar.Length, $"no end marker: {offset} of {tar.Length}");
            var header = tar.AsSpan((int)offset, Block);
            if (!header.ContainsAnyExcept((byte)0))
            {
                end = offset;
                return entries;
            }
            var sum = 0;
            for (var i = 0; i < Block; i++)
            {
                sum += i is >= 148 and < 156 ? ' ' : header[i];
            }
            Assert.True(sum == Octal(header.Slice(148, 8)), $"wrong checksum at {offset}");
            var type = (char)header[156];
            var size = Octal(header.Slice(124, 12));
            if (type == 'x')
            {
                foreach (var (key, value) in PaxRecords(tar.AsSpan((int)offset + Block, (int)size)))
                {
                    paxName = key == "path" ? value : paxName;
                    paxSize = key == "size" ? long.Parse(value, CultureInfo.InvariantCulture) : paxSize;
                }
            }
            else
            {
                var name = paxName.Length > 0 ? paxName : NameOf(header);
                size = paxSize >= 0 ? paxSize : size;
                entries.Add((name, type, offset + Block, size));
                (paxName, paxSize) = ("", -1);
                size = type is '0' or '\0' or '7' ? size : 0;
            }
            offset += Block + ((size + Block - 1) / Block * Block);
        }
    }

    private static string NameOf(ReadOnlySpan<byte> header)
    {
        var name = Text(header[..100]);
        var prefix = header.Slice(257, 6).SequenceEqual("ustar\0"u8) ? Text(header.Slice(345, 155)) : "";
        return prefix.Length > 0 ? $"{prefix}/{name}" : name;
    }

    private static string Text(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        return Encoding.Latin1.GetString(end < 0 ? field : field[..end]);
    }

    private static long Octal(ReadOnlySpan<byte> field)
    {
        var text = Text(field).Trim(' ');
        return text.Length == 0 ? 0 : Convert.ToInt64(text, 8);
    }

    private static List<(string Key, string Value)> PaxRecords(ReadOnlySpan<byte> body)
    {
        var records = new List<(string, string)>();
        while (!body.IsEmpty)
        {
            var space = body.IndexOf((byte)' ');
            var length = int.Parse(body[..space], CultureInfo.InvariantCulture);
            var record = body[(space + 1)..(length - 1)];
            Assert.Equal((byte)'\n', body[length - 1]);
            var equals = record.IndexOf((byte)'=');
            records.Add((Encoding.Latin1.GetString(record[..equals]), Encoding.Latin1.GetString(record[(equals + 1)..])));
            body = body[length..];
        }
        return records;
    }
}
