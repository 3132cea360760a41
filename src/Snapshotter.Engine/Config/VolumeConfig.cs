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

/// <summary>One volume: a directory or a file.</summary>
public sealed class VolumeSpec
{
    /// <summary>The absolute path that names the volume, as seen inside the container. Its SHA-256 is the volume's id.</summary>
    public required string Target { get; init; }

    /// <summary>Where it is read from and restored to, when that is another place than <see cref="Target"/>.</summary>
    public string? Source { get; init; }

    /// <summary>True for a volume that can be saved but not restored: it is mounted read-only.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>
    /// True when nobody named the path: a pattern matched it, or it came out of a pipeline. If it turns out to be the archive
    /// that is written, it is then left out with a warning instead of refused.
    /// </summary>
    public bool IsImplied { get; init; }

    /// <summary>The path read from and restored to.</summary>
    public string Path => Source ?? Target;

    /// <inheritdoc/>
    public override string ToString() => Target;
}
