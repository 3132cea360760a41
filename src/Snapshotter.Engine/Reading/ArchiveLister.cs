using Snapshotter.Engine.Archive;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Jobs;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Reading;

/// <summary>Lists the generations of an archive.</summary>
internal static class ArchiveLister
{
    public static IReadOnlyList<ArchivedVolume> List(
        IFileSystem fileSystem, string path, ListOptions options, IReporter? reporter, CancellationToken cancellation)
    {
        using var archive = ArchiveFile.OpenRead(fileSystem, path, cancellation: cancellation);
        var map = ArchiveMap.ReadOrSalvage(archive, cancellation);
        if (map.Damage is { } damage)
        {
            Tell(damage, reporter);
        }

        if (map.TailNotice(archive) is { } behind)
        {
            reporter?.Warn(behind);
        }

        var chosen = GenerationFinder.Choose(map, options).ToList();
        if (chosen.Count == 0 && options != new ListOptions())
        {
            throw GenerationFinder.NothingChosen(archive, map, options);
        }

        var guard = new DamageGuard(path, map.Generations);
        foreach (var (generation, _) in chosen.Where(c => c.Generation.Damage is not null))
        {
            Tell(guard.Refusal(generation), reporter);
        }

        var newest = new NewestCopies(map);
        return [.. from choice in chosen
                   from volume in choice.Volumes
                   select GenerationFinder.Describe(archive, newest, choice.Generation, volume)];
    }

    /// <summary>What is damaged is missing in the list: that is never passed over in silence.</summary>
    private static void Tell(BackupException damage, IReporter? reporter)
    {
        if (reporter?.GoOn(new Notice(damage.Error, damage.Target ?? "", damage.Message) { Remedy = damage.Remedy }) != true)
        {
            throw damage;
        }
    }
}
