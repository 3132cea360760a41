namespace Snapshotter.Engine.Archive;

/// <summary>Bytes of a file from an offset up to, not including, another.</summary>
internal readonly record struct ByteRange(long Start, long End)
{
    public long Length => End - Start;

    /// <summary>The same bytes in as few ranges as can be, in ascending order.</summary>
    public static IReadOnlyList<ByteRange> Merge(IEnumerable<ByteRange> ranges)
    {
        var merged = new List<ByteRange>();
        foreach (var range in ranges.Where(r => r.Length > 0).OrderBy(r => r.Start))
        {
            if (merged.Count > 0 && range.Start <= merged[^1].End)
            {
                merged[^1] = merged[^1] with { End = Math.Max(merged[^1].End, range.End) };
            }
            else
            {
                merged.Add(range);
            }
        }

        return merged;
    }

    /// <summary>What lies before, between and behind merged ranges, from zero up to the end given.</summary>
    public static IReadOnlyList<ByteRange> Complement(IReadOnlyList<ByteRange> merged, long end)
    {
        var rest = new List<ByteRange>();
        long position = 0;
        foreach (var range in merged)
        {
            if (range.Start > position)
            {
                rest.Add(new ByteRange(position, range.Start));
            }

            position = range.End;
        }

        if (end > position)
        {
            rest.Add(new ByteRange(position, end));
        }

        return rest;
    }

    /// <summary>How many bytes of merged ranges lie before an offset.</summary>
    public static long SumBefore(IReadOnlyList<ByteRange> merged, long offset)
        => merged.Sum(range => Math.Clamp(offset - range.Start, 0, range.Length));
}
