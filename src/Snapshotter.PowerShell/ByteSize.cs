using System.Globalization;

namespace Snapshotter.PowerShell;

/// <summary>Sizes for people: three digits and a binary unit.</summary>
public static class ByteSize
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>Formats a size in the current culture, e.g. <c>1.46 MiB</c>.</summary>
    /// <param name="bytes">Number of bytes; null gives an empty text.</param>
    /// <returns>The text.</returns>
    public static string Format(long? bytes)
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
}
