using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Entries;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Jobs;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Reading;

/// <summary>
/// Lists the entries of an archive one by one. What cannot be shown (a damaged place, a name that leads out of its volume)
/// does not keep the others from being listed: the first such problem is thrown at the end.
/// </summary>
internal sealed class EntryLister
{
    private readonly ArchiveFile archive;
    private readonly ArchiveMap map;
    private readonly EntryOwners owners;
    private readonly CancellationToken cancellation;
    private BackupException? problem;

    private EntryLister(ArchiveFile archive, ArchiveMap map, CancellationToken cancellation)
    {
        this.archive = archive;
        this.map = map;
        this.cancellation = cancellation;
        owners = new EntryOwners(archive, map.Generations);
        problem = map.Damage;
    }

    public static IEnumerable<ArchivedEntry> List(
        IFileSystem fileSystem, string path, ListOptions options, CancellationToken cancellation)
    {
        using var archive = ArchiveFile.OpenRead(fileSystem, path, cancellation: cancellation);
        var lister = new EntryLister(archive, ArchiveMap.ReadOrSalvage(archive, cancellation), cancellation);
        bool isAll = options == new ListOptions();
        var chosen = GenerationFinder.Choose(lister.map, options).ToList();
        if (chosen.Count == 0 && !isAll)
        {
            throw GenerationFinder.NothingChosen(archive, lister.map, options);
        }

        if (chosen.Find(c => c.Generation.Damage is not null).Generation is { } damaged)
        {
            // Which entries are of which volume cannot all be told.
            lister.problem ??= new DamageGuard(path, lister.map.Generations).Refusal(damaged);
        }

        foreach (var entry in isAll ? lister.All() : lister.Of(chosen))
        {
            yield return entry;
        }

        if (lister.problem is { } problem)
        {
            throw problem;
        }
    }

    private IEnumerable<ArchivedEntry> Of(IEnumerable<(Generation Generation, IReadOnlyList<ManifestVolume> Volumes)> chosen)
    {
        foreach (var (generation, volumes) in chosen)
        {
            var reader = Reader(generation.Start, generation.End);
            while (Next(reader))
            {
                var (its, volume) = owners.Of(reader.Entry);
                if (its == generation && (volume is null || volumes.Contains(volume)) && Describe(reader.Entry, its, volume) is { } entry)
                {
                    yield return entry;
                }
            }
        }
    }

    private IEnumerable<ArchivedEntry> All()
    {
        for (long start = 0; start >= 0;)
        {
            var reader = Reader(start, map.End);
            while (Next(reader))
            {
                var (generation, volume) = owners.Of(reader.Entry);
                if (Describe(reader.Entry, generation, volume) is { } entry)
                {
                    yield return entry;
                }
            }

            // Behind a damaged place the next generation of ours can be found again.
            start = reader.Position < map.End
                ? map.Generations.FirstOrDefault(g => g.HasExtents && g.Start > reader.Position)?.Start ?? -1
                : -1;
        }
    }

    private TarReader Reader(long start, long end) => new(new WindowedSource(archive), start, end);

    private bool Next(TarReader reader)
    {
        cancellation.ThrowIfCancellationRequested();
        try
        {
            return reader.Next();
        }
        catch (TarFormatException e)
        {
            problem ??= ArchiveErrors.Invalid(archive.Path, e);
            return false;
        }
        catch (BackupException e) when (ArchiveErrors.IsDamage(e))
        {
            problem ??= e;
            return false;
        }
    }

    /// <summary>Null for an entry that must not be shown as if it could be restored.</summary>
    private ArchivedEntry? Describe(TarEntry entry, Generation? generation, ManifestVolume? volume)
    {
        byte[] root = volume is null ? [] : EntryNames.Join(generation!.PrefixBytes, volume.Id);
        string path = PathBelow(root, entry.Name.Span);
        if (path.Contains("..", StringComparison.Ordinal) && path.Split('/').Contains(".."))
        {
            problem ??= ArchiveErrors.Unsafe(archive.Path, entry.HeaderOffset, entry.Name.Span, "the name contains '..'.");
            return null;
        }

        string? link = entry.Type switch
        {
            TypeFlag.SymbolicLink => EntryNames.Display(entry.LinkName.Span),
            TypeFlag.HardLink => PathBelow(root, entry.LinkName.Span),
            _ => null,
        };
        return new ArchivedEntry(
            archive.Path, generation?.Prefix ?? "", generation?.Number, volume?.Target ?? "", path, TypeOf(entry.Type),
            entry.Mode, entry.UserId, entry.GroupId, entry.Size, MetaEntry.TimeOf(entry), link, entry.HeaderOffset);
    }

    /// <summary>A name below a volume's root; the whole name when there is none, or when it does not stand below.</summary>
    private static string PathBelow(byte[] root, ReadOnlySpan<byte> name)
    {
        name = EntryNames.TrimStart(name).TrimEnd((byte)'/');
        if (root.Length > 0 && name.StartsWith(root) && (name.Length == root.Length || name[root.Length] == (byte)'/'))
        {
            name = name[Math.Min(name.Length, root.Length + 1)..];
        }

        string path = EntryNames.Display(name);
        return path.Contains("//", StringComparison.Ordinal) || path.Contains("./", StringComparison.Ordinal)
            || path.EndsWith("/.", StringComparison.Ordinal)
            ? string.Join('/', path.Split('/').Where(part => part is not ("" or ".")))
            : path.Length == 0 ? "." : path;
    }

    private static EntryType TypeOf(TypeFlag type) => EntryKinds.KindOf(type) switch
    {
        FileKind.Regular => EntryType.File,
        FileKind.Directory => EntryType.Directory,
        FileKind.SymbolicLink => EntryType.SymbolicLink,
        FileKind.Fifo => EntryType.Fifo,
        FileKind.CharacterDevice => EntryType.CharacterDevice,
        FileKind.BlockDevice => EntryType.BlockDevice,
        _ => type == TypeFlag.HardLink ? EntryType.HardLink : EntryType.Other,
    };
}
