using Snapshotter.Engine.Patterns;

namespace Snapshotter.Engine.Retention;

/// <summary>
/// Which generations are removed from an archive: give one of <see cref="Keep"/>, <see cref="Generations"/> and
/// <see cref="All"/>. Unless it is <see cref="All"/>, the newest generation of each volume stays, and so does the newest
/// one of each in which nothing is missing: they go by number only, together with <see cref="Volumes"/>.
/// </summary>
public sealed record OptimizeOptions
{
    /// <summary>Wildcard pattern (* and ?) of the prefixes at work; null for all. Others are not touched.</summary>
    public string? Prefix { get; init; }

    /// <summary>Takes <see cref="Prefix"/> as it is, wildcards and all.</summary>
    public bool PrefixIsLiteral { get; init; }

    /// <summary>The rules that say what stays, for each volume of each prefix on its own. A generation stays when it is kept for any of its volumes.</summary>
    public RetentionPolicy? Keep { get; init; }

    /// <summary>The numbers of the generations to remove.</summary>
    public IReadOnlyList<int> Generations { get; init; } = [];

    /// <summary>
    /// With <see cref="Generations"/>: wildcard patterns (* and ?) of the targets of volumes whose newest, and newest
    /// complete, generation may go too. Each matches a volume of a generation that goes.
    /// </summary>
    public IReadOnlyList<string> Volumes { get; init; } = [];

    /// <summary>Removes every generation of the prefixes at work, the newest too. <see cref="Prefix"/> must be given.</summary>
    public bool All { get; init; }

    /// <summary>The ids of the volumes that the rules judge; generations with others stay. Null for all volumes.</summary>
    internal IReadOnlySet<string>? Judged { get; init; }

    internal bool Matches(string prefix)
        => Prefix is null || (PrefixIsLiteral ? Prefix == prefix : Wildcard.Matches(Prefix, prefix));

    /// <summary>How long to wait for others to release the archive; zero fails at once.</summary>
    public TimeSpan Wait { get; init; }

    /// <summary>False leaves out the flushes to disk: for benchmarks only. A power cut may then damage the archive.</summary>
    public bool Durable { get; init; } = true;
}
