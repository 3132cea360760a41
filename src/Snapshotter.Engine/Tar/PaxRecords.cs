namespace Snapshotter.Engine.Tar;

/// <summary>
/// The records in the body of a pax header, one after the other: "LENGTH KEY=VALUE\n" with the length of the whole
/// record in decimal (POSIX.1-2008 pax, "pax Extended Header").
/// </summary>
internal ref struct PaxRecords(ReadOnlySpan<byte> body)
{
    private readonly ReadOnlySpan<byte> body = body;
    private int at;

    /// <summary>Where the record's key stands in the body.</summary>
    public Range Key { get; private set; }

    /// <summary>Where its value stands; it may hold any bytes.</summary>
    public Range Value { get; private set; }

    /// <summary>False behind the last record. A record that is not well-formed is reported against the offset given.</summary>
    public bool Next(long headerOffset)
    {
        if (at == body.Length)
            return false;

        var rest = body[at..];
        int space = rest[..Math.Min(rest.Length, 11)].IndexOf((byte)' ');
        if (space <= 0 || !TryParseDecimal(rest[..space], out long length) || length < space + 4 || length > rest.Length)
            throw Malformed(headerOffset, "The length of a pax record is not well-formed.");

        var record = rest[..(int)length];
        int equals = record.IndexOf((byte)'=');
        if (record[^1] != '\n' || equals <= space + 1 || record[..equals].Contains((byte)0))
            throw Malformed(headerOffset, "A pax record is not well-formed.");

        Key = (at + space + 1)..(at + equals);
        Value = (at + equals + 1)..(at + record.Length - 1);
        at += record.Length;
        return true;
    }

    /// <summary>Reads digits only: no sign, no spaces. False for anything else and for what exceeds 63 bits.</summary>
    public static bool TryParseDecimal(ReadOnlySpan<byte> digits, out long value)
    {
        value = 0;
        if (digits.IsEmpty)
            return false;
        if (digits.Length > 19)
            digits = digits.TrimStart((byte)'0');
        if (digits.Length > 19)
            return false;

        ulong sum = 0;
        foreach (byte digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'9')
                return false;

            // 19 digits fit into 64 bits.
            sum = (sum * 10) + (uint)(digit - '0');
        }

        value = (long)sum;
        return sum <= long.MaxValue;
    }

    /// <summary>Reads "SECONDS[.FRACTION]", perhaps negative; digits below the nanosecond are dropped.</summary>
    public static bool TryParseTime(ReadOnlySpan<byte> text, out long seconds, out int nanoseconds)
    {
        nanoseconds = 0;
        bool negative = text.Length > 0 && text[0] == '-';
        if (negative)
            text = text[1..];

        int point = text.IndexOf((byte)'.');
        if (!TryParseDecimal(point < 0 ? text : text[..point], out seconds))
            return false;
        if (point >= 0)
        {
            var fraction = text[(point + 1)..];
            if (fraction.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
                return false;
            for (int i = 0; i < 9; i++)
                nanoseconds = (nanoseconds * 10) + (i < fraction.Length ? fraction[i] - '0' : 0);
        }

        if (negative)
        {
            seconds = nanoseconds == 0 ? -seconds : -seconds - 1;
            nanoseconds = nanoseconds == 0 ? 0 : 1_000_000_000 - nanoseconds;
        }

        return true;
    }

    private static TarFormatException Malformed(long offset, string message) => new(TarDefect.Malformed, offset, null, message);
}
