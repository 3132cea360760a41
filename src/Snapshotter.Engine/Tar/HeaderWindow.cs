namespace Snapshotter.Engine.Tar;

/// <summary>The header bytes of one entry, from its first block on, read as far as they turn out to reach.</summary>
internal sealed class HeaderWindow(IBlockSource source, long limit)
{
    /// <summary>A pax header, its records and the ustar header: what most entries have, in one read.</summary>
    private const int ReadAhead = 3 * TarLayout.BlockSize;

    /// <summary>All headers of one entry together. The largest honest ones are sparse maps: half a million runs in 21 MB of text.</summary>
    private const int MaxHeaders = 24 * 1024 * 1024;

    private byte[] bytes = new byte[8 * TarLayout.BlockSize];
    private int loaded;

    /// <summary>Absolute offset of the window's first byte.</summary>
    public long Offset { get; private set; }

    public void MoveTo(long offset)
    {
        Offset = offset;
        loaded = 0;
    }

    /// <summary>Makes the first <paramref name="length"/> bytes readable. False when the source ends before.</summary>
    public bool Load(long length)
    {
        if (length <= loaded)
            return true;
        if (length > limit - Offset)
            return false;
        if (length > MaxHeaders)
            throw new TarFormatException(TarDefect.TooLarge, Offset, null, $"The headers of an entry exceed {MaxHeaders} bytes.");

        int wanted = (int)Math.Min(Math.Max(length, (long)loaded + ReadAhead), limit - Offset);
        if (wanted > bytes.Length)
        {
            // Slices of the old array stay as they are: what was parsed from it remains valid.
            Array.Resize(ref bytes, Math.Max(wanted, Math.Min(bytes.Length * 2, MaxHeaders)));
        }

        loaded += source.Read(bytes.AsSpan(loaded, wanted - loaded), Offset + loaded);
        if (loaded < length)
        {
            // Ends here, or cannot be read: then the source says so now.
            loaded += source.Read(bytes.AsSpan(loaded, (int)length - loaded), Offset + loaded);
        }

        return loaded >= length;
    }

    /// <summary>A part of what was loaded. Valid until the window moves.</summary>
    public ReadOnlyMemory<byte> Slice(int start, int length) => bytes.AsMemory(start, length);

    public ReadOnlySpan<byte> Block(int start) => bytes.AsSpan(start, TarLayout.BlockSize);
}
