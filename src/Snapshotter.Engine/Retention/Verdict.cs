using Snapshotter.Engine.Archive;

namespace Snapshotter.Engine.Retention;

/// <summary>What becomes of a generation: it goes as long as nothing was said for it.</summary>
internal sealed class Verdict(Generation generation)
{
    /// <summary>It holds volumes that the rules do not judge.</summary>
    public const string OtherVolumes = "other volumes";

    private readonly List<string> reasons = [];
    private readonly List<string> targets = [];

    public Generation Generation { get; } = generation;

    /// <summary>Why it stays, each reason once; none when it goes.</summary>
    public IReadOnlyList<string> Reasons => reasons;

    /// <summary>The targets of the volumes on whose account it stays.</summary>
    public IReadOnlyList<string> KeptFor => targets;

    /// <summary>It stays, for a reason that concerns it as a whole or one of its volumes. The volumes come one after the other.</summary>
    public void Keep(string reason, string? target = null)
    {
        if (!reasons.Contains(reason))
        {
            reasons.Add(reason);
        }

        if (target is not null && (targets.Count == 0 || targets[^1] != target))
        {
            targets.Add(target);
        }
    }
}
