namespace Snapshotter.Engine.Volumes;

/// <summary>
/// Which generations are removed from an archive: give one of <see cref="Keep"/>, <see cref="Generations"/> and
/// <see cref="All"/>. Unless it is <see cref="All"/> the newest generation of a prefix always stays, and so does the
/// newest in which nothing is missing.
/// </summary>
public sealed record OptimizeOptions
{
    /// <summary>Wildcard pattern (* and ?) of the prefixes at work; null for all. Others are not touched.</summary>
    public string? Prefix { get; init; }

    /// <summary>Takes <see cref="Prefix"/> as it is, wildcards and all.</summary>
    public bool PrefixIsLiteral { get; init; }

    /// <summary>The rules that say what stays, for each prefix on its own.</summary>
    public RetentionPolicy? Keep { get; init; }

    /// <summary>The numbers of the generations to remove.</summary>
    public IReadOnlyList<int> Generations { get; init; } = [];

    /// <summary>Removes every generation of the prefixes at work, the newest too. <see cref="Prefix"/> must be given.</summary>
    public bool All { get; init; }

    internal bool Matches(string prefix)
        => Prefix is null || (PrefixIsLiteral ? Prefix == prefix : Wildcard.Matches(Prefix, prefix));

    /// <summary>How long to wait for others to release the archive; zero fails at once.</summary>
    public TimeSpan Wait { get; init; }

    /// <summary>False leaves out the flushes to disk: for benchmarks only. A power cut may then damage the archive.</summary>
    public bool Durable { get; init; } = true;
}
