using System.Globalization;
using System.Management.Automation;

namespace Snapshotter.PowerShell.Arguments;

/// <summary>
/// Takes the number of a generation. What is none is taken as <see cref="None"/>, for the cmdlet to refuse: were it refused
/// here, PowerShell would leave the parameter out, and a row that names no generation would mean the newest.
/// </summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class GenerationTransformationAttribute : ArgumentTransformationAttribute
{
    /// <summary>No generation has this number.</summary>
    internal const int None = int.MinValue;

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
        => (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) switch
        {
            int number => number,
            string text => int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out int number) ? number : None,
            long or short or byte or uint or double or decimal when LanguagePrimitives.TryConvertTo(inputData, out double number)
                && number == Math.Floor(number) && Math.Abs(number) < int.MaxValue => (int)number,
            _ => None,
        };
}
