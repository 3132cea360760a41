using System.Globalization;
using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Volumes.Reading;

/// <summary>Chooses generations of an archive.</summary>
internal static class GenerationFinder
{
    /// <summary>The one generation of a prefix that is meant.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="map">Its generations.</param>
    /// <param name="prefix">Path inside the tar.</param>
    /// <param name="choice">Which generation.</param>
    /// <param name="named">Wildcard patterns of the targets that are named; empty for all of it.</param>
    /// <exception cref="BackupException">GenerationNotFound: the message lists what there is. ArchiveInvalid, ArchiveUnreadable:
    /// it is damaged, and not all that is named in it is known to be whole.</exception>
    public static Generation Find(ArchiveFile archive, ArchiveMap map, string prefix, GenerationChoice choice, IReadOnlyList<string> named)
    {
        var ofPrefix = map.Generations.Where(g => g.Prefix == prefix).ToList();
        if (map.Damage is { } damage && ofPrefix.Count == 0)
        {
            throw damage;
        }

        if (ofPrefix.Count == 0)
        {
            var prefixes = map.Generations.Select(g => g.Prefix).Distinct().ToList();
            string found = prefixes.Count == 0
                ? "It holds no complete backup."
                : "It has: " + string.Join(", ", prefixes.Take(10).Select(p => $"'{p}'")) + (prefixes.Count > 10 ? ", ..." : ".");
            throw new BackupException(
                BackupError.GenerationNotFound, $"'{archive.Path}' holds no backup with the prefix '{prefix}'. {found}", prefix);
        }

        var candidates = ofPrefix.Where(g =>
            (choice.Number is null || g.Number == choice.Number) && (choice.AsOf is null || g.Created <= choice.AsOf)).ToList();
        if (candidates.Count > 0)
        {
            var found = candidates[^1];

            // Without a number, the one that is meant may be what cannot be read: an older one in its place would be a silent loss.
            if (map.Damage is not null && choice.Number is null && map.Generations.Take(map.BeforeDamage).Contains(found))
            {
                throw Hidden(map.Damage, ofPrefix);
            }

            new DamageGuard(archive.Path, ofPrefix).Check(found, named);
            return found;
        }

        string have = string.Join(", ", ofPrefix.TakeLast(10).Select(
            g => $"{g.Number} ({g.Created.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)})"));
        string wanted = choice.Number is { } number
            ? $"generation {number}"
            : $"generation from {choice.AsOf?.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)} or before";
        throw new BackupException(
            BackupError.GenerationNotFound, $"'{archive.Path}' holds no {wanted} of the prefix '{prefix}'. It has: {have}.", prefix);
    }

    private static BackupException Hidden(BackupException damage, List<Generation> older) =>
        new(damage.Error,
            $"{damage.Message} What is newer than generation {older[^1].Number} cannot be read. "
            + $"Older ones can: {string.Join(", ", older.TakeLast(10).Select(g => g.Number))}.",
            damage.Target, damage)
        {
            Remedy = Remedy.ChooseGeneration,
            Offset = damage.Offset,
            EntryName = damage.EntryName,
        };

    /// <summary>The generations that a listing is about, oldest first.</summary>
    public static IReadOnlyList<Generation> Choose(ArchiveMap map, ListOptions options) =>
        [.. map.Generations.Where(g =>
            (options.Prefix is null || Wildcard.Matches(options.Prefix, g.Prefix))
            && (options.Generation is null || g.Number == options.Generation)
            && (!options.Newest || IsNewest(map, g)))];

    public static bool IsNewest(ArchiveMap map, Generation generation) =>
        ReferenceEquals(map.Generations.Last(g => g.Prefix == generation.Prefix), generation);

    public static ArchivedVolume Describe(ArchiveFile archive, ArchiveMap map, Generation generation, ManifestVolume volume) => new()
    {
        Archive = archive.Path,
        Prefix = generation.Prefix,
        Generation = generation.Number,
        IsNewest = IsNewest(map, generation),
        Created = generation.Created,
        Id = volume.Id,
        Target = volume.Target,
        Type = volume.IsDirectory ? VolumeType.Directory : VolumeType.File,
        Entries = volume.Entries,
        Bytes = volume.Bytes,
        Checksum = FileHasher.FromManifestName(volume.Checksum),
        Complete = volume.Complete,
    };
}
