using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Saving;

/// <summary>How a backup is made.</summary>
public sealed record BackupOptions
{
    /// <summary>How file data is protected.</summary>
    public ChecksumAlgorithm Checksum { get; init; } = ChecksumAlgorithm.XxHash128;

    /// <summary>Patterns of what is not saved, added to the configuration's own.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>How long to wait for another writer to release the archive; zero fails at once.</summary>
    public TimeSpan Wait { get; init; }

    /// <summary>Threads that read files: 0 chooses by the number of cores.</summary>
    public int Readers { get; init; }

    /// <summary>False leaves out the flushes to disk: for benchmarks only. A power cut may then damage the archive.</summary>
    public bool Durable { get; init; } = true;
}
