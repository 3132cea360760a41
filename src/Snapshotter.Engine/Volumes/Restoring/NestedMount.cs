using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Volumes.Restoring;

/// <summary>
/// Something that is mounted in a volume. What was saved below it is put into it entry by entry, and nothing is removed
/// there: it may be mounted since, and hold what no backup knows.
/// </summary>
/// <param name="place">Where it is mounted.</param>
/// <param name="kind">What its root is.</param>
internal sealed class NestedMount(string place, FileKind kind)
{
    public string Place { get; } = place;

    /// <summary>What its root is.</summary>
    public FileKind Kind { get; } = kind;

    /// <summary>Why nothing can be put into it; null when it can.</summary>
    public string? Problem { get; set; }
}
