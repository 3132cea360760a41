using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Archive;

/// <summary>
/// Reads an archive through one buffer. Runs of reads that follow each other fill it whole; a jump (over the data of a
/// large file) fills only a little, as the next thing wanted is a header and then most likely another jump.
/// </summary>
internal sealed class WindowedSource : IBlockSource
{
    private const int SmallFill = 4 * 1024;

    private readonly IBlockSource source;
    private readonly int windowSize;
    private readonly Stack<SharedWindow> spare = new();
    private SharedWindow window;
    private long windowStart;
    private int windowLength;

    public WindowedSource(IBlockSource source, int windowSize = 256 * 1024)
    {
        this.source = source;
        this.windowSize = windowSize;
        window = SharedWindow.Take(spare, windowSize);
        Length = source.Length;
    }

    public long Length { get; }

    /// <inheritdoc/>
    /// <remarks>Fewer as well when the rest cannot be read: who needs it asks again, and is told.</remarks>
    public int Read(Span<byte> buffer, long offset)
    {
        int done = 0;
        while (done < buffer.Length)
        {
            ReadOnlySpan<byte> part;
            try
            {
                part = Peek(offset + done, buffer.Length - done);
            }
            catch (BackupException e) when (done > 0 && e.Error == BackupError.ArchiveUnreadable)
            {
                break;
            }

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
            Fill(offset, sequential ? windowSize : Math.Min(windowSize, Math.Max(SmallFill, count)));
        }

        int from = (int)(offset - windowStart);
        return window.Bytes.AsSpan(from, Math.Min(count, windowLength - from));
    }

    /// <summary>All of <paramref name="count"/> bytes at the offset without a copy; fewer only at the end of the file.</summary>
    /// <param name="offset">Where in the archive.</param>
    /// <param name="count">No more than the window's size.</param>
    /// <param name="holder">What to hold for as long as they are needed; else they are valid until the next call.</param>
    public ReadOnlyMemory<byte> Get(long offset, int count, out SharedWindow holder)
    {
        count = (int)Math.Clamp(Length - offset, 0, count);
        int length = Peek(offset, count).Length;
        if (length < count)
        {
            // The window ends in between. What it has of them is read once more: no more than a file that goes in one piece.
            Fill(offset, windowSize);
            length = Math.Min(count, windowLength);
            if (length < count)
            {
                // Cut off meanwhile, or what cannot be read: then this says so.
                _ = source.Read(stackalloc byte[1], offset + length);
            }
        }

        holder = window;
        return length == 0 ? default : window.Bytes.AsMemory((int)(offset - windowStart), length);
    }

    private void Fill(long offset, int count)
    {
        if (window.IsShared)
        {
            window.Release();
            window = SharedWindow.Take(spare, windowSize);
        }

        windowLength = 0;
        windowStart = offset;
        for (count = (int)Math.Min(count, Length - offset); ; count = ToBorder(offset, count / 2))
        {
            try
            {
                windowLength = source.Read(window.Bytes.AsSpan(0, count), offset);
                return;
            }
            catch (BackupException e) when (e.Error == BackupError.ArchiveUnreadable && count > ToBorder(offset, 0))
            {
                // What cannot be read may stand behind what is wanted.
            }
        }
    }

    /// <summary>So many bytes, less what stands behind the last border between pages, but to the first border at least: a disk fails by the page.</summary>
    private static int ToBorder(long offset, int count)
    {
        const long page = TarLayout.Alignment;
        return (int)(Math.Max(offset + count, offset + page) / page * page - offset);
    }
}
