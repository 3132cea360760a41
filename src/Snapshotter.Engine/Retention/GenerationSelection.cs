using System.Globalization;
using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Jobs;
using Snapshotter.Engine.Patterns;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Retention;

/// <summary>Decides which generations of an archive go, and why the others stay.</summary>
internal static class GenerationSelection
{
    /// <summary>Names in a message.</summary>
    private const int MaxNamed = 10;

    /// <summary>
    /// A clock that shows less was never set: no archive of this program is that old. By such a clock every generation would
    /// be one of the future, and nearly all would go.
    /// </summary>
    private static readonly DateTimeOffset ClockIsSetFrom = new(2010, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The generations at work in the order of the archive, each with the reasons to keep it: none when it goes.</summary>
    /// <exception cref="BackupException">ConfigInvalid: the options say nothing or contradict each other;
    /// GenerationNotFound: no such prefix, number or volume; GenerationProtected: a number that goes only when more is said;
    /// ClockNotSet: rules cannot be applied.</exception>
    public static IReadOnlyList<Verdict> Decide(
        string archive, IReadOnlyList<Generation> generations, OptimizeOptions options, DateTimeOffset now)
    {
        Check(options, now);
        var chosen = generations.Where(g => options.Matches(g.Prefix)).ToList();
        if (chosen.Count == 0 && options.Prefix is not null)
        {
            throw new BackupException(
                BackupError.GenerationNotFound,
                $"'{archive}' holds no generation of the prefix '{options.Prefix}'.{Known.Prefixes(generations)}", options.Prefix);
        }

        var verdicts = chosen.ConvertAll(generation => new Verdict(generation));
        if (!options.All)
        {
            foreach (var ofPrefix in verdicts.GroupBy(verdict => verdict.Generation.Prefix, StringComparer.Ordinal))
            {
                Judge([.. ofPrefix], options, now);
            }
        }

        if (options.Generations.Count > 0)
        {
            CheckNumbers(archive, verdicts, options);
        }

        return verdicts;
    }

    private static void Check(OptimizeOptions options, DateTimeOffset now)
    {
        int ways = (options.Keep is null ? 0 : 1) + (options.Generations.Count == 0 ? 0 : 1) + (options.All ? 1 : 0);
        string? problem =
            ways == 0 ? "nothing says what to remove"
            : ways > 1 ? "rules of what stays, numbers of what goes, and the removal of all exclude each other"
            : options.All && options.Prefix is null ? "the removal of all needs a prefix; '*' means every one"
            : options.Volumes.Count > 0 && options.Generations.Count == 0 ? "volumes are named together with numbers of generations only"
            : options.Keep?.FindMistake() is var (_, mistake) ? mistake
            : null;
        if (problem is not null)
        {
            throw new BackupException(BackupError.ConfigInvalid, $"The archive cannot be optimized: {problem}.")
            {
                Remedy = ways == 1 ? Remedy.None : Remedy.ChooseWhatGoes,
            };
        }

        if (options.Keep is not null && now < ClockIsSetFrom)
        {
            throw new BackupException(
                BackupError.ClockNotSet,
                $"The clock of this machine says {now.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC, so what is old cannot be told.")
            {
                Remedy = Remedy.SetClock,
            };
        }
    }

    /// <summary>Judges the generations of one prefix: for each volume on its own, those that hold it.</summary>
    private static void Judge(List<Verdict> verdicts, OptimizeOptions options, DateTimeOffset now)
    {
        foreach (var verdict in verdicts)
        {
            if (options.Keep is null && !options.Generations.Contains(verdict.Generation.Number))
            {
                verdict.Keep("not chosen");
            }
            else if (options.Keep is not null && verdict.Generation.Damage is not null)
            {
                verdict.Keep("damaged");
            }
        }

        var holdings = new Dictionary<string, List<Holding>>(StringComparer.Ordinal);
        foreach (var verdict in verdicts.Where(verdict => verdict.Generation.Damage is null))
        {
            foreach (var volume in verdict.Generation.Volumes)
            {
                string key = TargetName.KeyOf(volume);
                if (!holdings.TryGetValue(key, out var ofVolume))
                {
                    holdings.Add(key, ofVolume = []);
                }

                ofVolume.Add(new Holding(verdict, volume));
            }
        }

        foreach (var ofVolume in holdings.Values)
        {
            if (options.Keep is not null && (options.Judged?.Contains(TargetName.KeyOf(ofVolume[0].Volume)) ?? true))
            {
                ApplyRules(options.Keep, ofVolume, now);
            }
            else if (options.Keep is not null)
            {
                ofVolume.ForEach(holding => holding.Keep(Verdict.OtherVolumes));
            }

            if (!options.Volumes.Any(pattern => Wildcard.MatchesTarget(pattern, ofVolume[0].Volume.Target)))
            {
                Protect(ofVolume);
            }
        }
    }

    private static void ApplyRules(RetentionPolicy policy, List<Holding> ofVolume, DateTimeOffset now)
    {
        var generations = ofVolume.Select((holding, i) => (i, holding.Verdict.Generation.Created)).ToList();
        foreach (var decision in RetentionRules.Decide(policy, generations, now))
        {
            foreach (string rule in decision.Reasons)
            {
                ofVolume[decision.Number].Keep(rule);
            }
        }
    }

    /// <summary>
    /// What a restore needs: the newest copy of the volume, the newest in which nothing of it is missing, and the newest in
    /// which nothing of any volume is missing.
    /// </summary>
    private static void Protect(List<Holding> ofVolume)
    {
        var newest = ofVolume[^1];
        newest.Keep("newest");
        var complete = ofVolume.FindLast(holding => holding.Volume.Complete);
        var allComplete = ofVolume.FindLast(holding => holding.Verdict.Generation.Volumes.All(v => v.Complete));
        foreach (var holding in new[] { complete, allComplete })
        {
            if (holding is not null && holding != newest)
            {
                holding.Keep("newest complete");
            }
        }
    }

    /// <summary>First what cannot be meant, then what may not go: a volume whose name is misspelt is not the one that is let go.</summary>
    private static void CheckNumbers(string archive, List<Verdict> verdicts, OptimizeOptions options)
    {
        foreach (int number in options.Generations)
        {
            if (!verdicts.Exists(verdict => verdict.Generation.Number == number))
            {
                throw new BackupException(
                    BackupError.GenerationNotFound,
                    $"'{archive}' holds no generation {number}{(options.Prefix is null ? "" : $" of the prefix '{options.Prefix}'")}."
                    + Known.Generations([.. verdicts.Select(verdict => verdict.Generation)]),
                    number.ToString(CultureInfo.InvariantCulture));
            }
        }

        List<Generation> going = [.. verdicts.Select(verdict => verdict.Generation).Where(g => options.Generations.Contains(g.Number))];
        foreach (string pattern in options.Volumes)
        {
            if (!going.Exists(g => g.Volumes.Any(volume => Wildcard.MatchesTarget(pattern, volume.Target))))
            {
                throw NoVolume(pattern, going);
            }
        }

        foreach (int number in options.Generations)
        {
            var verdict = verdicts.First(v => v.Generation.Number == number);
            if (verdict.Reasons.Count > 0)
            {
                throw new BackupException(
                    BackupError.GenerationProtected,
                    $"Generation {number} of '{verdict.Generation.Prefix}' is the {string.Join(" and the ", verdict.Reasons)} one of "
                    + $"'{string.Join("', '", verdict.KeptFor)}', which a restore needs.",
                    number.ToString(CultureInfo.InvariantCulture))
                {
                    Remedy = Remedy.WaiveProtection,
                };
            }
        }
    }

    private static BackupException NoVolume(string pattern, List<Generation> going)
    {
        var held = going.SelectMany(g => g.Volumes).Select(volume => $"'{EntryNames.ForMessage(volume.Target)}'").Distinct().ToList();
        return new BackupException(
            BackupError.GenerationNotFound,
            $"No volume of the generations to remove matches '{pattern}'."
            + (held.Count == 0 ? "" : $" They hold: {string.Join(", ", held.Take(MaxNamed))}{(held.Count > MaxNamed ? ", ..." : "")}."),
            pattern);
    }

    /// <summary>A generation as the holder of one volume.</summary>
    private sealed record Holding(Verdict Verdict, ManifestVolume Volume)
    {
        public void Keep(string reason) => Verdict.Keep(reason, Volume.Target);
    }
}
