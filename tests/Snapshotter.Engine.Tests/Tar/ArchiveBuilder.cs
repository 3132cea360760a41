using System.Text;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Tests.Tar;

/// <summary>Writes whole archives in memory: entries encoded, data and end marker put behind.</summary>
internal sealed class ArchiveBuilder
{
    private readonly BlockBuffer output = new();

    public long Length => output.Length;

    /// <summary>Adds an entry with the bytes stored for it; the offsets are left in the entry.</summary>
    public ArchiveBuilder Add(TarEntry entry, ReadOnlySpan<byte> stored = default, bool align = false)
    {
        TarEncoder.Encode(entry, output, output.Length, align);
        Assert.Equal(entry.StoredSize, stored.Length);
        Assert.Equal(entry.DataOffset, output.Length);
        output.Append(stored);
        output.PadToBlock();
        Assert.Equal(entry.NextOffset, output.Length);
        return this;
    }

    /// <summary>Adds a regular file.</summary>
    public ArchiveBuilder AddFile(string name, string content, Action<TarEntry>? change = null)
    {
        var entry = Entry(TypeFlag.Regular, name);
        entry.Size = Encoding.UTF8.GetByteCount(content);
        change?.Invoke(entry);
        return Add(entry, Encoding.UTF8.GetBytes(content));
    }

    /// <summary>Adds blocks as they are.</summary>
    public ArchiveBuilder AddRaw(ReadOnlySpan<byte> blocks)
    {
        output.Append(blocks);
        return this;
    }

    /// <summary>The archive with its end marker.</summary>
    public byte[] ToArray() => [.. output.Written, .. new byte[TarLayout.EndMarkerSize]];

    /// <summary>The archive without an end marker.</summary>
    public byte[] ToArrayWithoutEnd() => output.Written.ToArray();

    public static TarEntry Entry(TypeFlag type, string name, string link = "") => new()
    {
        Type = type,
        Name = Encoding.UTF8.GetBytes(name),
        LinkName = Encoding.UTF8.GetBytes(link),
        Mode = type == TypeFlag.Directory ? 0x1ed : 0x1a4,
        ModifiedSeconds = 1_700_000_000,
    };
}
