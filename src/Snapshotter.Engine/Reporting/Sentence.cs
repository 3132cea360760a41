using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Snapshotter.Engine.Reporting;

/// <summary>
/// A message made of an interpolated string: its own words stay as they are, and what stands in the holes is shown as
/// <see cref="Shown.Name"/> has it. What is a message already stays as it is with the format <c>said</c>:
/// <c>$"Nothing was changed: {cause.Message:said}"</c>.
/// </summary>
[InterpolatedStringHandler]
public sealed class Sentence
{
    /// <summary>The format of what is a message already.</summary>
    private const string Said = "said";

    private readonly StringBuilder text;

    /// <summary>Called by the compiler.</summary>
    /// <param name="literalLength">Characters of its own words.</param>
    /// <param name="formattedCount">Number of holes.</param>
    public Sentence(int literalLength, int formattedCount) => text = new StringBuilder(literalLength + (formattedCount * 16));

    /// <summary>Adds own words.</summary>
    /// <param name="value">The words.</param>
    public void AppendLiteral(string value) => text.Append(value);

    /// <summary>Adds what stands in a hole.</summary>
    /// <param name="value">A name, or a message with the format <c>said</c>.</param>
    /// <param name="format">Null or <c>said</c>.</param>
    public void AppendFormatted(string? value, string? format = null) => text.Append(format == Said ? value : Shown.Name(value));

    /// <summary>Adds what stands in a hole.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    /// <param name="value">A value, formatted in the current culture.</param>
    /// <param name="format">As its type has it.</param>
    public void AppendFormatted<T>(T value, string? format = null)
        => text.Append(Shown.Name(value is IFormattable formattable ? formattable.ToString(format, CultureInfo.CurrentCulture) : value?.ToString()));

    /// <inheritdoc/>
    public override string ToString() => text.ToString();
}
