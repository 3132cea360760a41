using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Archive;

/// <summary>What stands behind the end-of-archive marker.</summary>
internal enum TailState
{
    /// <summary>Nothing, or the zeros other programs pad with.</summary>
    Clean,

    /// <summary>An append of ours that was killed before its commit.</summary>
    InterruptedAppend,

    /// <summary>Bytes that are not ours.</summary>
    Foreign,
}

/// <summary>Where an archive really ends, and the generations in it.</summary>
internal sealed record ArchiveMap
{
    /// <summary>Absolute offset of the end-of-archive marker: where the next generation goes.</summary>
    public required long End { get; init; }

    /// <summary>Length of the file when it was read.</summary>
    public required long FileLength { get; init; }

    public required TailState Tail { get; init; }

    /// <summary>The generations, oldest first. After a quick look at the end only: the newest one, or none.</summary>
    public required IReadOnlyList<Generation> Generations { get; init; }

    /// <summary>Null when all generations were found; else why those between the first ones and the rest could not be.</summary>
    public BackupException? Damage { get; init; }

    /// <summary>How many of <see cref="Generations"/> stand before the damage: newer ones may be hidden by it.</summary>
    public int BeforeDamage { get; init; }

    /// <summary>The key of a global pax header that would change what is appended, for every reader; null when there is none.</summary>
    public string? GlobalKey { get; init; }

    /// <summary>The number the next generation gets.</summary>
    public int NextNumber => Generations.Count == 0 ? 1 : Generation.NumberAfter(Generations.Max(g => g.Number));

    /// <summary>
    /// Finds the end: by one look at the tail when the last generation is ours, else by walking the headers. Never
    /// trusts zeros at the tail: other programs pad with them, and what stands behind the real marker is hidden from
    /// every reader.
    /// </summary>
    public static ArchiveMap FindEnd(ArchiveFile archive, CancellationToken cancellation) => ReaderBesideWriter.Read(
        archive, () => TryReadTail(archive) ?? WalkOnce(archive, toleratesUnreadable: false, cancellation), cancellation);

    /// <summary>Finds all generations: our own by following the chain of trailers back from the tail, the rest by walking.</summary>
    public static ArchiveMap Read(ArchiveFile archive, CancellationToken cancellation) => Read(archive, toleratesUnreadable: false, cancellation);

    /// <summary>
    /// <see cref="FindEnd"/> for readers: what can be found from both ends when the archive is damaged, so that damage in one
    /// place does not take the rest along.
    /// </summary>
    public static ArchiveMap FindEndOrSalvage(ArchiveFile archive, CancellationToken cancellation) =>
        OrSalvage(archive, FindEnd, cancellation);

    /// <summary><see cref="Read(ArchiveFile, CancellationToken)"/> for readers; see <see cref="FindEndOrSalvage"/>.</summary>
    public static ArchiveMap ReadOrSalvage(ArchiveFile archive, CancellationToken cancellation) =>
        OrSalvage(archive, (file, token) => Read(file, toleratesUnreadable: true, token), cancellation);

    /// <summary>What can be found of an archive that cannot be walked: the generations before the damage, and our own ones that end the archive.</summary>
    public static ArchiveMap Salvage(ArchiveFile archive, BackupException damage, CancellationToken cancellation)
    {
        long length = archive.Length;
        long end = length - TarLayout.EndMarkerSize;
        var chain = FollowChain(archive, end, cancellation, salvage: true);
        var front = new GenerationList(archive);
        var walk = new GenerationWalk(archive, front, toleratesUnreadable: true);
        try
        {
            walk.Run(chain.Count > 0 ? chain[0].Start : long.MaxValue, cancellation);
        }
        catch (BackupException e) when (ArchiveErrors.IsDamage(e))
        {
            // Up to here, and no further: that is the damage.
        }

        long known = front.Items.Count > 0 ? front.Items[^1].End : 0;
        bool isCut = MayHeaderStandAt(archive, end);
        bool isWhole = chain.Count > 0 && chain[0].Start == known && !isCut;
        return new ArchiveMap
        {
            End = end,
            FileLength = length,
            Tail = TailState.Clean,
            Generations = Settled([.. front.Items, .. chain]),
            Damage = isWhole ? null : damage,
            BeforeDamage = isWhole ? 0 : front.Items.Count + (isCut ? chain.Count : 0),
        };
    }

    /// <summary>What to tell a reader of bytes behind the end-of-archive marker; null when there is nothing to tell.</summary>
    public Notice? TailNotice(ArchiveFile archive) => Tail switch
    {
        TailState.Clean => null,
        TailState.InterruptedAppend => new Notice(
            BackupError.ArchiveInvalid, archive.Path,
            $"A backup was interrupted at offset {End}. The next one removes what it left; all before it is whole."),
        _ => new Notice(
            BackupError.ArchiveInvalid, archive.Path,
            $"There is more data behind the end-of-archive marker at offset {End}; no reader sees it."),
    };

    private static ArchiveMap Read(ArchiveFile archive, bool toleratesUnreadable, CancellationToken cancellation) =>
        ReaderBesideWriter.Read(archive, () => ReadOnce(archive, toleratesUnreadable, cancellation), cancellation);

    private static ArchiveMap ReadOnce(ArchiveFile archive, bool toleratesUnreadable, CancellationToken cancellation)
    {
        if (TryReadTail(archive) is not { } tail)
        {
            return WalkOnce(archive, toleratesUnreadable, cancellation);
        }

        var chain = FollowChain(archive, tail.End, cancellation);
        var older = new GenerationList(archive);
        if (chain[0].Start > 0)
        {
            // Something that is not ours, or is damaged, stands in front.
            var walk = new GenerationWalk(archive, older, toleratesUnreadable);
            walk.Run(chain[0].Start, cancellation);
            if (walk.End < chain[0].Start)
            {
                throw ArchiveErrors.Invalid(archive.Path, walk.End, "zeros stand where an entry should begin; more of the archive is behind them.");
            }
        }

        return tail with { Generations = Settled([.. older.Items, .. chain]) };
    }

    private static ArchiveMap OrSalvage(
        ArchiveFile archive, Func<ArchiveFile, CancellationToken, ArchiveMap> read, CancellationToken cancellation)
    {
        try
        {
            return read(archive, cancellation);
        }
        catch (BackupException e) when (ArchiveErrors.IsDamage(e))
        {
            var found = Salvage(archive, e, cancellation);
            if (found.Generations.Count == 0)
            {
                throw;
            }

            return found;
        }
    }

    /// <summary>
    /// Numbers that can be: those of damaged manifests follow the ones before them where what they say is no number between
    /// their neighbours'.
    /// </summary>
    private static IReadOnlyList<Generation> Settled(List<Generation> generations)
    {
        int next = 0;
        for (int i = 0; i < generations.Count; i++)
        {
            var generation = generations[i];
            if (generation.Damage is null)
            {
                continue;
            }

            while (next < generations.Count && (next <= i || generations[next].Damage is not null))
            {
                next++;
            }

            int before = i == 0 ? 0 : generations[i - 1].Number;
            int after = next < generations.Count ? generations[next].Number : int.MaxValue;
            if (i > 0 && generations[i - 1].ManifestOffset == generation.ManifestOffset)
            {
                generations[i] = generation with { Number = before };
            }
            else if (generation.Number <= before || generation.Number >= after)
            {
                generations[i] = generation with { Number = Generation.NumberAfter(before) };
            }
        }

        return generations;
    }

    /// <summary>The end by one look at the tail, with the newest generation; null when that is not ours.</summary>
    private static ArchiveMap? TryReadTail(ArchiveFile archive)
    {
        long length = archive.Length;
        long end = length - TarLayout.EndMarkerSize;
        return end >= 0 && IsZero(archive, end, TarLayout.EndMarkerSize) && ManifestEntry.TryReadEndingAt(archive, end) is { } newest
            ? new ArchiveMap
            {
                End = end,
                FileLength = length,
                Tail = TailState.Clean,
                Generations = [newest],
                GlobalKey = archive.IsWriter && newest.Start > 0 ? FindGlobalKeyInFront(archive) : null,
            }
            : null;
    }

    /// <summary>
    /// Behind a global header nothing is appended, so where the tail is ours there is none, unless older versions of this
    /// program did not look: then at the very front, where such headers stand.
    /// </summary>
    private static string? FindGlobalKeyInFront(ArchiveFile archive)
    {
        byte[] block = new byte[TarLayout.BlockSize];
        if (archive.Read(block, 0) < block.Length || block[HeaderField.TypeFlagOffset] != (byte)TypeFlag.PaxGlobalHeader)
        {
            return null;
        }

        try
        {
            var reader = new TarReader(new WindowedSource(archive));
            reader.Next();
            return reader.GlobalKey;
        }
        catch (TarFormatException e)
        {
            throw ArchiveErrors.Invalid(archive.Path, e);
        }
    }

    /// <summary>Reads every header from the start.</summary>
    /// <exception cref="BackupException">ArchiveInvalid: not a tar, truncated or damaged; the message has offset and entry. ArchiveUnreadable.</exception>
    public static ArchiveMap Walk(ArchiveFile archive, CancellationToken cancellation) => Walk(archive, toleratesUnreadable: false, cancellation);

    /// <summary><see cref="Walk(ArchiveFile, CancellationToken)"/>; a manifest that the disk does not give may be taken for a damaged one.</summary>
    public static ArchiveMap Walk(ArchiveFile archive, bool toleratesUnreadable, CancellationToken cancellation) =>
        ReaderBesideWriter.Read(archive, () => WalkOnce(archive, toleratesUnreadable, cancellation), cancellation);

    private static ArchiveMap WalkOnce(ArchiveFile archive, bool toleratesUnreadable, CancellationToken cancellation)
    {
        var generations = new GenerationList(archive);
        var walk = new GenerationWalk(archive, generations, toleratesUnreadable);
        walk.Run(long.MaxValue, cancellation);
        if (walk.Kind == TarEnd.NoMarker)
        {
            throw ArchiveErrors.Invalid(
                archive.Path, walk.End,
                "the end-of-archive marker is missing: the file was cut short or never finished. "
                + "If its last entry is whole, append 1024 zero bytes to use it.");
        }

        long length = archive.Length;
        return new ArchiveMap
        {
            End = walk.End,
            FileLength = length,
            Tail = LookBehind(archive, walk.End, length),
            GlobalKey = walk.GlobalKey,
            Generations = Settled([.. generations.Items]),
        };
    }

    /// <summary>True when another entry begins where the archive's end marker should stand, as far as can be told: the file was cut behind it.</summary>
    private static bool MayHeaderStandAt(ArchiveFile archive, long offset)
    {
        Span<byte> block = stackalloc byte[TarLayout.BlockSize];
        try
        {
            return offset >= 0 && archive.Read(block, offset) == block.Length && TarBlock.IsValidHeader(block);
        }
        catch (BackupException e) when (ArchiveErrors.IsDamage(e))
        {
            return true;
        }
    }

    /// <summary>Our generations that follow each other without a gap up to an offset, oldest first.</summary>
    private static List<Generation> FollowChain(
        ArchiveFile archive, long end, CancellationToken cancellation, bool salvage = false)
    {
        var generations = new GenerationList(archive);
        try
        {
            while (end > 0 && ManifestEntry.TryReadEndingAt(archive, end, salvage) is { } generation)
            {
                cancellation.ThrowIfCancellationRequested();
                generations.Add(generation);
                end = generation.Start;
            }
        }
        catch (BackupException e) when (salvage && e.Error == BackupError.ArchiveUnreadable)
        {
            // The chain is broken there.
        }

        return [.. Enumerable.Reverse(generations.Items)];
    }

    private static TailState LookBehind(ArchiveFile archive, long end, long length)
    {
        long from = end + TarLayout.EndMarkerSize;
        if (length <= from || IsZero(archive, from, length - from))
        {
            return IsZero(archive, end, Math.Min(TarLayout.EndMarkerSize, length - end)) ? TailState.Clean : TailState.Foreign;
        }

        return GenerationMark.StandsAt(archive, end) ? TailState.InterruptedAppend : TailState.Foreign;
    }

    private static bool IsZero(ArchiveFile archive, long offset, long count)
    {
        byte[] buffer = new byte[(int)Math.Min(count, 64 * 1024)];
        while (count > 0)
        {
            int read = archive.Read(buffer.AsSpan(0, (int)Math.Min(buffer.Length, count)), offset);
            if (read == 0)
            {
                return true;
            }

            if (buffer.AsSpan(0, read).ContainsAnyExcept((byte)0))
            {
                return false;
            }

            offset += read;
            count -= read;
        }

        return true;
    }
}
