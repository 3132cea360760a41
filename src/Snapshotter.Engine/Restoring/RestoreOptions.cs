using Snapshotter.Engine.Jobs;

namespace Snapshotter.Engine.Restoring;

/// <summary>How a restore is made.</summary>
public sealed record RestoreOptions
{
    /// <summary>Which generation.</summary>
    public GenerationChoice Generation { get; init; } = GenerationChoice.Newest;

    /// <summary>Wildcard patterns (* and ?) of the targets to restore; empty for all.</summary>
    public IReadOnlyList<string> Volumes { get; init; } = [];

    /// <summary>A directory to restore below instead of the targets themselves: /home/volume1 goes to DESTINATION/home/volume1.</summary>
    public string? Destination { get; init; }

    /// <summary>Only what matches these patterns is restored, over what is there; see <see cref="Patterns.GlobSet"/>. Empty restores the whole volume.</summary>
    public IReadOnlyList<string> Include { get; init; } = [];

    /// <summary>What matches these patterns is left as it is.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>Only these entries are restored, each by itself, over what is there. Empty restores all that the patterns choose.</summary>
    public IReadOnlyList<EntryChoice> Entries { get; init; } = [];

    /// <summary>How long to wait for one that removes generations from the archive, or that restores the same volume; zero fails at once, or after a moment.</summary>
    public TimeSpan Wait { get; init; }

    /// <summary>Empty and fill the volume instead of staging beside it: for volumes without room for two copies.</summary>
    public bool InPlace { get; init; }

    /// <summary>Do not restore owners and groups.</summary>
    public bool NoOwner { get; init; }

    /// <summary>
    /// Leave out, and tell of, entries whose names the place they go to cannot hold, as Windows cannot hold <c>a:b</c>. By default
    /// they are an error that names them all.
    /// </summary>
    public bool SkipUnfit { get; init; }

    /// <summary>Threads that write files: 0 chooses by the number of cores.</summary>
    public int Writers { get; init; }

    /// <summary>False leaves out the flushes to disk: for benchmarks only.</summary>
    public bool Durable { get; init; } = true;
}
