using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Patterns;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Jobs;

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
    private static Generation Find(ArchiveFile archive, ArchiveMap map, string prefix, GenerationChoice choice, IReadOnlyList<string> named)
    {
        var ofPrefix = map.Generations.Where(g => g.Prefix == prefix).ToList();
        if (map.Damage is { } damage && ofPrefix.Count == 0)
        {
            throw damage;
        }

        if (ofPrefix.Count == 0)
        {
            throw new BackupException(
                BackupError.GenerationNotFound,
                $"'{archive.Path}' holds no backup{(map.Generations.Count == 0 ? "" : $" with the prefix '{prefix}'")}.{Known.Prefixes(map.Generations)}", prefix);
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

        string wanted = choice.Number is { } number
            ? $"generation {number}"
            : $"generation from {Known.Time(choice.AsOf!.Value)} or before";
        throw new BackupException(
            BackupError.GenerationNotFound,
            $"'{archive.Path}' holds no {wanted} of the prefix '{prefix}'.{Known.Generations(ofPrefix)}", prefix);
    }

    private static BackupException Hidden(BackupException damage, List<Generation> older) =>
        new(damage.Error,
            $"{damage.Message:said} What is newer than generation {older[^1].Number} cannot be read. "
            + $"Older ones can: {string.Join(", ", older.TakeLast(10).Select(g => g.Number))}.",
            damage.Target, damage)
        {
            Remedy = Remedy.ChooseGeneration,
            Offset = damage.Offset,
            EntryName = damage.EntryName,
        };

    /// <summary>
    /// The copies of volumes that are meant: those of the generation with the number given, else the newest of each volume.
    /// First those of the newest generation, then what only older ones hold.
    /// </summary>
    /// <param name="archive">The archive.</param>
    /// <param name="map">Its generations.</param>
    /// <param name="prefix">Path inside the tar.</param>
    /// <param name="choice">Which generation.</param>
    /// <param name="named">Wildcard patterns of the targets that are named; empty for all of it.</param>
    /// <param name="isWanted">Which volumes; others are passed over.</param>
    /// <exception cref="BackupException">As <see cref="Find"/>; or what would be the newest copy of a volume may be what cannot be read.</exception>
    public static IReadOnlyList<VolumeCopy> FindCopies(
        ArchiveFile archive, ArchiveMap map, string prefix, GenerationChoice choice, IReadOnlyList<string> named, Func<ManifestVolume, bool> isWanted)
    {
        var newest = Find(archive, map, prefix, choice, named);
        var copies = newest.Volumes.Where(isWanted).Select(volume => new VolumeCopy(newest, volume, IsOlder: false)).ToList();
        if (choice.Number is not null)
        {
            return copies;
        }

        var found = newest.Volumes.Select(TargetName.KeyOf).ToHashSet(StringComparer.Ordinal);
        var damaged = newest.Damage is null ? null : newest;
        List<Generation> ofPrefix = [.. map.Generations.Where(g => g.Prefix == prefix)];
        foreach (var generation in Enumerable.Reverse(ofPrefix).SkipWhile(g => !ReferenceEquals(g, newest)).Skip(1))
        {
            if (generation.Created > choice.AsOf)
            {
                continue;
            }

            var older = generation.Volumes.Where(volume => found.Add(TargetName.KeyOf(volume)) && isWanted(volume)).ToList();
            if (older.Count > 0)
            {
                RefuseBehindDamage(archive, map, ofPrefix, generation, damaged);
                new DamageGuard(archive.Path, ofPrefix).Check(generation, named.Count == 0 ? [] : [.. older.Select(volume => volume.Target)]);
            }

            copies.AddRange(older.Select(volume => new VolumeCopy(generation, volume, IsOlder: true)));
            damaged ??= generation.Damage is null ? null : generation;
        }

        return copies;
    }

    /// <summary>What cannot be read may have been a newer copy: an older one in its place would be a silent loss.</summary>
    private static void RefuseBehindDamage(
        ArchiveFile archive, ArchiveMap map, List<Generation> ofPrefix, Generation older, Generation? damaged)
    {
        if (damaged is not null)
        {
            throw new DamageGuard(archive.Path, ofPrefix).Refusal(damaged);
        }

        if (map.Damage is not null && map.Generations.Take(map.BeforeDamage).Contains(older))
        {
            throw Hidden(map.Damage, [.. ofPrefix.Take(ofPrefix.IndexOf(older) + 1)]);
        }
    }

    /// <summary>The error that nothing in the archive is what was asked for: it lists what there is.</summary>
    public static BackupException NothingChosen(ArchiveFile archive, ArchiveMap map, ListOptions options)
    {
        List<Generation> ofPrefix = [.. map.Generations.Where(g => options.Prefix is null || Wildcard.Matches(options.Prefix, g.Prefix))];
        string wanted = (options.Generation is { } number ? $"no generation {number}" : "no backup")
            + (options.Prefix is null ? "" : $" of a prefix that matches '{EntryNames.ForMessage(options.Prefix)}'");
        return new BackupException(
            BackupError.GenerationNotFound,
            $"'{archive.Path}' holds {wanted}.{(ofPrefix.Count > 0 ? Known.Generations(ofPrefix) : Known.Prefixes(map.Generations))}",
            options.Prefix ?? archive.Path);
    }

    /// <summary>The generations that a listing is about with the volumes that it is about, oldest first.</summary>
    public static IEnumerable<(Generation Generation, IReadOnlyList<ManifestVolume> Volumes)> Choose(ArchiveMap map, ListOptions options)
    {
        var newest = options.Newest ? new NewestCopies(map) : null;
        foreach (var generation in map.Generations)
        {
            bool isMeant = (options.Prefix is null || Wildcard.Matches(options.Prefix, generation.Prefix))
                && (options.Generation is null || generation.Number == options.Generation);
            if (!isMeant || newest?.Concerns(generation) == false)
            {
                continue;
            }

            yield return (generation, newest is null
                ? generation.Volumes
                : [.. generation.Volumes.Where(volume => newest.Contains(generation, volume))]);
        }
    }

    public static ArchivedVolume Describe(ArchiveFile archive, NewestCopies newest, Generation generation, ManifestVolume volume) => new()
    {
        Archive = archive.Path,
        Prefix = generation.Prefix,
        Generation = generation.Number,
        IsNewest = newest.Contains(generation, volume),
        Created = generation.Created,
        Id = volume.Id,
        Target = volume.Target,
        Type = volume.IsDirectory ? VolumeType.Directory : VolumeType.File,
        Entries = volume.Entries,
        Bytes = volume.Bytes,
        Checksum = ChecksumNames.AlgorithmOf(volume.Checksum),
        Complete = volume.Complete,
    };
}
