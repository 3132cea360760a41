using System.Collections;
using System.Management.Automation;
using Snapshotter.Engine.Config;

namespace Snapshotter.PowerShell.Arguments;

/// <summary>
/// Where a configuration comes from. It is read when the cmdlet runs, not when its parameters are bound, so that a
/// mistake in it is reported as what it is.
/// </summary>
public sealed class ConfigSource
{
    private readonly object source;

    private ConfigSource(object source) => this.source = source;

    /// <summary>The object itself, when it was given as one.</summary>
    public VolumeConfig? Config => source as VolumeConfig;

    /// <summary>Wraps what can be a configuration; null for all else.</summary>
    /// <param name="value">A path, a file, a VolumeConfig, a dictionary, or an object with a property Volumes.</param>
    /// <returns>The source, or null.</returns>
    public static ConfigSource? From(object? value)
    {
        object? plain = value is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : value;
        return plain switch
        {
            ConfigSource source => source,
            VolumeConfig or IDictionary or string => new ConfigSource(plain),
            FileInfo file => new ConfigSource(file.FullName),
            PSObject custom when custom.Properties["Volumes"] is not null => new ConfigSource(custom),
            _ => null,
        };
    }

    /// <summary>Reads the configuration.</summary>
    /// <param name="resolve">Makes a path absolute.</param>
    /// <returns>A configuration whose paths are checked.</returns>
    /// <exception cref="Engine.Reporting.BackupException">ConfigNotFound or ConfigInvalid.</exception>
    public VolumeConfig Read(Func<string, string> resolve)
    {
        ArgumentNullException.ThrowIfNull(resolve);
        if (source is string path)
            return VolumeConfigFile.Read(resolve(path));
        VolumeConfig config = Config ?? ConfigObject.Read(source);
        VolumeConfigFile.Validate(config);
        return config;
    }

    /// <inheritdoc/>
    public override string ToString() => source as string ?? nameof(VolumeConfig);
}
