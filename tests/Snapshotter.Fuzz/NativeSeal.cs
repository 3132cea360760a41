using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Fuzz;

/// <summary>
/// Makes the manifests of a mutated archive fit what stands in front of them, so that a mutation is not only ever met by
/// the first check of a checksum.
/// </summary>
internal static class NativeSeal
{
    /// <summary>Encodes each of our manifests anew over the entries that are there.</summary>
    /// <param name="archive">The mutated archive.</param>
    /// <param name="dropSums">Say that file data has no checksums.</param>
    public static byte[] Encode(byte[] archive, bool dropSums)
    {
        using var output = new MemoryStream();
        long copied = 0;
        long start = 0;
        var reader = new TarReader(new MemoryBlocks(archive));
        try
        {
            while (reader.Next())
            {
                var entry = reader.Entry;
                if (!ManifestEntry.IsManifest(entry))
                {
                    continue;
                }

                var text = archive.AsSpan((int)entry.DataOffset, (int)entry.Size);
                bool ours = text.IndexOf("# snapshotter"u8) >= 0;
                output.Write(archive.AsSpan((int)copied, (int)((ours ? entry.HeaderOffset : entry.NextOffset) - copied)));
                if (ours)
                {
                    WriteManifest(output, entry, text, start, dropSums);
                }

                copied = entry.NextOffset;
                start = output.Position;
            }
        }
        catch (TarFormatException)
        {
            // The rest is copied as it is.
        }

        output.Write(archive.AsSpan((int)copied));
        return output.ToArray();
    }

    /// <summary>Only makes the trailer fit the manifest's text, whatever that says.</summary>
    public static void Trailers(byte[] archive)
    {
        long start = 0;
        var reader = new TarReader(new MemoryBlocks(archive));
        try
        {
            while (reader.Next())
            {
                var entry = reader.Entry;
                if (ManifestEntry.IsManifest(entry))
                {
                    if (entry.Size > ManifestTrailer.Size)
                    {
                        var text = archive.AsSpan((int)entry.DataOffset, (int)entry.Size);
                        var check = ManifestTrailer.ComputeCheck(
                            text[..^ManifestTrailer.Size], entry.NextOffset - start, entry.NextOffset - entry.HeaderOffset);
                        new ManifestTrailer(start, entry.HeaderOffset, check).ToBytes().CopyTo(text[^ManifestTrailer.Size..]);
                    }

                    start = entry.NextOffset;
                }
            }
        }
        catch (TarFormatException)
        {
            // Nothing behind it is found by its header.
        }
    }

    private static void WriteManifest(MemoryStream output, TarEntry entry, ReadOnlySpan<byte> text, long start, bool dropSums)
    {
        long position = output.Position;
        var forged = output.GetBuffer().AsMemory(0, (int)position);
        var volumes = new List<ManifestVolume>();
        foreach (var volume in ManifestYaml.Read(text, "").Volumes)
        {
            long from = Math.Clamp(start + (volume.Offset ?? 0), start, position);
            long to = Math.Clamp(from + (volume.Length ?? 0), from, position);
            var totals = ForgedTotals.Of(forged, from, to);
            volumes.Add(volume with
            {
                Entries = totals.Entries,
                Bytes = totals.Bytes,
                Headers = totals.Headers,
                Checksum = dropSums ? ChecksumNames.None : volume.Checksum,
            });
        }

        var name = EntryNames.TrimStart(entry.Name.Span);
        var prefix = name[..Math.Max(0, name.Length - Manifest.FileName.Length - 1)];
        output.Write(ManifestEntry.Encode(prefix, volumes, DateTimeOffset.UnixEpoch, start, position).Written);
    }
}
