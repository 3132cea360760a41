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

    /// <summary>The first mistake in it, with the property that has it, or an empty name for the policy as a whole.</summary>
    internal (string Rule, string Problem)? FindMistake()
    {
        if (IsEmpty)
        {
            return ("", "no rule says what to keep; give last, hourly, daily, weekly, monthly, yearly or within, or leave keep out");
        }

        ReadOnlySpan<(string Rule, int? Count)> counts =
        [
            (nameof(Last), Last), (nameof(Hourly), Hourly), (nameof(Daily), Daily),
            (nameof(Weekly), Weekly), (nameof(Monthly), Monthly), (nameof(Yearly), Yearly),
        ];
        foreach (var (rule, count) in counts)
        {
            if (count < 1)
            {
                return (rule, $"{count} is no count to keep; give 1 or more, or leave it out");
            }
        }

        return Within is { IsZero: true } ? (nameof(Within), "a span of zero keeps nothing; give one such as 14d, or leave it out") : null;
    }
}
