using System.Management.Automation;

namespace Snapshotter.PowerShell.Arguments;

/// <summary>
/// Takes strings, files and directories for paths; the names of files and directories are never taken for wildcards. What
/// another parameter can take is left to it. All else is taken too, marked as no path: were it refused, PowerShell would
/// go on with the rest of a pipeline, of which all is to be saved or nothing.
/// </summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class VolumePathAttribute : ArgumentTransformationAttribute
{
    /// <summary>No path has this in it.</summary>
    private const char Mark = '\0';

    private static readonly string[] OtherNames = ["Path", "LiteralPath", "PSPath"];

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
        => Plain(inputData) is not byte[] and System.Collections.IList list
            ? list.Cast<object>().Select(ToPath).ToArray()
            : ToPath(inputData);

    /// <summary>What was taken though it is no path; null for a path.</summary>
    internal static string? NoPath(string path) => path is "" || path[0] == Mark ? path.TrimStart(Mark) : null;

    private static string ToPath(object? item) => Plain(item) switch
    {
        string path => path,
        FileSystemInfo info => FilePaths.Mark(info.FullName),
        null => "",
        _ when ConfigSource.From(item) is not null || HasPath(item!) => throw Refusal(),
        { } other => $"{Mark}{other}",
    };

    private static bool HasPath(object item) => OtherNames.Any(name => PSObject.AsPSObject(item).Properties[name] is not null);

    private static object? Plain(object? item) => item is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : item;

    /// <summary>The one exception that makes PowerShell try the next parameter.</summary>
    private static ArgumentTransformationMetadataException Refusal()
        => new(Messages.NotAPath, new PSInvalidCastException(Messages.NotAPath));
}
