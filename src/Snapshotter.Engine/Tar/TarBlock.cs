using System.Runtime.Intrinsics;

namespace Snapshotter.Engine.Tar;

/// <summary>What one block of 512 bytes tells by itself.</summary>
internal static class TarBlock
{
    /// <summary>True for a block of zeros: two of them are the end-of-archive marker.</summary>
    public static bool IsZero(ReadOnlySpan<byte> block) => !block.ContainsAnyExcept((byte)0);

    /// <summary>True when the block's checksum fits and its fields could stand in a header of any kind.</summary>
    public static bool IsValidHeader(ReadOnlySpan<byte> block)
    {
        if (!HasValidChecksum(block) || !HeaderField.Size.TryReadNumber(block, out long size) || size < 0)
            return false;

        // Before POSIX there was no magic, but only a few types either.
        return HasMagic(block) || (block[0] != 0 && block[HeaderField.TypeFlagOffset] is 0 or (>= (byte)'0' and <= (byte)'7'));
    }

    public static bool HasMagic(ReadOnlySpan<byte> block) => HeaderField.Magic.Of(block).StartsWith("ustar"u8);

    /// <summary>Compares with the sum of the bytes, taken as unsigned as POSIX says or as signed as some old tars did.</summary>
    public static bool HasValidChecksum(ReadOnlySpan<byte> block)
    {
        if (!HeaderField.Checksum.TryReadNumber(block, out long stored))
            return false;
        int sum = Checksum(block);
        return stored == sum || stored == sum - (256 * NegativeBytes(block));
    }

    /// <summary>The sum of the header's bytes, the checksum's own field counted as spaces.</summary>
    public static int Checksum(ReadOnlySpan<byte> block)
    {
        int sum = HeaderField.Checksum.Length * ' ';
        foreach (byte b in HeaderField.Checksum.Of(block))
            sum -= b;

        // At most 32 vectors of two halves, 255 each: no overflow in 16 bits. Vectors of a fixed size, as code for those
        // whose size depends on the machine cannot be compiled ahead of time.
        var sums = Vector128<ushort>.Zero;
        for (int i = 0; i < TarLayout.BlockSize; i += Vector128<byte>.Count)
        {
            var (low, high) = Vector128.Widen(Vector128.Create(block.Slice(i, Vector128<byte>.Count)));
            sums += low + high;
        }

        var (first, second) = Vector128.Widen(sums);
        return sum + (int)Vector128.Sum(first + second);
    }

    /// <summary>Writes the checksum, in the layout of every tar: six digits, NUL, space.</summary>
    public static void Seal(Span<byte> block)
    {
        int sum = Checksum(block);
        var field = HeaderField.Checksum.Of(block);
        for (int i = 5; i >= 0; i--, sum >>= 3)
            field[i] = (byte)('0' + (sum & 7));
        field[6] = 0;
        field[7] = (byte)' ';
    }

    private static int NegativeBytes(ReadOnlySpan<byte> block)
    {
        int count = 0;
        for (int i = 0; i < block.Length; i++)
        {
            if (i < HeaderField.Checksum.Offset || i >= HeaderField.Checksum.Offset + HeaderField.Checksum.Length)
                count += block[i] >> 7;
        }

        return count;
    }
}
