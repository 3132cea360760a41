namespace Snapshotter.Engine.Retention;

/// <summary>Which generations of a volume stay: the union of all rules given, with the meaning restic gave them. A generation dated in the future counts as made when the next one was, or now.</summary>
public sealed record RetentionPolicy
{
    /// <summary>The newest this many.</summary>
    public int? Last { get; init; }

    /// <summary>The newest of each of the last this many hours that have one.</summary>
    public int? Hourly { get; init; }

    /// <summary>The newest of each of the last this many days that have one.</summary>
    public int? Daily { get; init; }

    /// <summary>The newest of each of the last this many ISO weeks that have one.</summary>
    public int? Weekly { get; init; }

    /// <summary>The newest of each of the last this many months that have one.</summary>
    public int? Monthly { get; init; }

    /// <summary>The newest of each of the last this many years that have one.</summary>
    public int? Yearly { get; init; }

    /// <summary>All made within this span before the newest one.</summary>
    public RetentionSpan? Within { get; init; }

    /// <summary>True when there is no rule at all, so that nothing says what stays.</summary>
    public bool IsEmpty => this == new RetentionPolicy();
}
