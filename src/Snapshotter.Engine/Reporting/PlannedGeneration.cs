namespace Snapshotter.Engine.Reporting;

/// <summary>What would become of one generation.</summary>
public sealed class PlannedGeneration
{
    /// <summary>Full path of the archive.</summary>
    public required string Archive { get; init; }

    /// <summary>Path inside the tar.</summary>
    public required string Prefix { get; init; }

    /// <summary>The generation's number, unique in the archive.</summary>
    public required int Generation { get; init; }

    /// <summary>When the backup began; for archives of other programs the time stamp of the manifest.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>The targets of its volumes.</summary>
    public required IReadOnlyList<string> Volumes { get; init; }

    /// <summary>Bytes it takes in the archive: what its removal gains.</summary>
    public required long Bytes { get; init; }

    /// <summary>True when it stays.</summary>
    public required bool Keep { get; init; }

    /// <summary>
    /// Why it stays: "last", "hourly", "daily", "weekly", "monthly", "yearly" and "within" are rules of the policy,
    /// "newest" and "newest complete" protect what a restore of a volume needs, "other volumes" are those that the rules of
    /// a backup do not judge, "damaged" is what no rule can judge, "not chosen" is not among the numbers given. Empty when
    /// it goes.
    /// </summary>
    public required IReadOnlyList<string> Reasons { get; init; }

    /// <summary>The targets of the volumes on whose account it stays; empty when it goes, or stays for no volume's sake.</summary>
    public IReadOnlyList<string> KeptFor { get; init; } = [];
}
