using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Snapshotter.Engine.Retention;

/// <summary>
/// A span of calendar time as restic writes it: <c>2y5m7d3h</c> is two years, five months, seven days and three hours.
/// Years and months are those of the calendar, which is why this is no <see cref="TimeSpan"/>.
/// </summary>
/// <param name="Years">Calendar years, 0 or more.</param>
/// <param name="Months">Calendar months, 0 or more.</param>
/// <param name="Days">Calendar days, 0 or more.</param>
/// <param name="Hours">Hours, 0 or more.</param>
public readonly record struct RetentionSpan(int Years, int Months, int Days, int Hours)
{
    private const string Units = "ymdh";

    /// <summary>Longest number accepted for a unit: enough for any calendar, too short to overflow.</summary>
    private const int MaxDigits = 6;

    /// <summary>True for a span of no length.</summary>
    public bool IsZero => this == default;

    /// <summary>Reads a span: whole numbers each followed by y, m, d or h, in either case, each unit once at most.</summary>
    /// <param name="text">For instance <c>14d</c>.</param>
    /// <exception cref="FormatException">The text is no span.</exception>
    public static RetentionSpan Parse(string text) => TryParse(text, out var span)
        ? span
        : throw new FormatException(
            $"'{text}' is no span of time; write whole numbers with y, m, d or h behind them, such as 14d or 2y5m7d3h.");

    /// <summary>As <see cref="Parse"/>, but false instead of an exception.</summary>
    /// <param name="text">For instance <c>14d</c>.</param>
    /// <param name="span">The span; zero when the text is none.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, out RetentionSpan span)
    {
        span = default;
        Span<int> values = [-1, -1, -1, -1];
        var rest = text.AsSpan();
        while (!rest.IsEmpty)
        {
            int digits = rest.IndexOfAnyExceptInRange('0', '9');
            int unit = digits < 0 ? -1 : Units.IndexOf(char.ToLowerInvariant(rest[digits]), StringComparison.Ordinal);
            if (digits is < 1 or > MaxDigits || unit < 0 || values[unit] >= 0)
            {
                return false;
            }

            values[unit] = int.Parse(rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture);
            rest = rest[(digits + 1)..];
        }

        if (string.IsNullOrEmpty(text))
        {
            return false;
        }

        span = new RetentionSpan(
            Math.Max(values[0], 0), Math.Max(values[1], 0), Math.Max(values[2], 0), Math.Max(values[3], 0));
        return true;
    }

    /// <summary>
    /// The time this span before another, in the calendar of a time zone; the earliest time there is when it would lie
    /// before that. A day that the earlier month lacks runs over into the next month, as in restic: one month before
    /// 31 March is 3 March (2 March in a leap year).
    /// </summary>
    internal DateTimeOffset Before(DateTimeOffset time, TimeZoneInfo zone)
    {
        var local = TimeZoneInfo.ConvertTime(time, zone).DateTime;
        try
        {
            var month = new DateTime(local.Year, local.Month, 1).AddMonths(-(Years * 12 + Months));
            var day = month.AddDays(local.Day - 1 - Days) + local.TimeOfDay;
            return new DateTimeOffset(day, zone.GetUtcOffset(day)).AddHours(-Hours);
        }
        catch (ArgumentOutOfRangeException)
        {
            return DateTimeOffset.MinValue;
        }
    }

    /// <summary>The span in the notation that <see cref="Parse"/> reads.</summary>
    public override string ToString()
    {
        if (IsZero)
        {
            return "0h";
        }

        ReadOnlySpan<int> values = [Years, Months, Days, Hours];
        string text = "";
        for (int i = 0; i < values.Length; i++)
        {
            text += values[i] == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{values[i]}{Units[i]}");
        }

        return text;
    }
}
