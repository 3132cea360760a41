using Snapshotter.Engine.Retention;

namespace Snapshotter.Engine.Config;

/// <summary>Which volumes go into which prefix of an archive: the content of a config.yml.</summary>
public class VolumeConfig
{
    /// <summary>Path inside the tar that the volumes are saved below, without leading slash; empty for the root. A trailing slash is dropped.</summary>
    public string Prefix
    {
        get;
        set => field = value is { Length: > 1 } && value.EndsWith('/') ? value[..^1] : value;
    } = "";

    /// <summary>The volumes.</summary>
    public IList<VolumeSpec> Volumes { get; init; } = [];

    /// <summary>Patterns of what is not saved: see <see cref="Patterns.GlobSet"/>.</summary>
    public IList<string> Exclude { get; init; } = [];

    /// <summary>Which generations of its volumes stay after a backup; null keeps all.</summary>
    public RetentionPolicy? Keep { get; set; }
}
