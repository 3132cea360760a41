using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Patterns;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Jobs;

/// <summary>
/// Refuses generations whose manifest is known to be damaged: a volume that cannot be read in it must never look like one
/// that was not saved. Volumes whose lines are whole may be had all the same, by naming them.
/// </summary>
/// <param name="archivePath">The archive.</param>
/// <param name="ofPrefix">The generations of the same prefix, oldest first: what to name instead.</param>
internal sealed class DamageGuard(string archivePath, IReadOnlyList<Generation> ofPrefix)
{
    /// <summary>Names in a message.</summary>
    private const int MaxNames = 20;

    /// <summary>Lets a generation pass when it is whole, or when all that is wanted of it is known to be whole.</summary>
    /// <param name="generation">The generation.</param>
    /// <param name="patterns">Wildcard patterns of the targets that are named; empty for "all of it".</param>
    /// <exception cref="BackupException">ArchiveInvalid: what is damaged, what is not, and which older generation is whole.</exception>
    public void Check(Generation generation, IReadOnlyList<string> patterns)
    {
        if (generation.Damage is not null && (patterns.Count == 0 || !patterns.All(pattern => IsWhole(generation, pattern))))
        {
            throw Refusal(generation);
        }
    }

    /// <summary>What to tell of a generation that is used although its manifest is damaged; null when it is not.</summary>
    public Notice? Warning(Generation generation) => generation.Damage is not { } damage ? null : new Notice(
        damage.Kind, archivePath,
        $"Generation {generation.Number} of '{generation.Prefix}' is damaged: {damage.Message:said} What is damaged is not restored: {Damaged(generation)}.");

    /// <summary>The error that names what of a generation is damaged.</summary>
    public BackupException Refusal(Generation generation)
    {
        var whole = generation.Volumes.Take(MaxNames + 1).Select(v => $"'{EntryNames.ForMessage(v.Target)}'").ToList();
        var older = ofPrefix.Where(g => g.Damage is null && g.Number < generation.Number)
            .Select(g => g.Number.ToString(System.Globalization.CultureInfo.InvariantCulture)).Distinct().ToList();
        return new BackupException(
            generation.Damage!.Kind,
            $"Generation {generation.Number} of '{generation.Prefix}' in '{archivePath}' is damaged: {generation.Damage.Message:said} "
            + $"Damaged in it: {Damaged(generation)}. "
            + (whole.Count == 0 ? "No volume of it is known to be whole. " : $"Whole, when named by themselves: {Join(whole)}. ")
            + (older.Count == 0 ? "No older generation is whole." : $"Older generations that are whole: {Join([.. Enumerable.Reverse(older)])}."),
            generation.Prefix)
        {
            Offset = generation.ManifestOffset,
            Remedy = Remedy.ChooseWhole,
        };
    }

    /// <summary>
    /// True when the pattern names volumes that are whole, and none that is damaged: one without wildcards names one volume,
    /// one with them may mean every volume whose name is not certain.
    /// </summary>
    private static bool IsWhole(Generation generation, string pattern)
    {
        bool isExact = !pattern.AsSpan().ContainsAny('*', '?');
        return isExact && generation.Volumes.Any(v => v.Target == pattern)
            || (generation.Volumes.Any(v => Wildcard.MatchesTarget(pattern, v.Target))
                && !generation.DamagedVolumes.Any(v => !v.IsCertain || Wildcard.MatchesTarget(pattern, v.Target!)));
    }

    private static string Damaged(Generation generation) => generation.DamagedVolumes.Count == 0
        ? "lines that belong to no volume, or values that look right and are not"
        : Join([.. generation.DamagedVolumes.Select(v => v.DisplayName).Distinct()]);

    private static string Join(List<string> names) =>
        string.Join(", ", names.Take(MaxNames)) + (names.Count > MaxNames ? ", ..." : "");
}
