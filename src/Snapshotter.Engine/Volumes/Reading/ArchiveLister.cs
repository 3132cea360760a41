using Snapshotter.Engine.Archive;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Volumes.Reading;

/// <summary>Lists the generations of an archive.</summary>
internal static class ArchiveLister
{
    public static IReadOnlyList<ArchivedVolume> List(
        IFileSystem fileSystem, string path, ListOptions options, IReporter? reporter, CancellationToken cancellation)
    {
        using var archive = ArchiveFile.OpenRead(fileSystem, path, cancellation: cancellation);
        var map = reporter is null ? ArchiveMap.Read(archive, cancellation) : ArchiveMap.ReadOrSalvage(archive, cancellation);
        if (map.Damage is { } damage
            && !reporter!.GoOn(new Notice(damage.Error, damage.Target ?? archive.Path, damage.Message) { Remedy = damage.Remedy }))
        {
            throw damage;
        }

        var newest = new NewestCopies(map);
        return [.. from chosen in GenerationFinder.Choose(map, options)
                   from volume in chosen.Volumes
                   select GenerationFinder.Describe(archive, newest, chosen.Generation, volume)];
    }
}
