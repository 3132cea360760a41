using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Restoring;

/// <summary>What was to be removed and cannot be: immutable, on what is read-only, or a mount.</summary>
internal sealed class StuckEntries
{
    private const int MaxNamed = 10;

    private readonly List<string> named = [];

    /// <summary>How many, those not counted that stay only for what is in them.</summary>
    public long Count { get; private set; }

    /// <summary>Whether a failure is about what was to be removed, and not about the disk, or somebody who interferes.</summary>
    public static bool Is(FileSystemException e) => e.Error is FileError.AccessDenied or FileError.Busy or FileError.ReadOnly;

    /// <summary>Takes note of one.</summary>
    public void Add(FileSystemException failure)
    {
        Count++;
        if (named.Count < MaxNamed)
        {
            named.Add($"'{failure.Path}' ({failure.Detail})");
        }
    }

    /// <summary>The first of them, each with the reason.</summary>
    public override string ToString() => string.Join(", ", named) + (Count > named.Count ? ", ..." : "");
}
