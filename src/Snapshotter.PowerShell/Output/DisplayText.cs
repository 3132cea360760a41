using System.Globalization;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.PowerShell.Output;

/// <summary>How values are shown to people, in the current culture; tables and progress use it.</summary>
public static class DisplayText
{
    /// <summary>A size with three digits and a binary unit, e.g. <c>1.46 MiB</c>.</summary>
    /// <param name="bytes">Number of bytes; null gives an empty text.</param>
    /// <returns>The text.</returns>
    public static string Size(long? bytes) => bytes is { } size ? Shown.Size(size) : "";

    /// <summary>A duration: seconds below a minute, e.g. <c>1.23 s</c>, else hours, minutes and seconds.</summary>
    /// <param name="duration">The time spent.</param>
    /// <returns>The text.</returns>
    public static string Duration(TimeSpan duration) => duration.TotalMinutes < 1
        ? duration.TotalSeconds.ToString("F2", CultureInfo.CurrentCulture) + " s"
        : string.Create(CultureInfo.InvariantCulture, $"{(long)duration.TotalHours}:{duration:mm\\:ss}");

    /// <summary>
    /// A local time to the minute, in the one notation that is read back everywhere: the calendar and the order of day and
    /// month of the current culture are no way to write a time that will be typed again.
    /// </summary>
    /// <param name="time">The time.</param>
    /// <returns>For instance <c>2026-11-23 15:04</c>.</returns>
    public static string Time(DateTimeOffset time) => time.LocalDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    /// <summary>A text of so many columns at most: the middle goes, since the ends of paths tell them apart.</summary>
    /// <param name="text">The text.</param>
    /// <param name="columns">How many columns there is room for, 5 or more; wide characters take two.</param>
    /// <returns>The text itself, or its beginning and its end.</returns>
    public static string Cut(string text, int columns)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (Columns(text) <= columns)
            return text;
        // Whole characters with their marks, wherever a cut falls.
        int[] starts = StringInfo.ParseCombiningCharacters(text);
        int head = 0;
        while (head + 1 < starts.Length && Columns(text.AsSpan(0, starts[head + 1])) <= (columns - 1) / 2)
            head++;
        int used = Columns(text.AsSpan(0, starts[head]));
        int tail = starts.Length;
        while (used + 1 + Columns(text.AsSpan(starts[tail - 1])) <= columns)
            tail--;
        return $"{text.AsSpan(0, starts[head])}\u2026{(tail < starts.Length ? text.AsSpan(starts[tail]) : "")}";
    }

    /// <summary>A path of so many columns at most, below a folder that is not the target's: what that is shows.</summary>
    /// <param name="path">The path.</param>
    /// <param name="target">What it ends with, mostly.</param>
    /// <param name="columns">How many columns there is room for, 8 or more.</param>
    /// <returns>The path itself, or the folder, cut in its middle, and beginning and end of the rest.</returns>
    public static string CutBelow(string path, string target, int columns)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(target);
        int same = 0;
        while (same < Math.Min(path.Length, target.Length) && path[^(same + 1)] == target[^(same + 1)])
            same++;
        // A name is not taken apart.
        int below = path.Length - same;
        while (below < path.Length && path[below] is not ('/' or '\\'))
            below++;
        const int Rest = 5;
        if (Columns(path) <= columns || below == 0 || below == path.Length || columns < 3 * Rest)
            return Cut(path, columns);
        string folder = Cut(path[..below], columns - Rest);
        return folder + Cut(path[below..], columns - Columns(folder));
    }

    /// <summary>
    /// The columns that a text takes, as PowerShell's console counts them when it fills up a table: East Asian wide characters
    /// are two, and so are those that .NET has as two, as most emoji.
    /// </summary>
    private static int Columns(ReadOnlySpan<char> text)
    {
        int columns = text.Length;
        foreach (char c in text)
        {
            if (c >= 0x1100 && (c <= 0x115F || c is '\u2329' or '\u232A' || (c is >= '\u2E80' and <= '\uA4CF' && c != '\u303F')
                || c is (>= '\uAC00' and <= '\uD7A3') or (>= '\uF900' and <= '\uFAFF') or (>= '\uFE10' and <= '\uFE19')
                    or (>= '\uFE30' and <= '\uFE6F') or (>= '\uFF00' and <= '\uFF60') or (>= '\uFFE0' and <= '\uFFE6')))
                columns++;
        }

        return columns;
    }

    /// <summary>A name without what a terminal takes for commands.</summary>
    /// <param name="text">The name.</param>
    /// <returns>The name, with escapes in the place of such characters: see <see cref="Shown.Name"/>.</returns>
    public static string Safe(string? text) => Shown.Name(text);

    /// <summary>A line that has names in it, without what a terminal takes for commands, and without line breaks.</summary>
    /// <param name="text">The line.</param>
    /// <returns>The line: see <see cref="Shown.Line"/>.</returns>
    public static string SafeLine(string? text) => Shown.Line(text ?? "");

    /// <summary>A type and permission bits as ls shows them, e.g. <c>-rwsr-xr-x</c>.</summary>
    /// <param name="type">The entry's type.</param>
    /// <param name="mode">Permission bits, 0 to 07777.</param>
    /// <returns>Ten characters.</returns>
    public static string Mode(EntryType type, int mode)
    {
        char kind = type switch
        {
            EntryType.Directory => 'd',
            EntryType.SymbolicLink => 'l',
            EntryType.HardLink => 'h',
            EntryType.Fifo => 'p',
            EntryType.CharacterDevice => 'c',
            EntryType.BlockDevice => 'b',
            _ => '-',
        };
        return kind + Triple(mode >> 6, mode & 0x800, 's') + Triple(mode >> 3, mode & 0x400, 's') + Triple(mode, mode & 0x200, 't');
    }

    private static string Triple(int bits, int special, char mark)
    {
        bool runs = (bits & 1) != 0;
        char last = special != 0 ? (runs ? mark : char.ToUpperInvariant(mark)) : runs ? 'x' : '-';
        return new string([(bits & 4) != 0 ? 'r' : '-', (bits & 2) != 0 ? 'w' : '-', last]);
    }
}
