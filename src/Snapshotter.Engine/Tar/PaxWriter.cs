using System.Globalization;

namespace Snapshotter.Engine.Tar;

/// <summary>Appends pax records to a buffer.</summary>
internal static class PaxWriter
{
    /// <summary>"path" for example, with the value's bytes as they are.</summary>
    public static void Write(BlockBuffer output, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        var rest = Begin(output, RecordLength(key.Length + value.Length));
        rest = Put(rest, key);
        rest[0] = (byte)'=';
        rest = Put(rest[1..], value);
        rest[0] = (byte)'\n';
    }

    public static void Write(BlockBuffer output, ReadOnlySpan<byte> key, long value)
    {
        Span<byte> digits = stackalloc byte[20];
        value.TryFormat(digits, out int length, default, CultureInfo.InvariantCulture);
        Write(output, key, digits[..length]);
    }

    /// <summary>A time with nine digits behind the point, none when they are zero. Times before 1970 are negative as a whole.</summary>
    public static void WriteTime(BlockBuffer output, ReadOnlySpan<byte> key, long seconds, int nanoseconds)
    {
        if (nanoseconds == 0)
        {
            Write(output, key, seconds);
            return;
        }

        Span<byte> text = stackalloc byte[1 + 20 + 1 + 9];
        int length = 0;
        if (seconds < 0)
        {
            text[length++] = (byte)'-';
            seconds = -(seconds + 1);
            nanoseconds = 1_000_000_000 - nanoseconds;
        }

        seconds.TryFormat(text[length..], out int digits, default, CultureInfo.InvariantCulture);
        length += digits;
        text[length++] = (byte)'.';
        for (int i = 8; i >= 0; i--, nanoseconds /= 10)
            text[length + i] = (byte)('0' + (nanoseconds % 10));
        Write(output, key, text[..(length + 9)]);
    }

    /// <summary>An extended attribute; '=' and '%' in its name are written as GNU tar does, for a key ends at the first '='.</summary>
    public static void WriteAttribute(BlockBuffer output, TarAttribute attribute)
    {
        var prefix = "SCHILY.xattr."u8;
        var name = attribute.Name.Span;
        var value = attribute.Value.Span;
        int escapes = name.Count((byte)'=') + name.Count((byte)'%');
        var rest = Begin(output, RecordLength(prefix.Length + name.Length + (2 * escapes) + value.Length));
        rest = Put(rest, prefix);
        if (escapes == 0)
        {
            rest = Put(rest, name);
        }
        else
        {
            foreach (byte b in name)
            {
                if (b == '=')
                {
                    rest = Put(rest, "%3D"u8);
                }
                else if (b == '%')
                {
                    rest = Put(rest, "%25"u8);
                }
                else
                {
                    rest[0] = b;
                    rest = rest[1..];
                }
            }
        }

        rest[0] = (byte)'=';
        rest = Put(rest[1..], value);
        rest[0] = (byte)'\n';
    }

    /// <summary>A comment of blanks: a record of exactly the length given (12 or more), to take up room.</summary>
    public static void WriteComment(BlockBuffer output, int recordLength)
    {
        var rest = Put(Begin(output, recordLength), "comment="u8);
        BlockBuffer.Blank(rest[..^1]);
        rest[^1] = (byte)'\n';
    }

    /// <summary>The length of a record with a key and value of so many bytes together. It counts its own digits.</summary>
    private static int RecordLength(int keyAndValue)
    {
        int content = keyAndValue + " =\n".Length;
        int length = content + Digits(content);
        return Digits(length) > Digits(content) ? content + Digits(length) : length;
    }

    /// <summary>Appends room for a record and writes its length. Returns what is left for key, '=', value and '\n'.</summary>
    private static Span<byte> Begin(BlockBuffer output, int length)
    {
        var record = output.AppendUninitialized(length);
        length.TryFormat(record, out int digits, default, CultureInfo.InvariantCulture);
        record[digits] = (byte)' ';
        return record[(digits + 1)..];
    }

    private static Span<byte> Put(Span<byte> destination, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(destination);
        return destination[bytes.Length..];
    }

    private static int Digits(int number)
    {
        int digits = 1;
        for (; number >= 10; number /= 10)
            digits++;
        return digits;
    }
}
