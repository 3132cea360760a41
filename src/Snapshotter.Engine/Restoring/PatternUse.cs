using Snapshotter.Engine.Config;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Restoring;

/// <summary>
/// Looks, when all volumes were read through and before the first is touched, whether the patterns of a restore have found
/// what they are about: a restore of nothing is not what anybody asked for.
/// </summary>
internal static class PatternUse
{
    /// <exception cref="BackupException">PatternMatchesNothing: of what is included. ConfigInvalid: one that cannot match anything.</exception>
    public static void Check(IFileSystem fileSystem, RestoreOptions options, List<RestoreTarget> targets, IReporter reporter)
    {
        if (targets.Count == 0 || options.Include.Count + options.Exclude.Count == 0)
        {
            return;
        }

        List<string> roots = [.. targets.SelectMany(t => new[] { t.Volume.Target, t.Planned.Path })];
        if (Unmatched(options.Include, targets, t => t.Own.Filter.UnmatchedInclude) is [var first, ..])
        {
            PatternMistakes.RefuseUnmatched(fileSystem, first, roots);
            throw new BackupException(
                BackupError.PatternMatchesNothing, $"Nothing in {Names(targets)} matches '{first}'. Nothing was changed.", first)
            {
                Remedy = Remedy.ListArchive,
            };
        }

        foreach (string pattern in Unmatched(options.Exclude, targets, t => t.Own.Filter.UnmatchedExclude))
        {
            PatternMistakes.RefuseUnmatched(fileSystem, pattern, roots);
            reporter.Detail($"The exclude pattern '{pattern}' matched nothing.");
        }

        if (!targets.Exists(t => t.IsWanted))
        {
            throw new BackupException(
                BackupError.PatternMatchesNothing, $"The patterns leave nothing of {Names(targets)} to restore. Nothing was changed.",
                targets[0].Volume.Target);
        }
    }

    private static List<string> Unmatched(
        IReadOnlyList<string> patterns, List<RestoreTarget> targets, Func<RestoreTarget, IEnumerable<string>> unmatched)
    {
        var left = patterns.ToList();
        foreach (var target in targets)
        {
            left = [.. left.Intersect(unmatched(target))];
        }

        return left;
    }

    private static string Names(List<RestoreTarget> targets) =>
        string.Join(", ", targets.Take(10).Select(t => $"'{Archive.EntryNames.ForMessage(t.Volume.Target)}'")) + (targets.Count > 10 ? ", ..." : "");
}
