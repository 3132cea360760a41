using System.Text;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Archive;

/// <summary>The manifest as an entry of the archive: found at the tail by its trailer, or while walking the headers.</summary>
internal static class ManifestEntry
{
    /// <summary>
    /// Encodes the entry so that it ends on a multiple of <see cref="TarLayout.Alignment"/>: comment lines fill the text
    /// up, and the trailer is its last line.
    /// </summary>
    /// <param name="prefix">The prefix's bytes.</param>
    /// <param name="volumes">The volumes of the generation.</param>
    /// <param name="created">Time of the backup.</param>
    /// <param name="start">Absolute offset of the generation's first header.</param>
    /// <param name="offset">Absolute offset of the entry.</param>
    /// <exception cref="BackupException">ConfigInvalid: there are more volumes than a manifest may have.</exception>
    public static BlockBuffer Encode(
        ReadOnlySpan<byte> prefix, IReadOnlyList<ManifestVolume> volumes, DateTimeOffset created, long start, long offset)
    {
        var output = new BlockBuffer();
        var entry = MetaEntry.Create(EntryNames.Join(prefix, Manifest.FileName), created);
        TarEncoder.Encode(entry, output, offset, alignData: false);
        int headerLength = output.Length;

        byte[] yaml = Encoding.UTF8.GetBytes(ManifestLines.Write(volumes));
        if (yaml.Length > Manifest.MaxSize - (2 * TarLayout.Alignment))
        {
            throw new BackupException(
                BackupError.ConfigInvalid,
                $"{volumes.Count} volumes are too many for one backup: their manifest would exceed {Manifest.MaxSize} bytes. Back them up in several.");
        }

        long dataStart = offset + headerLength;
        long unpadded = dataStart + yaml.Length + ManifestTrailer.Size;
        long end = (unpadded + TarLayout.Alignment - 1) & ~(long)(TarLayout.Alignment - 1);
        entry.Size = end - dataStart;
        output.Clear();
        TarEncoder.Encode(entry, output, offset, alignData: false);
        output.Append(yaml);
        AppendComments(output, (int)(end - unpadded));

        var text = output.Written[headerLength..];
        var check = ManifestTrailer.ComputeCheck(text, end - start, end - offset);
        output.Append(new ManifestTrailer(start, offset, check).ToBytes());
        return output;
    }

    /// <summary>
    /// Looks whether a generation of ours ends exactly at the given offset. Every claim of the trailer is checked: the
    /// offsets, the check, the manifest's own header, and that the generation's first header is there (it is zero until
    /// the commit).
    /// </summary>
    /// <param name="file">The archive.</param>
    /// <param name="end">Where the generation would end.</param>
    /// <param name="salvage">The first header may be damaged, as long as it is not zero: the rest of the generation can be read without it.</param>
    /// <returns>Null when there is none, and when anything about it is damaged: then only a walk over the headers shows what it is.</returns>
    public static Generation? TryReadEndingAt(IBlockSource file, long end, bool salvage = false)
    {
        if (end < TarLayout.Alignment || end % TarLayout.BlockSize != 0)
        {
            return null;
        }

        Span<byte> tail = stackalloc byte[ManifestTrailer.Size];
        if (file.Read(tail, end - tail.Length) != tail.Length
            || !ManifestTrailer.TryParse(tail, out var trailer)
            || trailer.Start >= trailer.ManifestOffset
            || trailer.Start % TarLayout.BlockSize != 0
            || end - trailer.ManifestOffset is < TarLayout.BlockSize or > Manifest.MaxSize)
        {
            return null;
        }

        Span<byte> first = stackalloc byte[TarLayout.BlockSize];
        if (file.Read(first, trailer.Start) != first.Length || TarBlock.IsZero(first))
        {
            return null;
        }

        try
        {
            var reader = new TarReader(new WindowedSource(file, 64 * 1024), trailer.ManifestOffset, end);
            if (!reader.Next() || reader.Entry.NextOffset != end || !IsManifest(reader.Entry))
            {
                return null;
            }

            var generation = Read(file, reader.Entry, trailer.Start, trailer.Start, nextNumber: 1);
            return generation is { Trailer: TrailerState.Valid, Damage: null } && (BeginsAsNamed(file, generation) ?? salvage) ? generation : null;
        }
        catch (TarFormatException)
        {
            return null;
        }
    }

    /// <summary>
    /// Whether the first entry has the name that the manifest's own name and its first line ask for: names in pax records
    /// are covered by no header's checksum. Null when the entry cannot be read.
    /// </summary>
    private static bool? BeginsAsNamed(IBlockSource file, Generation generation)
    {
        try
        {
            var reader = new TarReader(new WindowedSource(file, TarLayout.Alignment), generation.Start, generation.ManifestOffset);
            return reader.Next() && (generation.Volumes.Count == 0 || reader.Entry.Name.Span.SequenceEqual(
                EntryNames.Join(generation.PrefixBytes, generation.Volumes[0].Id)));
        }
        catch (TarFormatException)
        {
            return null;
        }
    }

    public static bool IsManifest(TarEntry entry) => IsOrdinary(entry) && HasName(entry);

    /// <summary>True for what has the name of a manifest, but is no such file as a manifest is.</summary>
    public static bool IsNoManifest(TarEntry entry) => entry.Type == TypeFlag.Regular && HasName(entry) && !IsOrdinary(entry);

    private static bool IsOrdinary(TarEntry entry) =>
        entry.Type == TypeFlag.Regular && entry.Sparse is null && entry.Size <= Manifest.MaxSize && entry.Name.Length <= Manifest.MaxName;

    private static bool HasName(TarEntry entry)
    {
        var name = entry.Name.Span;
        return name.EndsWith("volumes-data.yml"u8)
            && (name.Length == Manifest.FileName.Length || name[^(Manifest.FileName.Length + 1)] == (byte)'/');
    }

    /// <summary>Reads the manifest that the entry is.</summary>
    /// <param name="file">The archive.</param>
    /// <param name="entry">The manifest's entry.</param>
    /// <param name="start">Where the generation starts if the manifest does not say.</param>
    /// <param name="previousEnd">Where the generation before ends, of whatever prefix: there this one starts if its offsets were only half written when they were mended.</param>
    /// <param name="nextNumber">The generation's number if the manifest does not say.</param>
    public static Generation Read(IBlockSource file, TarEntry entry, long start, long previousEnd, int nextNumber)
    {
        byte[] data = new byte[entry.Size];
        int read = file.Read(data, entry.DataOffset);
        byte[] prefix = PrefixOf(entry);
        string display = EntryNames.ForMessage(entry.Name.Span);

        var state = TrailerState.Absent;
        bool isHalfRight = false;
        if (ManifestTrailer.TryParse(data, out var trailer))
        {
            var text = data.AsSpan(0, data.Length - ManifestTrailer.Size);
            long claimed = entry.HeaderOffset - (trailer.ManifestOffset - trailer.Start);
            if (StartsAt(claimed, entry, text, trailer))
            {
                state = trailer.ManifestOffset == entry.HeaderOffset ? TrailerState.Valid : TrailerState.Moved;
                start = claimed;
            }
            else if (StartsAt(previousEnd, entry, text, trailer))
            {
                // What was moved has neither offset right. With one of them right the other is damaged, or half mended.
                state = TrailerState.Moved;
                isHalfRight = trailer.ManifestOffset == entry.HeaderOffset || trailer.Start == previousEnd;
                start = previousEnd;
            }
            else
            {
                state = TrailerState.Damaged;
            }
        }
        else if (data.AsSpan().IndexOf("\n# snapshotter "u8) >= 0)
        {
            state = TrailerState.Damaged;
        }

        var manifest = state == TrailerState.Damaged ? null : ManifestYaml.Read(data.AsSpan(0, read), display);
        if (state == TrailerState.Absent && manifest!.Volumes.Any(v => v.Headers is not null || v.Offset is not null))
        {
            // Ours, and its last line cannot be read.
            state = TrailerState.Damaged;
        }

        if (state == TrailerState.Damaged)
        {
            manifest = ManifestYaml.ReadOwnDamaged(data.AsSpan(0, read), new Notice(
                BackupError.ArchiveInvalid, display, $"The manifest at offset {entry.HeaderOffset} is damaged: its check does not fit."));
        }

        manifest = manifest!.Checked(
            display, state == TrailerState.Absent ? null : entry.HeaderOffset - start);
        var firstVolume = manifest.Volumes.Count > 0 ? manifest.Volumes[0] : null;
        return new Generation
        {
            Number = firstVolume?.Generation ?? nextNumber,
            Prefix = EntryNames.Display(prefix),
            PrefixBytes = prefix,
            Created = manifest.Damage is null && firstVolume?.Created is { } created ? created : MetaEntry.TimeOf(entry),
            Start = start,
            ManifestOffset = entry.HeaderOffset,
            End = entry.NextOffset,
            Trailer = state,
            HasOneWrongOffset = isHalfRight,
            Volumes = manifest.Volumes,
            Damage = manifest.Damage,
            DamagedVolumes = manifest.Damaged,
        };
    }

    /// <summary>A generation of which nothing is known but that it is there: its manifest cannot be read.</summary>
    /// <param name="entry">The manifest's entry.</param>
    /// <param name="why">What is wrong with it, to follow "the manifest cannot be used:".</param>
    /// <param name="number">The generation's number.</param>
    /// <param name="error">The stable id.</param>
    public static Generation Refuse(TarEntry entry, string why, int number, BackupError error = BackupError.ArchiveInvalid)
    {
        byte[] prefix = PrefixOf(entry);
        string display = EntryNames.ForMessage(entry.Name.Span);
        return new Generation
        {
            Number = number,
            Prefix = EntryNames.Display(prefix),
            PrefixBytes = prefix,
            Created = MetaEntry.TimeOf(entry),
            Start = entry.HeaderOffset,
            ManifestOffset = entry.HeaderOffset,
            End = entry.NextOffset,
            Trailer = error == BackupError.ArchiveUnreadable ? TrailerState.Damaged : TrailerState.Absent,
            Volumes = [],
            DamagedVolumes = [DamagedVolume.Unknown],
            Damage = new Notice(error, display, $"The manifest '{display}' at offset {entry.HeaderOffset} cannot be used: {why}."),
        };
    }

    private static byte[] PrefixOf(TarEntry entry)
    {
        var name = EntryNames.TrimStart(entry.Name.Span);
        return name[..Math.Max(0, name.Length - Manifest.FileName.Length - 1)].ToArray();
    }

    private static bool StartsAt(long start, TarEntry manifest, ReadOnlySpan<byte> text, in ManifestTrailer trailer)
        => start >= 0 && start < manifest.HeaderOffset && start % TarLayout.BlockSize == 0 && trailer.Check == ManifestTrailer.ComputeCheck(
            text, manifest.NextOffset - start, manifest.NextOffset - manifest.HeaderOffset);

    private static void AppendComments(BlockBuffer output, int count)
    {
        while (count > 0)
        {
            var line = output.AppendUninitialized(Math.Min(count, 80));
            BlockBuffer.Blank(line);
            line[0] = (byte)'#';
            line[^1] = (byte)'\n';
            count -= line.Length;
        }
    }
}
