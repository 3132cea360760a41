namespace Snapshotter.Engine.Jobs;

/// <summary>Which generation is meant.</summary>
public sealed record GenerationChoice
{
    /// <summary>The newest one that holds the volume.</summary>
    public static GenerationChoice Newest { get; } = new();

    /// <summary>The one with this number.</summary>
    public int? Number { get; init; }

    /// <summary>The newest one that holds the volume and was made at this time or before.</summary>
    public DateTimeOffset? AsOf { get; init; }
}
