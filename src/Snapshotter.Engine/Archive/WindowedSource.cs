using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Archive;

/// <summary>
/// Reads an archive through one buffer. Runs of reads that follow each other fill it whole; a jump (over the data of a
/// large file) fills only a little, as the next thing wanted is a header and then most likely another jump.
/// </summary>
internal sealed class WindowedSource : IBlockSource
{
    private const int SmallFill = 4 * 1024;

    private readonly IFile file;
    private readonly byte[] window;
    private long windowStart;
    private int windowLength;

    public WindowedSource(IFile file, int windowSize = 256 * 1024)
    {
        this.file = file;
        window = new byte[windowSize];
        Length = file.Length;
    }

    public long Length { get; }

    public int Read(Span<byte> buffer, long offset)
    {
        int done = 0;
        while (done < buffer.Length)
        {
            var part = Peek(offset + done, buffer.Length - done);
            if (part.IsEmpty)
            {
                break;
            }

            part.CopyTo(buffer[done..]);
            done += part.Length;
        }

        return done;
    }

    /// <summary>Up to <paramref name="count"/> bytes at the offset without a copy, valid until the next call; fewer at the end of the window or file.</summary>
    public ReadOnlySpan<byte> Peek(long offset, int count)
    {
        if (offset < windowStart || offset >= windowStart + windowLength)
        {
            if (offset >= Length)
            {
                return default;
            }

            bool sequential = offset == windowStart + windowLength;
            int fill = sequential ? window.Length : Math.Min(window.Length, Math.Max(SmallFill, Math.Min(count, window.Length)));
            windowLength = 0;
            windowLength = file.Read(window.AsSpan(0, (int)Math.Min(fill, Length - offset)), offset);
            windowStart = offset;
            if (windowLength == 0)
            {
                return default;
            }
        }

        int from = (int)(offset - windowStart);
        return window.AsSpan(from, Math.Min(count, windowLength - from));
    }
}
