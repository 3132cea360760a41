using System.Management.Automation;

namespace Snapshotter.PowerShell.Arguments;

/// <summary>
/// Takes paths, files, and whatever names its archive: the results of the cmdlets, also when they went through CSV, JSON or
/// Clixml. What is no text already is never taken for wildcards. All else is left to the other parameters.
/// </summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class ArchivePathAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
        => Plain(inputData) switch
        {
            byte[] => throw Refusal(),
            System.Collections.IList list => list.Cast<object>().Select(ToPath).ToArray(),
            _ => ToPath(inputData),
        };

    private static string ToPath(object item) => Plain(item) switch
    {
        string path => path,
        FileSystemInfo info => FilePaths.Mark(info.FullName),
        not null when Plain(PSObject.AsPSObject(item).Properties["Archive"]?.Value) is string archive => FilePaths.Mark(archive),
        _ => throw Refusal(),
    };

    private static object? Plain(object? item) => item is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : item;

    /// <summary>The one exception that makes PowerShell try the next parameter.</summary>
    private static ArgumentTransformationMetadataException Refusal()
        => new(Messages.NotAnArchive, new PSInvalidCastException(Messages.NotAnArchive));
}
