using System.Globalization;
using System.Management.Automation;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.PowerShell.Arguments;

/// <summary>One entry of an archive, as a row of Get-BackupTar -Entry names it.</summary>
/// <param name="Target">The path that names the volume; empty for an entry of no volume.</param>
/// <param name="Path">Path below the volume's root.</param>
/// <param name="Offset">Where the entry stands in the archive, in bytes.</param>
/// <param name="IsOfGeneration">False for what is no part of any backup.</param>
public sealed record EntrySource(string Target, string Path, long Offset, bool IsOfGeneration)
{
    /// <summary>Reads a row, also one that went through CSV, JSON or Clixml.</summary>
    /// <param name="value">Anything.</param>
    /// <returns>Null when it is no entry.</returns>
    public static EntrySource? From(object? value)
    {
        object? plain = value is PSObject wrapped ? wrapped.BaseObject : value;
        if (plain is EntrySource source)
            return source;
        if (plain is ArchivedEntry entry)
            return new EntrySource(entry.Target, entry.Path, entry.Offset, entry.Generation is not null);
        // A row without a path is one that was spoiled: for a volume it must not be taken.
        if (value is not null && PSObject.AsPSObject(value).Properties is var row && row["Offset"] is not null && row["Path"] is { Value: null })
            return new EntrySource("", "", 0, IsOfGeneration: false);
        if (value is null || Text(value, "Offset") is not { } offset || Text(value, "Path") is not { } path
            || !long.TryParse(offset, NumberStyles.None, CultureInfo.InvariantCulture, out long number))
            return null;
        return new EntrySource(Text(value, "Target") ?? "", path, number, Text(value, "Generation") is { Length: > 0 });
    }

    /// <inheritdoc/>
    public override string ToString() => Path;

    private static string? Text(object value, string property)
        => PSObject.AsPSObject(value).Properties[property]?.Value is { } found ? Convert.ToString(found, CultureInfo.InvariantCulture) : null;
}

/// <summary>Takes rows of Get-BackupTar -Entry; whatever else comes through the pipeline is left to the other parameters.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class EntryTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
        => inputData is PSObject { BaseObject: object[] list } ? list.Select(Wrap).ToArray()
            : inputData is object[] plain ? plain.Select(Wrap).ToArray()
            : Wrap(inputData);

    /// <summary>The exception within the exception makes PowerShell try the next parameter for what came by the pipeline.</summary>
    private static EntrySource Wrap(object value)
        => EntrySource.From(value)
            ?? throw new ArgumentTransformationMetadataException(Messages.NotAnEntry, new PSInvalidCastException(Messages.NotAnEntry));
}
