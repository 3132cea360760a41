namespace Snapshotter.Engine.Tar;

/// <summary>
/// Where a field lies in a header block, and how its text and numbers are read and written
/// (POSIX.1-2008 pax, "ustar Interchange Format"; the GNU and star extensions to it).
/// </summary>
internal readonly record struct HeaderField(int Offset, int Length)
{
    public static HeaderField Name => new(0, 100);
    public static HeaderField Mode => new(100, 8);
    public static HeaderField UserId => new(108, 8);
    public static HeaderField GroupId => new(116, 8);
    public static HeaderField Size => new(124, 12);
    public static HeaderField Modified => new(136, 12);
    public static HeaderField Checksum => new(148, 8);
    public static HeaderField LinkName => new(157, 100);
    public static HeaderField Magic => new(257, 8);
    public static HeaderField UserName => new(265, 32);
    public static HeaderField GroupName => new(297, 32);
    public static HeaderField DeviceMajor => new(329, 8);
    public static HeaderField DeviceMinor => new(337, 8);
    public static HeaderField Prefix => new(345, 155);

    /// <summary>GNU headers have times where ustar has the prefix.</summary>
    public static HeaderField GnuAccessed => new(345, 12);
    public static HeaderField GnuChanged => new(357, 12);
    public static HeaderField GnuRealSize => new(483, 12);

    /// <summary>star headers have a shorter prefix, and say so with "tar" in the last four bytes.</summary>
    public static HeaderField StarPrefix => new(345, 131);
    public static HeaderField StarTrailer => new(508, 4);

    public const int TypeFlagOffset = 156;

    /// <summary>The old GNU sparse map: runs in the header, then a flag whether blocks with more of them follow.</summary>
    public const int GnuSparseOffset = 386;
    public const int GnuSparseRuns = 4;
    public const int GnuSparseExtendedOffset = 482;
    public const int GnuExtensionRuns = 21;
    public const int GnuExtensionExtendedOffset = 504;

    public static ReadOnlySpan<byte> PosixMagic => "ustar\000"u8;

    /// <summary>Magic and version of GNU headers, the older ones and those of today alike.</summary>
    public static ReadOnlySpan<byte> GnuMagic => "ustar  \0"u8;

    public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> block) => block.Slice(Offset, Length);

    public Span<byte> Of(Span<byte> block) => block.Slice(Offset, Length);

    /// <summary>The length of the field's text: up to the first NUL, or all of it.</summary>
    public int TextLength(ReadOnlySpan<byte> block)
    {
        int end = Of(block).IndexOf((byte)0);
        return end < 0 ? Length : end;
    }

    /// <summary>Writes as much of the text as there is room for; the block is zero there.</summary>
    public void WriteText(Span<byte> block, ReadOnlySpan<byte> text) => text[..Math.Min(text.Length, Length)].CopyTo(Of(block));

    /// <summary>The largest number that fits in octal digits and a NUL.</summary>
    public long MaxOctal => (1L << (3 * (Length - 1))) - 1;

    /// <summary>Writes octal digits and a NUL, or base-256 when the number does not fit (understood by every reader since 2000).</summary>
    public void WriteNumber(Span<byte> block, long value)
    {
        var field = Of(block);
        if (value < 0 || value > MaxOctal)
        {
            for (int i = Length - 1; i >= 0; i--, value >>= 8)
                field[i] = (byte)value;
            field[0] |= 0x80;
            return;
        }

        field[Length - 1] = 0;
        for (int i = Length - 2; i >= 0; i--, value >>= 3)
            field[i] = (byte)('0' + (value & 7));
    }

    /// <summary>Reads octal digits or base-256; a blank field is 0. False when it is neither or does not fit.</summary>
    public bool TryReadNumber(ReadOnlySpan<byte> block, out long value) => TryParseNumber(Of(block), out value);

    /// <inheritdoc cref="TryReadNumber"/>
    public static bool TryParseNumber(ReadOnlySpan<byte> field, out long value)
    {
        if ((field[0] & 0x80) != 0)
            return TryParseBase256(field, out value);

        value = 0;
        int i = 0;
        while (i < field.Length && field[i] is (byte)' ' or 0)
            i++;

        // At most 12 digits of three bits: no overflow.
        for (; i < field.Length && field[i] is >= (byte)'0' and <= (byte)'7'; i++)
            value = (value << 3) | (uint)(field[i] - '0');

        while (i < field.Length && field[i] == ' ')
            i++;
        return i == field.Length || field[i] == 0;
    }

    /// <summary>Big-endian two's complement; the top bit of the first byte only marks the encoding, the next one is the sign.</summary>
    private static bool TryParseBase256(ReadOnlySpan<byte> field, out long value)
    {
        byte inversion = (field[0] & 0x40) != 0 ? (byte)0xff : (byte)0;
        ulong magnitude = (uint)(field[0] ^ inversion) & 0x7f;
        foreach (byte b in field[1..])
        {
            if (magnitude >> 56 != 0)
            {
                value = 0;
                return false;
            }

            magnitude = (magnitude << 8) | (byte)(b ^ inversion);
        }

        value = inversion == 0 ? (long)magnitude : ~(long)magnitude;
        return magnitude <= long.MaxValue;
    }
}
