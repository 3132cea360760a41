using System.Globalization;

namespace Snapshotter.PowerShell.Output;

/// <summary>How values are shown to people, in the current culture; tables and progress use it.</summary>
public static class DisplayText
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>A size with three digits and a binary unit, e.g. <c>1.46 MiB</c>.</summary>
    /// <param name="bytes">Number of bytes; null gives an empty text.</param>
    /// <returns>The text.</returns>
    public static string Size(long? bytes)
    {
        if (bytes is not { } size)
            return "";
        int unit = 0;
        double value = size;
        while (unit < Units.Length - 1 && Math.Abs(value) >= 1023.5)
        {
            value /= 1024;
            unit++;
        }

        string digits = unit == 0 || value >= 99.95 ? "F0" : value >= 9.995 ? "F1" : "F2";
        return value.ToString(digits, CultureInfo.CurrentCulture) + " " + Units[unit];
    }

    /// <summary>A duration: seconds below a minute, e.g. <c>1.23 s</c>, else hours, minutes and seconds.</summary>
    /// <param name="duration">The time spent.</param>
    /// <returns>The text.</returns>
    public static string Duration(TimeSpan duration) => duration.TotalMinutes < 1
        ? duration.TotalSeconds.ToString("F2", CultureInfo.CurrentCulture) + " s"
        : string.Create(CultureInfo.InvariantCulture, $"{(long)duration.TotalHours}:{duration:mm\\:ss}");

    /// <summary>A type and permission bits as ls shows them, e.g. <c>-rwsr-xr-x</c>.</summary>
    /// <param name="type">The entry's type.</param>
    /// <param name="mode">Permission bits, 0 to 07777.</param>
    /// <returns>Ten characters.</returns>
    public static string Mode(string type, int mode)
    {
        char kind = type switch
        {
            "directory" => 'd',
            "symlink" => 'l',
            "hardlink" => 'h',
            "fifo" => 'p',
            "chardevice" => 'c',
            "blockdevice" => 'b',
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
