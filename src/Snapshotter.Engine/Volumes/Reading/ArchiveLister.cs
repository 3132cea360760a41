using Snapshotter.Engine.Archive;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Volumes.Reading;

/// <summary>What is inside an archive.</summary>
internal static class ArchiveLister
{
    public static IReadOnlyList<ArchivedVolume> List(
        IFileSystem fileSystem, string path, ListOptions options, CancellationToken cancellation)
    {
        using var archive = ArchiveFile.OpenRead(fileSystem, path);
        var map = ArchiveMap.Read(archive, cancellation);
        return [.. from generation in GenerationFinder.Choose(map, options)
                   from volume in generation.Volumes
                   select GenerationFinder.Describe(archive, map, generation, volume)];
    }

    public static IEnumerable<ArchivedEntry> ListEntries(
        IFileSystem fileSystem, string path, ListOptions options, CancellationToken cancellation)
    {
        using var archive = ArchiveFile.OpenRead(fileSystem, path);
        var map = ArchiveMap.Read(archive, cancellation);
        foreach (var generation in GenerationFinder.Choose(map, options))
        {
            foreach (var volume in generation.Volumes)
            {
                var reader = new VolumeReader(archive, generation, volume);
                while (reader.Next())
                {
                    cancellation.ThrowIfCancellationRequested();
                    yield return Describe(generation, volume, reader);
                }
            }
        }
    }

    private static ArchivedEntry Describe(Generation generation, ManifestVolume volume, VolumeReader reader)
    {
        var entry = reader.Entry;
        string? link = entry.Type switch
        {
            TypeFlag.SymbolicLink => EntryNames.Display(entry.LinkName.Span),
            TypeFlag.HardLink => EntryNames.Display(reader.LinkPath),
            _ => null,
        };
        return new ArchivedEntry(
            generation.Prefix, generation.Number, volume.Target,
            reader.Path.Length == 0 ? "." : EntryNames.Display(reader.Path), NameOf(entry.Type),
            entry.Mode, entry.UserId, entry.GroupId, entry.Size, MetaEntry.TimeOf(entry), link, entry.HeaderOffset);
    }

    private static string NameOf(TypeFlag type) => EntryKinds.KindOf(type) switch
    {
        FileKind.Regular => "file",
        FileKind.Directory => "directory",
        FileKind.SymbolicLink => "symlink",
        FileKind.Fifo => "fifo",
        FileKind.CharacterDevice => "chardevice",
        FileKind.BlockDevice => "blockdevice",
        _ => type == TypeFlag.HardLink ? "hardlink" : $"typeflag {(char)type}",
    };
}
