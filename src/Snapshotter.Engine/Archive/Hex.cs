namespace Snapshotter.Engine.Archive;

/// <summary>
/// Bytes as lowercase hex digits. <see cref="Convert"/> does the same with vectors, whose code is compiled at the first
/// call of a process: that takes longer than all the digits of a small job.
/// </summary>
internal static class Hex
{
    private static ReadOnlySpan<byte> Digits => "0123456789abcdef"u8;

    /// <summary>The digits as text.</summary>
    public static string Of(ReadOnlySpan<byte> bytes)
    {
        Span<byte> digits = bytes.Length <= 64 ? stackalloc byte[2 * bytes.Length] : new byte[2 * bytes.Length];
        Write(bytes, digits);
        return System.Text.Encoding.ASCII.GetString(digits);
    }

    /// <summary>Writes two digits for each byte.</summary>
    public static void Write(ReadOnlySpan<byte> bytes, Span<byte> digits)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            digits[2 * i] = Digits[bytes[i] >> 4];
            digits[(2 * i) + 1] = Digits[bytes[i] & 15];
        }
    }

    /// <summary>Reads a byte from every two digits; false when one of them is no lowercase hex digit.</summary>
    public static bool TryRead(ReadOnlySpan<byte> digits, Span<byte> bytes)
    {
        int seen = 0;
        for (int i = 0; i < digits.Length; i += 2)
        {
            int value = (ValueOf(digits[i]) << 4) | ValueOf(digits[i + 1]);
            seen |= value;
            bytes[i / 2] = (byte)value;
        }

        return seen >= 0;
    }

    private static int ValueOf(byte digit)
    {
        // Nothing here depends on which digit it is but the sum: a guess at random digits is wrong too often.
        int value = (digit & 15) + (9 * (digit >> 6));
        return value < Digits.Length && Digits[value] == digit ? value : -1;
    }
}
