using System.Globalization;
using System.Management.Automation;

namespace Snapshotter.PowerShell.Arguments;

/// <summary>Takes a number for seconds, where PowerShell by itself would take it for ticks of 100 nanoseconds.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class DurationTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        try
        {
            TimeSpan duration = value switch
            {
                TimeSpan span => span,
                string text when text.Contains(':', StringComparison.Ordinal) => TimeSpan.Parse(text, CultureInfo.InvariantCulture),
                // Not by Convert, which takes the comma in 0,5 for one that groups digits.
                string text => TimeSpan.FromSeconds(double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture)),
                _ => TimeSpan.FromSeconds(Convert.ToDouble(value, CultureInfo.InvariantCulture)),
            };
            if (duration >= TimeSpan.Zero)
                return duration;
        }
        catch (Exception e) when (e is FormatException or InvalidCastException or OverflowException or ArgumentException)
        {
        }

        throw new ArgumentTransformationMetadataException(Messages.Format(nameof(Messages.NotADuration), value));
    }
}
