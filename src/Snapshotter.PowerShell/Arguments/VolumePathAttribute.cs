using System.Management.Automation;

namespace Snapshotter.PowerShell.Arguments;

/// <summary>
/// Takes strings, files and directories for paths, and nothing else: whatever else comes through the pipeline is left
/// to the other parameters. The names of files and directories are never taken for wildcards.
/// </summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class VolumePathAttribute : ArgumentTransformationAttribute
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
        FileSystemInfo info => WildcardPattern.Escape(info.FullName),
        _ => throw Refusal(),
    };

    private static object? Plain(object? item) => item is PSObject wrapped ? wrapped.BaseObject : item;

    /// <summary>The one exception that makes PowerShell try the next parameter.</summary>
    private static ArgumentTransformationMetadataException Refusal()
        => new(Messages.NotAPath, new PSInvalidCastException(Messages.NotAPath));
}
