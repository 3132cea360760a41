using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Archive;

/// <summary>
/// Finds generations by reading every header. One of ours begins with its mark and ends with its manifest: a mark without a
/// manifest is a generation all the same, whose manifest is damaged.
/// </summary>
/// <param name="archive">The archive.</param>
/// <param name="generations">Where they are put, as they are found: what stands before damage is in it when the walk throws.</param>
/// <param name="toleratesUnreadable">A manifest that the disk does not give is a damaged one; else the walk ends with the error.</param>
internal sealed class GenerationWalk(ArchiveFile archive, GenerationList generations, bool toleratesUnreadable = false)
{
    /// <summary>Backups made while one reader reads the headers.</summary>
    private const int MaxResumed = 1000;

    private readonly Dictionary<string, long> starts = new(StringComparer.Ordinal);
    private long previousEnd;
    private long ownEnd;
    private Opened? open;

    /// <summary>Where the walk ended: at the end-of-archive marker unless something else did.</summary>
    public long End { get; private set; }

    /// <summary>Why it ended.</summary>
    public TarEnd Kind { get; private set; }

    /// <summary>The key of a global pax header that counts for whatever is appended; null when there is none.</summary>
    public string? GlobalKey { get; private set; }

    /// <summary>Reads the headers.</summary>
    /// <param name="limit">No entry may reach beyond this offset.</param>
    /// <param name="cancellation">Ends the walk.</param>
    /// <exception cref="BackupException">ArchiveInvalid, ArchiveUnreadable; <see cref="End"/> is where.</exception>
    public void Run(long limit, CancellationToken cancellation)
    {
        for (int resumed = 0; !RunToEnd(limit, mayResume: resumed < MaxResumed, cancellation); resumed++)
        {
        }

        CloseWithoutManifest(End);
    }

    /// <summary>False when there is more to read than there was at the beginning: somebody has appended meanwhile.</summary>
    private bool RunToEnd(long limit, bool mayResume, CancellationToken cancellation)
    {
        var source = new WindowedSource(archive);
        var reader = new TarReader(source, End, limit);
        try
        {
            while (reader.Next())
            {
                cancellation.ThrowIfCancellationRequested();
                Add(reader);
            }

            Kind = reader.End;
            return Kind != TarEnd.NoMarker || !(mayResume && HasGrown(reader, source));
        }
        catch (TarFormatException e)
        {
            return mayResume && e.Defect == TarDefect.Truncated && HasGrown(reader, source)
                ? false
                : throw ArchiveErrors.Invalid(archive.Path, e);
        }
        finally
        {
            End = reader.Position;
            GlobalKey ??= reader.GlobalKey;
        }
    }

    /// <summary>Reading on where an entry begins is as good as reading all again, unless a global header counts for it.</summary>
    private bool HasGrown(TarReader reader, WindowedSource source) =>
        !archive.IsWriter && !reader.HasGlobalHeader && archive.Length > source.Length;

    private void Add(TarReader reader)
    {
        var entry = reader.Entry;
        if (GenerationMark.IsIn(reader.HeaderBytes))
        {
            CloseWithoutManifest(entry.HeaderOffset);
            open = new Opened(entry.HeaderOffset, EntryNames.TrimStart(entry.Name.Span).ToArray());
        }
        else if (ManifestEntry.IsManifest(entry))
        {
            AddManifest(entry);
        }
        else if (ManifestEntry.IsNoManifest(entry))
        {
            Keep(ManifestEntry.Refuse(entry, "it is larger than any honest one, or no plain file", NextNumber()));
        }

        if (open is not null)
        {
            open.LastHeader = entry.HeaderOffset;
        }
    }

    private void AddManifest(TarEntry entry)
    {
        var name = EntryNames.TrimStart(entry.Name.Span);
        string display = EntryNames.Display(name);
        bool isOfOpen = open is not null && name.SequenceEqual(ManifestNameOf(open));
        long start = isOfOpen ? open!.Start : Math.Max(ownEnd, starts.GetValueOrDefault(display));
        var generation = Read(entry, start);
        previousEnd = generation.End;
        starts[display] = generation.End;
        if (open is not null && generation.IsNative && generation.Start == open.Start && (isOfOpen || generation.HasExtents))
        {
            generation = Close(generation);
        }

        if (generation.HasExtents)
        {
            // Nobody else's entries stand between ours.
            ownEnd = generation.End;
        }

        Keep(generation);
    }

    private Generation Read(TarEntry entry, long start)
    {
        try
        {
            return ManifestEntry.Read(archive, entry, start, previousEnd, NextNumber());
        }
        catch (BackupException e) when (toleratesUnreadable && e.Error == BackupError.ArchiveUnreadable)
        {
            return ManifestEntry.Refuse(entry, $"it cannot be read ({e.Message:said})", NextNumber(), BackupError.ArchiveUnreadable) with { Start = start };
        }
    }

    /// <summary>The manifest of the generation whose mark was seen last. Its name and that of the first entry must fit: no checksum of a header covers a name in a pax record.</summary>
    private Generation Close(Generation generation)
    {
        var first = open!;
        open = null;
        generation = generation with { HasMark = true };
        if (PrefixOf(first.Name) is not { } prefix || prefix.AsSpan().SequenceEqual(generation.PrefixBytes))
        {
            return generation;
        }

        // One of the two is wrong, and nothing here says which: it must not be passed over under either.
        generation = generation with
        {
            Damage = generation.Damage ?? new Notice(
                BackupError.ArchiveInvalid, generation.Prefix,
                $"The name of the manifest at offset {generation.ManifestOffset}, or that of the first entry of its generation at offset {generation.Start}, is damaged."),
        };
        Keep(generation);
        return generation with { Prefix = EntryNames.Display(prefix), PrefixBytes = prefix };
    }

    /// <summary>The generation whose mark was seen last has come to an end, and no manifest.</summary>
    private void CloseWithoutManifest(long end)
    {
        if (open is not { } first)
        {
            return;
        }

        open = null;
        ownEnd = end;
        byte[] prefix = PrefixOf(first.Name) ?? [];
        Keep(TryReadMisnamed(first, end, prefix) ?? new Generation
        {
            Number = NextNumber(),
            Prefix = EntryNames.Display(prefix),
            PrefixBytes = prefix,
            Created = DateTimeOffset.MinValue,
            Start = first.Start,
            ManifestOffset = end,
            End = end,
            Trailer = TrailerState.Damaged,
            HasMark = true,
            Volumes = [],
            DamagedVolumes = [DamagedVolume.Unknown],
            Damage = new Notice(
                BackupError.ArchiveInvalid, EntryNames.Display(prefix),
                $"The generation that begins at offset {first.Start} has no manifest before offset {end}, where something else begins."),
        });
    }

    /// <summary>Its last entry is the manifest, of a name that is damaged.</summary>
    private Generation? TryReadMisnamed(Opened first, long end, byte[] prefix)
    {
        try
        {
            var reader = new TarReader(new WindowedSource(archive), first.LastHeader, end);
            if (!reader.Next() || reader.Entry.Type != TypeFlag.Regular || reader.Entry.Size > Manifest.MaxSize || reader.Entry.NextOffset != end)
            {
                return null;
            }

            var generation = ManifestEntry.Read(archive, reader.Entry, first.Start, first.Start, NextNumber());
            return !generation.IsNative || generation.Start != first.Start
                ? null
                : generation with
                {
                    Prefix = EntryNames.Display(prefix),
                    PrefixBytes = prefix,
                    HasMark = true,
                    Damage = generation.Damage ?? new Notice(
                        BackupError.ArchiveInvalid, EntryNames.Display(prefix),
                        $"The name of the manifest at offset {generation.ManifestOffset} is damaged."),
                };
        }
        catch (TarFormatException)
        {
            return null;
        }
        catch (BackupException e) when (toleratesUnreadable && ArchiveErrors.IsDamage(e))
        {
            return null;
        }
    }

    private void Keep(Generation generation)
    {
        if (generation.Volumes.Count > 0 || generation.Damage is not null)
        {
            generations.RemoveWithin(generation);
            generations.Add(generation);
        }
    }

    private int NextNumber() => generations.Items.Count == 0 ? 1 : Generation.NumberAfter(generations.Items[^1].Number);

    private static byte[]? ManifestNameOf(Opened first) => PrefixOf(first.Name) is { } prefix ? EntryNames.Join(prefix, Manifest.FileName) : null;

    /// <summary>The prefix of a generation by the name of its first entry, <c>prefix/id</c>; null when it is no such name.</summary>
    private static byte[]? PrefixOf(ReadOnlySpan<byte> firstName)
    {
        int prefixLength = firstName.Length - EntryNames.IdLength - 1;
        if (prefixLength < -1 || (prefixLength >= 0 && firstName[prefixLength] != (byte)'/'))
        {
            return null;
        }

        return EntryNames.IsId(firstName[^EntryNames.IdLength..]) ? firstName[..Math.Max(0, prefixLength)].ToArray() : null;
    }

    /// <summary>A generation whose mark was seen.</summary>
    private sealed class Opened(long start, byte[] name)
    {
        public long Start { get; } = start;

        /// <summary>Of its first entry.</summary>
        public byte[] Name { get; } = name;

        /// <summary>Where the entry begins that was read last.</summary>
        public long LastHeader { get; set; }
    }
}
