using System.Globalization;
using System.Management.Automation;

namespace Snapshotter.PowerShell.Arguments;

/// <summary>
/// Takes a time as it is written everywhere, whatever the current culture: where that has another calendar, PowerShell
/// itself would read another year. What a text leaves out is meant to the end: a date is all of that day, hours and minutes
/// are all of that minute.
/// </summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class PointInTimeTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return value switch
        {
            DateTimeOffset time => time,
            DateTime time => new DateTimeOffset(time),
            string text when Read(text.Trim()) is { } time => time,
            _ => throw new ArgumentTransformationMetadataException(Messages.Format(nameof(Messages.NotATime), value)),
        };
    }

    private static DateTimeOffset? Read(string text)
    {
        if (DateOnly.TryParse(text, CultureInfo.InvariantCulture, out DateOnly date))
            return EndOf(new DateTimeOffset(date.ToDateTime(TimeOnly.MinValue)), TimeSpan.FromDays(1));
        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out DateTimeOffset time))
            return null;
        return time.Ticks % TimeSpan.TicksPerSecond != 0 ? time
            : EndOf(time, time.Second == 0 && text.Count(c => c == ':') == 1 ? TimeSpan.FromMinutes(1) : TimeSpan.FromSeconds(1));
    }

    /// <summary>The last moment of a span; a local day may have other than 24 hours.</summary>
    private static DateTimeOffset EndOf(DateTimeOffset start, TimeSpan span)
        => start.UtcDateTime > DateTime.MaxValue - TimeSpan.FromDays(2) ? DateTimeOffset.MaxValue
            : span.Days > 0 ? new DateTimeOffset(start.DateTime.Add(span)).AddTicks(-1) : start.Add(span).AddTicks(-1);
}
