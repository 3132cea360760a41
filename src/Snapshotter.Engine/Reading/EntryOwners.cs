using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Reading;

/// <summary>
/// Tells to which generation and volume an entry belongs: in those of ours by where it stands, in another program's, whose
/// entries may alternate, by its name. Each answer takes a few comparisons, however many volumes there are.
/// </summary>
internal sealed class EntryOwners
{
    private readonly List<Place> generations = [];
    private readonly List<Place> volumes = [];
    private readonly Dictionary<long, Generation> manifests = [];
    private readonly Dictionary<string, List<Place>> foreign = new(StringComparer.Ordinal);

    public EntryOwners(ArchiveFile archive, IReadOnlyList<Generation> all)
    {
        foreach (var generation in all)
        {
            manifests[generation.ManifestOffset] = generation;
            if (generation.IsNative)
            {
                generations.Add(new Place(generation.Start, generation.End, generation, null));
            }

            foreach (var volume in generation.Volumes)
            {
                if (generation.IsNative && volume.IsNative)
                {
                    long start = generation.Start + volume.Offset!.Value;
                    volumes.Add(new Place(start, start + volume.Length!.Value, generation, volume));
                    continue;
                }

                string root = EntryNames.Display(EntryNames.Join(generation.PrefixBytes, volume.Id));
                if (!foreign.TryGetValue(root, out var places))
                {
                    foreign.Add(root, places = []);
                }

                var range = RangeOf(archive, generation, volume);
                places.Add(new Place(range.Start, range.End, generation, volume));
            }
        }

        generations.Sort();
        volumes.Sort();
    }

    /// <summary>Entries of a run that failed have the names of the volume, and are not of it.</summary>
    private static ByteRange RangeOf(ArchiveFile archive, Generation generation, ManifestVolume volume)
    {
        try
        {
            return generation.Extents.Of(archive, generation, volume);
        }
        catch (BackupException e) when (ArchiveErrors.IsDamage(e))
        {
            return new ByteRange(generation.Start, generation.ManifestOffset);
        }
    }

    /// <summary>The generation of an entry, and its volume unless it is a manifest or a list of checksums; null for both when it is of none.</summary>
    public (Generation? Generation, ManifestVolume? Volume) Of(TarEntry entry)
    {
        long offset = entry.HeaderOffset;
        if (manifests.TryGetValue(offset, out var itsManifest))
        {
            return (itsManifest, null);
        }

        if (Find(volumes, offset) is { } place)
        {
            return (place.Generation, place.Volume);
        }

        return FindByName(EntryNames.TrimStart(entry.Name.Span), offset) is { } named
            ? (named.Generation, named.Volume)
            : (Find(generations, offset)?.Generation, null);
    }

    /// <summary>Every component that could be a volume's id is looked up with what stands before it.</summary>
    private Place? FindByName(ReadOnlySpan<byte> name, long offset)
    {
        if (foreign.Count == 0)
        {
            return null;
        }

        for (int start = 0; start < name.Length;)
        {
            int length = name[start..].IndexOf((byte)'/');
            length = length < 0 ? name.Length - start : length;
            if (length == EntryNames.IdLength && foreign.TryGetValue(EntryNames.Display(name[..(start + length)]), out var places))
            {
                // The first one that ends behind the entry is the one it was saved for.
                int before = CountWhere(places, place => place.End <= offset);
                return before < places.Count && places[before].Start <= offset ? places[before] : null;
            }

            start += length + 1;
        }

        return null;
    }

    private static Place? Find(List<Place> places, long offset)
    {
        int upTo = CountWhere(places, place => place.Start <= offset);
        return upTo > 0 && offset < places[upTo - 1].End ? places[upTo - 1] : null;
    }

    /// <summary>How many places there are before the first one of which the condition does not hold.</summary>
    private static int CountWhere(List<Place> places, Predicate<Place> condition)
    {
        int low = 0;
        int high = places.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (condition(places[middle]))
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    private sealed record Place(long Start, long End, Generation Generation, ManifestVolume? Volume) : IComparable<Place>
    {
        public int CompareTo(Place? other) => Start.CompareTo(other?.Start ?? 0);
    }
}
