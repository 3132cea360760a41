using System.Globalization;
using System.Text;

namespace Snapshotter.Engine.Reporting;

/// <summary>
/// How names are shown to people. A name may hold what a terminal takes for commands, what ends a line of a log, or what turns
/// the order of the text around it: control characters (C0, DEL, C1), the separators of lines and paragraphs, and Unicode's
/// controls of writing direction (its property Bidi_Control). They, and bytes that are no UTF-8, are shown as escapes.
/// </summary>
public static class Shown
{
    private static readonly System.Buffers.SearchValues<char> HexDigits = System.Buffers.SearchValues.Create("0123456789abcdef");

    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>A size with three digits and a binary unit, e.g. <c>1.46 MiB</c>.</summary>
    /// <param name="bytes">Number of bytes.</param>
    /// <returns>The text, in the current culture.</returns>
    public static string Size(long bytes)
    {
        int unit = 0;
        double value = bytes;
        while (unit < Units.Length - 1 && Math.Abs(value) >= 1023.5)
        {
            value /= 1024;
            unit++;
        }

        string digits = unit == 0 || value >= 99.95 ? "F0" : value >= 9.995 ? "F1" : "F2";
        return value.ToString(digits, CultureInfo.CurrentCulture) + " " + Units[unit];
    }

    /// <summary>Two sizes that are compared: to the byte where they would look the same.</summary>
    /// <param name="one">Number of bytes.</param>
    /// <param name="other">Number of bytes.</param>
    /// <returns>The texts, in the current culture.</returns>
    public static (string One, string Other) Sizes(long one, long other)
    {
        var (first, second) = (Size(one), Size(other));
        return first == second && one != other ? (Count(one, "byte", "bytes"), Count(other, "byte", "bytes")) : (first, second);
    }

    /// <summary>A number and what there is so many of.</summary>
    /// <param name="count">The number.</param>
    /// <param name="one">The word for one.</param>
    /// <param name="many">The word for any other number.</param>
    /// <returns>For instance <c>1 entry</c>.</returns>
    public static string Count(long count, string one, string many)
        => count.ToString(CultureInfo.CurrentCulture) + " " + (count == 1 ? one : many);

    /// <summary>
    /// A name so that it can be told from every other: <c>\x1b</c> for a character below 128 and for a byte that is no UTF-8,
    /// <c>\u202e</c> for others. In a name with such an escape, or with what looks like one, the backslash is <c>\\</c>.
    /// </summary>
    /// <param name="name">The name as it is; bytes that are no UTF-8 stand in it as U+DC80 to U+DCFF.</param>
    /// <returns>The name itself when it can be shown as it is.</returns>
    public static string Name(string? name)
    {
        if (name is null)
        {
            return "";
        }

        for (int i = 0; i < name.Length; i++)
        {
            if (MustEscape(name, i) || LooksEscaped(name.AsSpan(i)))
            {
                return Escape(name, withBackslashes: true);
            }
        }

        return name;
    }

    /// <summary>A text that has names in it, when nothing is known of where they are: without backslashes doubled.</summary>
    /// <param name="text">The text.</param>
    /// <returns>One line that can be shown.</returns>
    public static string Line(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        for (int i = 0; i < text.Length; i++)
        {
            if (MustEscape(text, i))
            {
                return Escape(text, withBackslashes: false);
            }
        }

        return text;
    }

    private static string Escape(string text, bool withBackslashes)
    {
        var shown = new StringBuilder(text.Length + 16);
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (withBackslashes && c == '\\')
            {
                shown.Append(@"\\");
            }
            else if (!MustEscape(text, i))
            {
                shown.Append(c);
            }
            else if (c < '\x80' || c is >= '\udc80' and <= '\udcff')
            {
                shown.Append(CultureInfo.InvariantCulture, $@"\x{c & 0xFF:x2}");
            }
            else
            {
                shown.Append(CultureInfo.InvariantCulture, $@"\u{(int)c:x4}");
            }
        }

        return shown.ToString();
    }

    private static bool MustEscape(string text, int i)
    {
        char c = text[i];
        return c < ' ' || (c >= '\x7f' && (char.IsControl(c) || IsLayout(c) || (char.IsSurrogate(c) && !IsPaired(text, i))));
    }

    private static bool IsLayout(char c)
        => c is '\u061c' or '\u200e' or '\u200f' or (>= '\u2028' and <= '\u202e') or (>= '\u2066' and <= '\u2069');

    private static bool IsPaired(string text, int i)
        => char.IsHighSurrogate(text[i])
            ? i + 1 < text.Length && char.IsLowSurrogate(text[i + 1])
            : i > 0 && char.IsHighSurrogate(text[i - 1]);

    private static bool LooksEscaped(ReadOnlySpan<char> text)
        => text is ['\\', 'x', ..] ? IsHex(text[2..], 2) : text is ['\\', 'u', ..] && IsHex(text[2..], 4);

    private static bool IsHex(ReadOnlySpan<char> text, int digits)
        => text.Length >= digits && text[..digits].IndexOfAnyExcept(HexDigits) < 0;
}
