using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Tests.Tar;

/// <summary>An archive of any size that exists only where something was put; the rest reads as zeros.</summary>
internal sealed class SegmentSource : IBlockSource
{
    private readonly List<(long Offset, byte[] Bytes)> segments = [];

    public long Length { get; set; }

    public void Put(long offset, ReadOnlySpan<byte> bytes)
    {
        segments.Add((offset, bytes.ToArray()));
        Length = Math.Max(Length, offset + bytes.Length);
    }

    public int Read(Span<byte> buffer, long offset)
    {
        buffer = buffer[..(int)Math.Clamp(Length - offset, 0, buffer.Length)];
        buffer.Clear();
        foreach (var (start, bytes) in segments)
        {
            long from = Math.Max(start, offset), to = Math.Min(start + bytes.Length, offset + buffer.Length);
            if (from < to)
                bytes.AsSpan((int)(from - start), (int)(to - from)).CopyTo(buffer[(int)(from - offset)..]);
        }

        return buffer.Length;
    }
}
