namespace Snapshotter.Engine.Jobs;

/// <summary>What is listed or tested.</summary>
public sealed record ListOptions
{
    /// <summary>Wildcard pattern (* and ?) of prefixes; null for all.</summary>
    public string? Prefix { get; init; }

    /// <summary>Only the newest copy of each volume of each prefix.</summary>
    public bool Newest { get; init; }

    /// <summary>Only the generation with this number.</summary>
    public int? Generation { get; init; }
}
