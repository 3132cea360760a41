using System.Globalization;
using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Volumes.Optimizing;

/// <summary>Decides which generations of an archive go, and why the others stay.</summary>
internal static class GenerationSelection
{
    private const string Newest = "newest";
    private const string NewestComplete = "newest complete";

    /// <summary>The generations at work in the order of the archive, each with the reasons to keep it: none when it goes.</summary>
    /// <exception cref="BackupException">ConfigInvalid: the options say nothing or contradict each other;
    /// GenerationNotFound: no such prefix or number; GenerationProtected: a number that only All removes.</exception>
    public static IReadOnlyList<(Generation Generation, IReadOnlyList<string> Reasons)> Decide(
        string archive, IReadOnlyList<Generation> generations, OptimizeOptions options)
    {
        Check(options);
        var chosen = generations.Where(g => options.Matches(g.Prefix)).ToList();
        if (chosen.Count == 0 && options.Prefix is not null)
        {
            throw new BackupException(
                BackupError.GenerationNotFound,
                $"'{archive}' holds no generation of the prefix '{options.Prefix}'.", options.Prefix)
            {
                Remedy = Remedy.ListArchive,
            };
        }

        var reasons = chosen.GroupBy(g => g.Prefix, StringComparer.Ordinal)
            .SelectMany(group => Decide([.. group], options))
            .ToDictionary(decision => decision.Generation, decision => decision.Reasons);
        CheckNumbers(archive, chosen, reasons, options);
        return [.. chosen.Select(g => (g, reasons[g]))];
    }

    private static void Check(OptimizeOptions options)
    {
        int ways = (options.Keep is null ? 0 : 1) + (options.Generations.Count == 0 ? 0 : 1) + (options.All ? 1 : 0);
        string? problem =
            ways == 0 ? "nothing says what to remove"
            : ways > 1 ? "rules of what stays, numbers of what goes, and the removal of all exclude each other"
            : options.All && options.Prefix is null ? "the removal of all needs a prefix; '*' means every one"
            : VolumeConfigRules.FindKeepMistake(options.Keep) is var (_, mistake) ? mistake
            : null;
        if (problem is not null)
        {
            throw new BackupException(BackupError.ConfigInvalid, $"The archive cannot be optimized: {problem}.")
            {
                Remedy = ways == 1 ? Remedy.None : Remedy.ChooseWhatGoes,
            };
        }
    }

    private static void CheckNumbers(
        string archive, List<Generation> chosen, Dictionary<Generation, IReadOnlyList<string>> reasons, OptimizeOptions options)
    {
        foreach (int number in options.Generations)
        {
            string text = number.ToString(CultureInfo.InvariantCulture);
            var generation = chosen.Find(g => g.Number == number) ?? throw new BackupException(
                BackupError.GenerationNotFound,
                $"'{archive}' holds no generation {text}{(options.Prefix is null ? "" : $" of the prefix '{options.Prefix}'")}.", text)
            {
                Remedy = Remedy.ListArchive,
            };
            if (reasons[generation].Count > 0)
            {
                throw new BackupException(
                    BackupError.GenerationProtected,
                    $"Generation {text} is the {string.Join(" and the ", reasons[generation])} one of the prefix "
                    + $"'{generation.Prefix}', which a restore needs.", text)
                {
                    Remedy = Remedy.RemovePrefix,
                };
            }
        }
    }

    private static IEnumerable<(Generation Generation, IReadOnlyList<string> Reasons)> Decide(
        List<Generation> group, OptimizeOptions options)
    {
        var whole = group.Where(g => g.Damage is null).ToList();
        var newest = whole.LastOrDefault();
        var newestComplete = whole.LastOrDefault(g => g.Volumes.All(v => v.Complete));
        var kept = options.Keep is null ? null : RetentionRules
            .Decide(options.Keep, [.. whole.Select((g, i) => (i, g.Created))], now: DateTimeOffset.UtcNow)
            .ToDictionary(decision => whole[decision.Number], decision => decision.Reasons);
        foreach (var generation in group)
        {
            var reasons = new List<string>();
            if (!options.All)
            {
                reasons.AddRange(
                    kept is null ? options.Generations.Contains(generation.Number) ? [] : ["not chosen"]
                    : kept.TryGetValue(generation, out var rules) ? rules
                    : ["damaged"]);
                if (generation == newest)
                {
                    reasons.Add(Newest);
                }

                if (generation == newestComplete && newest != newestComplete)
                {
                    reasons.Add(NewestComplete);
                }
            }

            yield return (generation, reasons);
        }
    }
}
