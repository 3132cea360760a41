namespace Snapshotter.Engine.Config;

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

    /// <summary>Where it stands in a configuration file; null when it stands in none.</summary>
    internal ConfigPosition? Position { get; init; }

    /// <summary>The path read from and restored to.</summary>
    public string Path => Source ?? Target;

    /// <inheritdoc/>
    public override string ToString() => Target;
}
