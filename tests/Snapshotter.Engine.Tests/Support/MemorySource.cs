using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Tests.Support;

/// <summary>An archive in memory. It counts what is read of it.</summary>
internal sealed class MemorySource(ReadOnlyMemory<byte> bytes) : IBlockSource
{
    public long Length => bytes.Length;

    public int Reads { get; private set; }

    public int Read(Span<byte> buffer, long offset)
    {
        Reads++;
        int count = (int)Math.Clamp(bytes.Length - offset, 0, buffer.Length);
        bytes.Span.Slice((int)Math.Min(offset, bytes.Length), count).CopyTo(buffer);
        return count;
    }
}
