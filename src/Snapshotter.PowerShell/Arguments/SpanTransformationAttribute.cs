using System.Management.Automation;
using Snapshotter.Engine.Retention;

namespace Snapshotter.PowerShell.Arguments;

/// <summary>Takes the notation 2y5m7d3h, or a TimeSpan.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class SpanTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return value switch
        {
            RetentionSpan span => span,
            TimeSpan { Ticks: >= 0 } span => new RetentionSpan(0, 0, span.Days, span.Hours),
            // As it was typed: PowerShell takes an unquoted 14d for the number 14.
            _ when RetentionSpan.TryParse(inputData?.ToString(), out RetentionSpan span) => span,
            _ => throw new ArgumentTransformationMetadataException(Messages.Format(nameof(Messages.NotASpan), value)),
        };
    }
}
