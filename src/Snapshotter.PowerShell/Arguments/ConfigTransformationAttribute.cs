using System.Management.Automation;

namespace Snapshotter.PowerShell.Arguments;

/// <summary>Takes whatever describes volumes: a path, a VolumeConfig, a hashtable, an object with Prefix and Volumes.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class ConfigTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object plain = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return plain is object[] list ? list.Select(Wrap).ToArray() : Wrap(inputData);
    }

    /// <summary>The exception within the exception makes PowerShell try the next parameter for what came by the pipeline.</summary>
    private static ConfigSource Wrap(object value)
        => ConfigSource.From(value)
            ?? throw new ArgumentTransformationMetadataException(Messages.NotAConfig, new PSInvalidCastException(Messages.NotAConfig));
}
