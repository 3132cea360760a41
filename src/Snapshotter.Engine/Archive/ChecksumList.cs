using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Archive;

/// <summary>
/// The lines of <c>XXH128SUMS</c> or <c>SHA256SUMS</c>, as <c>xxhsum -c</c> and <c>sha256sum -c</c> read them: hex, two
/// spaces, name; a name with a backslash, line feed or carriage return is escaped and the line begins with a backslash
/// (GNU coreutils manual, "md5sum invocation"). The line of a file with more holes than anybody would want to hash is a
/// comment to these programs: "# ", the checksum of its stored data, two spaces, name.
/// </summary>
internal sealed class ChecksumListWriter(IFileSystem fileSystem) : IDisposable
{
    private readonly Spool spool = new(fileSystem);
    private byte[] buffer = new byte[1024];

    public long Length => spool.Length;

    /// <summary>Adds a line.</summary>
    /// <param name="hash">The checksum.</param>
    /// <param name="name">The file's name relative to the prefix.</param>
    /// <param name="isOfDataOnly">The checksum leaves the file's holes out.</param>
    public void Add(ReadOnlySpan<byte> hash, ReadOnlySpan<byte> name, bool isOfDataOnly = false)
    {
        bool escape = name.IndexOfAny("\\\n\r"u8) >= 0;
        int most = ChecksumListReader.DataOnlyMark.Length + 1 + (2 * hash.Length) + 2 + (2 * name.Length) + 1;
        if (most > buffer.Length)
        {
            buffer = new byte[most];
        }

        Span<byte> line = buffer;
        int at = 0;
        if (isOfDataOnly)
        {
            ChecksumListReader.DataOnlyMark.CopyTo(line);
            at = ChecksumListReader.DataOnlyMark.Length;
        }

        if (escape)
        {
            line[at++] = (byte)'\\';
        }

        Hex.Write(hash, line[at..]);
        at += 2 * hash.Length;
        line[at++] = (byte)' ';
        line[at++] = (byte)' ';
        if (escape)
        {
            foreach (byte b in name)
            {
                switch (b)
                {
                    case (byte)'\\': line[at++] = (byte)'\\'; line[at++] = (byte)'\\'; break;
                    case (byte)'\n': line[at++] = (byte)'\\'; line[at++] = (byte)'n'; break;
                    case (byte)'\r': line[at++] = (byte)'\\'; line[at++] = (byte)'r'; break;
                    default: line[at++] = b; break;
                }
            }
        }
        else
        {
            name.CopyTo(line[at..]);
            at += name.Length;
        }

        line[at++] = (byte)'\n';
        spool.Append(line[..at]);
    }

    /// <summary>Hands over all lines, in pieces.</summary>
    public void CopyTo(Action<ReadOnlyMemory<byte>> write) => spool.CopyTo(write);

    public void Dispose() => spool.Dispose();
}

/// <summary>Reads the lines of a checksum list one after the other, within a part of the archive.</summary>
internal sealed class ChecksumListReader(IBlockSource archive, long offset, long length)
{
    private readonly WindowedSource source = new(archive, 64 * 1024);
    private readonly long end = offset + length;
    private long position = offset;
    private byte[] name = new byte[512];
    private int nameLength;
    private readonly byte[] hash = new byte[32];
    private int hashLength;

    /// <summary>A name of which each byte is escaped, and what stands before it.</summary>
    private const int LongestLine = (2 * TarLayout.MaxName) + 128;

    public static ReadOnlySpan<byte> DataOnlyMark => "# "u8;

    /// <summary>True when the line's checksum leaves the file's holes out.</summary>
    public bool IsOfDataOnly { get; private set; }

    public ReadOnlySpan<byte> Hash => hash.AsSpan(0, hashLength);

    public ReadOnlySpan<byte> Name => name.AsSpan(0, nameLength);

    /// <summary>Reads the next line. False at the end of the list. A line that is malformed has an empty hash.</summary>
    public bool Next()
    {
        nameLength = hashLength = 0;
        if (position >= end)
        {
            return false;
        }

        byte[] line = ReadLine(out int lineLength);
        var rest = line.AsSpan(0, lineLength);
        IsOfDataOnly = rest.StartsWith(DataOnlyMark);
        rest = IsOfDataOnly ? rest[DataOnlyMark.Length..] : rest;
        bool escaped = rest.StartsWith("\\"u8);
        rest = escaped ? rest[1..] : rest;
        int hex = rest.IndexOf("  "u8);
        if (hex is not (32 or 64) || !Hex.TryRead(rest[..hex], hash))
        {
            return true;
        }

        hashLength = hex / 2;
        Unescape(rest[(hex + 2)..], escaped);
        return true;
    }

    private void Unescape(ReadOnlySpan<byte> raw, bool escaped)
    {
        if (name.Length < raw.Length)
        {
            name = new byte[raw.Length];
        }

        if (!escaped)
        {
            raw.CopyTo(name);
            nameLength = raw.Length;
            return;
        }

        for (int i = 0; i < raw.Length; i++)
        {
            byte b = raw[i];
            if (b == (byte)'\\' && i + 1 < raw.Length)
            {
                b = raw[++i] switch { (byte)'n' => (byte)'\n', (byte)'r' => (byte)'\r', var other => other };
            }

            name[nameLength++] = b;
        }
    }

    private byte[] lineBuffer = new byte[1024];

    private byte[] ReadLine(out int lineLength)
    {
        lineLength = 0;
        while (position < end)
        {
            var part = source.Peek(position, (int)Math.Min(end - position, 64 * 1024));
            if (part.IsEmpty)
            {
                position = end;
                break;
            }

            int feed = part.IndexOf((byte)'\n');
            int take = feed < 0 ? part.Length : feed;
            if (lineLength + take > LongestLine)
            {
                // No honest line is that long: leave the rest, the name will not fit any entry.
                position = end;
                break;
            }

            if (lineLength + take > lineBuffer.Length)
            {
                Array.Resize(ref lineBuffer, Math.Max(lineLength + take, lineBuffer.Length * 2));
            }

            part[..take].CopyTo(lineBuffer.AsSpan(lineLength));
            lineLength += take;
            position += take + (feed < 0 ? 0 : 1);
            if (feed >= 0)
            {
                break;
            }
        }

        return lineBuffer;
    }
}
