using System.IO.Hashing;
using Snapshotter.Engine.Entries;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Fuzz;

/// <summary>What an honest manifest would say of the entries in a part of an archive.</summary>
internal readonly record struct ForgedTotals(long Entries, long Bytes, string Headers)
{
    public static ForgedTotals Of(ReadOnlyMemory<byte> archive, long start, long end)
    {
        var reader = new TarReader(new MemoryBlocks(archive), start, end);
        var headers = new XxHash128();
        long entries = 0;
        long bytes = 0;
        try
        {
            while (reader.Next())
            {
                headers.Append(reader.HeaderBytes);
                entries++;
                bytes += EntryKinds.KindOf(reader.Entry.Type) == Engine.FileSystem.FileKind.Regular ? reader.Entry.Size : 0;
            }
        }
        catch (TarFormatException)
        {
            // The readers under test will stop there as well.
        }

        return new ForgedTotals(entries, bytes, Convert.ToHexStringLower(headers.GetCurrentHash()));
    }
}

/// <summary>An archive in memory.</summary>
internal sealed class MemoryBlocks(ReadOnlyMemory<byte> bytes) : IBlockSource
{
    public long Length => bytes.Length;

    public int Read(Span<byte> buffer, long offset)
    {
        int count = (int)Math.Clamp(bytes.Length - offset, 0, buffer.Length);
        bytes.Span.Slice((int)Math.Min(offset, bytes.Length), count).CopyTo(buffer);
        return count;
    }
}
