namespace Snapshotter.Engine.Tar;

/// <summary>
/// The runs of a sparse file as they are read, in any of the formats GNU tar has had, checked one by one:
/// ascending, not overlapping, within the file, and together as long as the data that is stored.
/// </summary>
internal sealed class SparseMap
{
    private long end;
    private long total;
    private int count;

    /// <summary>The runs that have a length; reused for the next entry.</summary>
    public List<SparseRun> Runs { get; } = new(8);

    /// <summary>Runs read, empty ones included.</summary>
    public int Count => count;

    public void Clear()
    {
        Runs.Clear();
        end = total = 0;
        count = 0;
    }

    public void Add(long offset, long length, long headerOffset)
    {
        if (offset < end || length < 0 || offset > long.MaxValue - length)
            throw Malformed(headerOffset, "A sparse map is not in ascending order.");
        if (++count > TarLayout.MaxSparseRuns)
        {
            throw new TarFormatException(
                TarDefect.TooLarge, headerOffset, null, $"A sparse map has more than {TarLayout.MaxSparseRuns} runs.");
        }

        end = offset + length;
        total += length;
        if (length > 0)
            Runs.Add(new SparseRun(offset, length));
    }

    /// <summary>Checks the whole map against the file's size and the bytes stored for it.</summary>
    public void Complete(long size, long storedSize, long headerOffset)
    {
        if (end > size)
            throw Malformed(headerOffset, "A sparse map reaches beyond the end of its file.");
        if (total != storedSize)
            throw Malformed(headerOffset, $"A sparse map holds {total} bytes of data, but {storedSize} are stored.");
    }

    /// <summary>
    /// Adds runs of an old GNU header or of its extension blocks: pairs of 12-byte numbers, up to the first unused one.
    /// </summary>
    public void AddGnuRuns(ReadOnlySpan<byte> block, int start, int runs, long headerOffset)
    {
        const int numberLength = 12;
        for (int i = 0; i < runs; i++)
        {
            var offset = block.Slice(start + (i * 2 * numberLength), numberLength);
            var length = block.Slice(start + (((i * 2) + 1) * numberLength), numberLength);
            if (offset[0] == 0)
                return;
            if (!HeaderField.TryParseNumber(offset, out long o) || !HeaderField.TryParseNumber(length, out long l))
                throw Malformed(headerOffset, "A number in a sparse map is not well-formed.");
            Add(o, l, headerOffset);
        }
    }

    /// <summary>Adds the runs of a GNU.sparse.map record: "offset,length,offset,length".</summary>
    public void AddList(ReadOnlySpan<byte> text, long headerOffset)
    {
        while (!text.IsEmpty)
        {
            long offset = TakeNumber(ref text, (byte)',', headerOffset);
            Add(offset, TakeNumber(ref text, (byte)',', headerOffset), headerOffset);
        }
    }

    /// <summary>
    /// Reads a map of version 1.0, which stands before the data: the number of runs, then offset and length of each,
    /// one decimal number a line, padded to whole blocks. Returns the bytes it takes.
    /// </summary>
    public int ReadText(HeaderWindow window, int start, long available)
    {
        long at = start;
        long runs = TakeLine(window, ref at, start, available);
        if (runs > TarLayout.MaxSparseRuns)
        {
            throw new TarFormatException(
                TarDefect.TooLarge, window.Offset + start, null, $"A sparse map has more than {TarLayout.MaxSparseRuns} runs.");
        }

        for (; runs > 0; runs--)
        {
            long offset = TakeLine(window, ref at, start, available);
            Add(offset, TakeLine(window, ref at, start, available), window.Offset + start);
        }

        long taken = TarLayout.RoundUp(at - start);
        if (taken > available || !window.Load(start + taken))
            throw Malformed(window.Offset + start, "A sparse map is longer than its entry.");
        return (int)taken;
    }

    private static long TakeLine(HeaderWindow window, ref long at, int start, long available)
    {
        const int maxLine = 20;
        long end = Math.Min(at + maxLine, start + available);
        if (!window.Load(end))
            throw new TarFormatException(TarDefect.Truncated, window.Offset + start, null, "The archive ends in a sparse map.");

        var line = window.Slice((int)at, (int)(end - at)).Span;
        int length = line.IndexOf((byte)'\n');
        if (length < 0)
            throw Malformed(window.Offset + start, "A line of a sparse map is not a number.");
        at += length + 1;
        return ParseNumber(line[..length], window.Offset + start);
    }

    private static long TakeNumber(ref ReadOnlySpan<byte> text, byte separator, long headerOffset)
    {
        int end = text.IndexOf(separator);
        var number = end < 0 ? text : text[..end];
        text = end < 0 ? [] : text[(end + 1)..];
        return ParseNumber(number, headerOffset);
    }

    private static long ParseNumber(ReadOnlySpan<byte> digits, long headerOffset) =>
        PaxRecords.TryParseDecimal(digits, out long value)
            ? value
            : throw Malformed(headerOffset, "A number in a sparse map is not well-formed.");

    private static TarFormatException Malformed(long offset, string message) => new(TarDefect.Malformed, offset, null, message);
}
