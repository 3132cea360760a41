using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Archive;

/// <summary>
/// Which bytes of an archive are a generation's own. One of ours is a single run from its mark to its trailer. In
/// another program's archive the entries of several prefixes may alternate, and foreign ones stand in between: there the
/// generation's are picked by their names, and all others are left alone.
/// </summary>
internal static class GenerationExtent
{
    /// <summary>True when everything from the generation's start to its end is its own: trailer and mark, a known length apart, say so.</summary>
    public static bool IsSingleRun(ArchiveFile archive, Generation generation)
        => generation.Trailer is TrailerState.Valid or TrailerState.Moved
            && GenerationMark.StandsAt(archive, generation.Start);

    /// <summary>The bytes of a generation, in merged ranges.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="generation">One of its generations.</param>
    /// <param name="all">All of them: what is the single run of another is never taken.</param>
    /// <param name="cancellation">Ends the reading of headers.</param>
    /// <exception cref="BackupException">ArchiveInvalid: a header is damaged.</exception>
    public static IReadOnlyList<ByteRange> Of(
        ArchiveFile archive, Generation generation, IReadOnlyList<Generation> all, CancellationToken cancellation)
    {
        if (IsSingleRun(archive, generation))
        {
            return [new ByteRange(generation.Start, generation.End)];
        }

        var others = all.Where(other => other != generation && IsSingleRun(archive, other)).ToList();
        var names = OwnNames(generation);
        var ranges = new List<ByteRange>();
        var reader = new TarReader(new WindowedSource(archive), generation.Start, generation.End);
        try
        {
            while (reader.Next())
            {
                cancellation.ThrowIfCancellationRequested();
                var entry = reader.Entry;
                bool isManifest = entry.NextOffset == generation.End;
                if ((isManifest || IsOwn(EntryNames.TrimStart(entry.Name.Span), names))
                    && !others.Any(other => entry.HeaderOffset >= other.Start && entry.HeaderOffset < other.End))
                {
                    ranges.Add(new ByteRange(entry.HeaderOffset, entry.NextOffset));
                }
            }
        }
        catch (TarFormatException e)
        {
            throw ArchiveErrors.Invalid(archive.Path, e);
        }

        return ByteRange.Merge(ranges);
    }

    /// <summary>The volumes' names and, where the manifest was ours before it was damaged, those of the lists of checksums.</summary>
    private static List<byte[]> OwnNames(Generation generation)
    {
        IEnumerable<string> names = generation.Volumes
            .Select(volume => volume.Id)
            .Where(id => EntryNames.IsId(id));
        if (generation.IsNative)
        {
            names = names.Concat(["XXH128SUMS", "SHA256SUMS"]);
        }

        return [.. names.Select(name => EntryNames.Join(generation.PrefixBytes, name))];
    }

    private static bool IsOwn(ReadOnlySpan<byte> entryName, List<byte[]> names)
    {
        foreach (byte[] name in names)
        {
            if (entryName.StartsWith(name) && (entryName.Length == name.Length || entryName[name.Length] == (byte)'/'))
            {
                return true;
            }
        }

        return false;
    }
}
