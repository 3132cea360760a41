using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Archive;

/// <summary>
/// Where the volumes of a generation lie whose manifest does not say it: found by their names in one walk over the headers,
/// at the first question. A volume begins at the last entry of its root before the manifest: what stands before that is
/// left of a run that failed, which wrote entries and no manifest.
/// </summary>
internal sealed class ForeignExtents
{
    /// <summary>Volumes whose entries alternate are walked once for each: honest programs write one after the other.</summary>
    private const int MaxWalks = 64;

    private const int FreeEntries = 100_000;

    private Dictionary<string, Extent>? extents;

    /// <summary>The bytes from the volume's first entry to its last; those of other volumes may stand in between. Empty when there are none.</summary>
    /// <exception cref="Reporting.BackupException">ArchiveInvalid, ArchiveUnreadable: a header cannot be read.</exception>
    public ByteRange Of(ArchiveFile archive, Generation generation, ManifestVolume volume)
    {
        extents ??= Find(archive, generation);
        return extents.TryGetValue(volume.Id, out var extent) && extent.End > 0
            ? new ByteRange(extent.Start, extent.End)
            : new ByteRange(generation.ManifestOffset, generation.ManifestOffset);
    }

    private static Dictionary<string, Extent> Find(ArchiveFile archive, Generation generation)
    {
        var found = new Dictionary<string, Extent>(StringComparer.Ordinal);
        foreach (var volume in generation.Volumes)
        {
            found.TryAdd(volume.Id, new Extent());
        }

        var byName = found.GetAlternateLookup<ReadOnlySpan<char>>();
        Span<char> id = stackalloc char[EntryNames.IdLength];
        long entries = 0;
        var reader = new TarReader(new WindowedSource(archive), generation.Start, generation.ManifestOffset);
        try
        {
            for (; reader.Next(); entries++)
            {
                var below = BelowPrefix(EntryNames.TrimStart(reader.Entry.Name.Span), generation.PrefixBytes);
                int length = below.IndexOf((byte)'/');
                var name = length < 0 ? below : below[..length];
                if (!EntryNames.IsId(name))
                {
                    continue;
                }

                System.Text.Encoding.ASCII.GetChars(name, id);
                if (byName.TryGetValue(id, out var extent))
                {
                    extent.Add(reader.Entry, entries, isRoot: length < 0);
                }
            }
        }
        catch (TarFormatException e)
        {
            throw ArchiveErrors.Invalid(archive.Path, e);
        }

        long walked = 0;
        foreach (var extent in found.Values)
        {
            walked += extent.Entries;
        }

        return walked <= FreeEntries + (MaxWalks * entries)
            ? found
            : throw ArchiveErrors.Invalid(archive.Path, generation.ManifestOffset, "the entries of its volumes alternate as in no honest archive.");
    }

    private static ReadOnlySpan<byte> BelowPrefix(ReadOnlySpan<byte> name, byte[] prefix) =>
        prefix.Length == 0 ? name
        : name.Length > prefix.Length && name.StartsWith(prefix) && name[prefix.Length] == (byte)'/' ? name[(prefix.Length + 1)..]
        : default;

    private sealed class Extent
    {
        private long first;
        private long last;

        public long Start { get; private set; }

        public long End { get; private set; }

        /// <summary>Of all volumes, from its first to its last.</summary>
        public long Entries => End > 0 ? last - first + 1 : 0;

        public void Add(TarEntry entry, long number, bool isRoot)
        {
            if (isRoot || End == 0)
            {
                Start = entry.HeaderOffset;
                first = number;
            }

            End = entry.NextOffset;
            last = number;
        }
    }
}
