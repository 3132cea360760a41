using System.Globalization;
using Snapshotter.Engine.Archive;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Retention;

/// <summary>Applies the rules of what to keep once a backup has been made.</summary>
/// <param name="fileSystem">Where the archive is.</param>
/// <param name="archive">Its path.</param>
/// <param name="backup">Whose volumes are judged.</param>
/// <param name="rules">What to keep; null for all.</param>
internal sealed class KeepPolicy(IFileSystem fileSystem, string archive, NextBackup backup, RetentionPolicy? rules)
{
    private const int MaxNamed = 10;

    /// <summary>How long to wait for others to release the archive; zero fails at once.</summary>
    public TimeSpan Wait { get; init; }

    /// <summary>False leaves out the flushes to disk.</summary>
    public bool Durable { get; init; } = true;

    /// <summary>
    /// Removes what the policy does not keep of the volumes just saved. Also when something is missing in the backup: the
    /// newest complete generation of each volume stays. What goes wrong is a warning: the backup itself is done.
    /// </summary>
    public void Apply(BackupReport report, IReporter reporter, CancellationToken cancellation)
    {
        if (rules is null)
        {
            return;
        }

        try
        {
            var plan = Job().Plan(cancellation);
            var done = plan.Execute(reporter, cancellation);
            report.Optimization = done;
            foreach (var volume in report.Volumes)
            {
                volume.Removed = [.. done.Removed.Where(generation => generation.Volumes.Contains(volume.Target))];
            }

            foreach (var removed in done.Removed)
            {
                reporter.Detail($"Removed generation {removed.Generation} of '{removed.Prefix}', which no rule keeps.");
            }

            TellWhatNoRuleJudged(plan, reporter);
        }
        catch (BackupException e)
        {
            reporter.Warn(new Notice(e.Error, archive, $"The backup is made, but the rules of what to keep were not applied, and old generations stay: {e.Message:said}") { Remedy = e.Remedy });
        }
        catch (OperationCanceledException)
        {
            reporter.Warn(new Notice(BackupError.NotKept, archive, "The backup is made, but the rules of what to keep were not applied, and old generations stay: cancelled."));
        }
    }

    /// <summary>What the policy would remove if a backup were made now, with nothing missing in it.</summary>
    public IReadOnlyList<PlannedGeneration> Preview(CancellationToken cancellation)
        => rules is null ? [] : [.. Job().Plan(cancellation, backup).Generations.Where(generation => !generation.Keep)];

    private OptimizeJob Job() => new(fileSystem, archive, new OptimizeOptions
    {
        Prefix = backup.Prefix,
        PrefixIsLiteral = true,
        Keep = rules,
        Judged = backup.Targets.Select(TargetName.KeyOf).ToHashSet(StringComparer.Ordinal),
        Wait = Wait,
        Durable = Durable,
    });

    /// <summary>Else such generations would pile up, and nobody would know why.</summary>
    private void TellWhatNoRuleJudged(OptimizePlan plan, IReporter reporter)
    {
        var keys = backup.Targets.Select(TargetName.KeyOf).ToHashSet(StringComparer.Ordinal);
        bool IsOwn(string target) => keys.Contains(TargetName.KeyOf(target));
        var shared = plan.Generations
            .Where(g => g.Reasons.Contains(Verdict.OtherVolumes) && g.Volumes.Any(IsOwn) && !g.KeptFor.Any(IsOwn))
            .ToList();
        if (shared.Count > 0)
        {
            var others = shared.SelectMany(g => g.KeptFor).Distinct(StringComparer.Ordinal).ToList();
            reporter.Warn(new Notice(
                BackupError.GenerationProtected, archive,
                $"No rule keeps {Numbers(shared)} of '{backup.Prefix}' for the volumes just saved, but they stay, since they also hold "
                + $"{string.Join(", ", others.Take(MaxNamed).Select(target => $"'{target}'"))}{(others.Count > MaxNamed ? ", ..." : "")}, "
                + "which this backup did not save and its rules do not judge.")
            {
                Remedy = Remedy.JudgeAllVolumes,
            });
        }

        var damaged = plan.Generations.Where(g => g.Reasons.Contains("damaged")).ToList();
        if (damaged.Count > 0)
        {
            reporter.Warn(new Notice(
                BackupError.ArchiveInvalid, archive,
                $"No rule can judge {Numbers(damaged)} of '{backup.Prefix}', since what they hold cannot be read in full: they stay.")
            {
                Remedy = Remedy.RemoveByNumber,
            });
        }
    }

    private static string Numbers(List<PlannedGeneration> generations)
        => (generations.Count == 1 ? "generation " : "generations ")
            + string.Join(", ", generations.Take(MaxNamed).Select(g => g.Generation.ToString(CultureInfo.InvariantCulture)))
            + (generations.Count > MaxNamed ? string.Create(CultureInfo.InvariantCulture, $" and {generations.Count - MaxNamed} more") : "");
}
