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

    /// <summary>The number the next generation gets.</summary>
    public int NextNumber => Generations.Count == 0 ? 1 : Generation.NumberAfter(Generations.Max(g => g.Number));

    /// <summary>
    /// Finds the end: by one look at the tail when the last generation is ours, else by walking the headers. Never
    /// trusts zeros at the tail: other programs pad with them, and what stands behind the real marker is hidden from
    /// every reader.
    /// </summary>
    public static ArchiveMap FindEnd(ArchiveFile archive, CancellationToken cancellation) =>
        TryReadTail(archive) ?? Walk(archive, cancellation);

    /// <summary>Finds all generations: our own by following the chain of trailers back from the tail, the rest by walking.</summary>
    public static ArchiveMap Read(ArchiveFile archive, CancellationToken cancellation)
    {
        if (TryReadTail(archive) is not { } tail)
        {
            return Walk(archive, cancellation);
        }

        var chain = FollowChain(archive, tail.End, cancellation);
        var older = new GenerationList(archive.Path);
        if (chain[0].Start > 0)
        {
            // Something that is not ours, or is damaged, stands in front.
            WalkGenerations(archive, chain[0].Start, older, out _, out _, cancellation);
        }

        return tail with { Generations = [.. older.Items, .. chain] };
    }

    /// <summary>
    /// <see cref="FindEnd"/> for readers: what can be found from both ends when the archive is damaged, so that damage in one
    /// place does not take the rest along.
    /// </summary>
    public static ArchiveMap FindEndOrSalvage(ArchiveFile archive, CancellationToken cancellation) =>
        OrSalvage(archive, FindEnd, cancellation);

    /// <summary><see cref="Read"/> for readers; see <see cref="FindEndOrSalvage"/>.</summary>
    public static ArchiveMap ReadOrSalvage(ArchiveFile archive, CancellationToken cancellation) => OrSalvage(archive, Read, cancellation);

    /// <summary>What can be found of an archive that cannot be walked: the generations before the damage, and our own ones that end the archive.</summary>
    public static ArchiveMap Salvage(ArchiveFile archive, BackupException damage, CancellationToken cancellation)
    {
        long length = archive.File.Length;
        long end = length - TarLayout.EndMarkerSize;
        var chain = FollowChain(archive, end, cancellation, salvage: true);
        var front = new GenerationList(archive.Path);
        try
        {
            WalkGenerations(archive, chain.Count > 0 ? chain[0].Start : long.MaxValue, front, out _, out _, cancellation);
        }
        catch (BackupException e) when (e.Error == BackupError.ArchiveInvalid)
        {
            // Up to here, and no further: that is the damage.
        }

        long known = front.Items.Count > 0 ? front.Items[^1].End : 0;
        bool isCut = StandsHeaderAt(archive, end);
        bool isWhole = chain.Count > 0 && chain[0].Start == known && !isCut;
        return new ArchiveMap
        {
            End = end,
            FileLength = length,
            Tail = TailState.Clean,
            Generations = [.. front.Items, .. chain],
            Damage = isWhole ? null : damage,
            BeforeDamage = isWhole ? 0 : front.Items.Count + (isCut ? chain.Count : 0),
        };
    }

    private static ArchiveMap OrSalvage(
        ArchiveFile archive, Func<ArchiveFile, CancellationToken, ArchiveMap> read, CancellationToken cancellation)
    {
        try
        {
            return read(archive, cancellation);
        }
        catch (BackupException e) when (e.Error == BackupError.ArchiveInvalid)
        {
            var found = Salvage(archive, e, cancellation);
            if (found.Generations.Count == 0)
            {
                throw;
            }

            return found;
        }
    }

    /// <summary>The end by one look at the tail, with the newest generation; null when that is not ours.</summary>
    private static ArchiveMap? TryReadTail(ArchiveFile archive)
    {
        long length = archive.File.Length;
        long end = length - TarLayout.EndMarkerSize;
        return end >= 0 && IsZero(archive, end, TarLayout.EndMarkerSize) && ManifestEntry.TryReadEndingAt(archive.File, end) is { } newest
            ? new ArchiveMap { End = end, FileLength = length, Tail = TailState.Clean, Generations = [newest] }
            : null;
    }

    /// <summary>Reads every header from the start.</summary>
    /// <exception cref="BackupException">ArchiveInvalid: not a tar, truncated or damaged; the message has offset and entry.</exception>
    public static ArchiveMap Walk(ArchiveFile archive, CancellationToken cancellation)
    {
        var generations = new GenerationList(archive.Path);
        WalkGenerations(archive, long.MaxValue, generations, out long end, out var kind, cancellation);
        long length = archive.File.Length;
        if (kind == TarEnd.NoMarker)
        {
            throw ArchiveErrors.Invalid(
                archive.Path, end,
                "the end-of-archive marker is missing: the file was cut short or never finished. "
                + "If its last entry is whole, append 1024 zero bytes to use it.");
        }

        return new ArchiveMap
        {
            End = end,
            FileLength = length,
            Tail = LookBehind(archive, end, length),
            Generations = generations.Items,
        };
    }

    /// <summary>True when another entry begins where the archive's end marker should stand: the file was cut behind it.</summary>
    private static bool StandsHeaderAt(ArchiveFile archive, long offset)
    {
        Span<byte> block = stackalloc byte[TarLayout.BlockSize];
        return offset >= 0 && archive.File.Read(block, offset) == block.Length && TarBlock.IsValidHeader(block);
    }

    /// <summary>Our generations that follow each other without a gap up to an offset, oldest first.</summary>
    private static List<Generation> FollowChain(
        ArchiveFile archive, long end, CancellationToken cancellation, bool salvage = false)
    {
        var generations = new GenerationList(archive.Path);
        while (end > 0 && ManifestEntry.TryReadEndingAt(archive.File, end, salvage) is { } generation)
        {
            cancellation.ThrowIfCancellationRequested();
            generations.Add(generation);
            end = generation.Start;
        }

        return [.. Enumerable.Reverse(generations.Items)];
    }

    /// <summary>Reads headers up to a limit. What was found before damage is in the list when this throws.</summary>
    private static void WalkGenerations(
        ArchiveFile archive, long limit, GenerationList generations, out long end, out TarEnd kind, CancellationToken cancellation)
    {
        var starts = new Dictionary<string, long>(StringComparer.Ordinal);
        long previousEnd = 0;
        long ownEnd = 0;
        var reader = new TarReader(new WindowedSource(archive.File), 0, limit);
        try
        {
            while (reader.Next())
            {
                cancellation.ThrowIfCancellationRequested();
                if (!ManifestEntry.IsManifest(reader.Entry))
                {
                    continue;
                }

                string name = EntryNames.Display(EntryNames.TrimStart(reader.Entry.Name.Span));
                int number = generations.Items.Count == 0 ? 1 : Generation.NumberAfter(generations.Items[^1].Number);
                var generation = ManifestEntry.Read(
                    archive.File, reader.Entry, Math.Max(ownEnd, starts.GetValueOrDefault(name)), previousEnd, number);
                previousEnd = generation.End;
                starts[name] = generation.End;
                if (generation.Trailer is TrailerState.Valid or TrailerState.Moved)
                {
                    // Nobody else's entries stand between ours.
                    ownEnd = generation.End;
                }

                if (generation.Volumes.Count > 0 || generation.Damage is not null)
                {
                    generations.RemoveWithin(generation);
                    generations.Add(generation);
                }
            }
        }
        catch (TarFormatException e)
        {
            throw ArchiveErrors.Invalid(archive.Path, e);
        }

        end = reader.Position;
        kind = reader.End;
    }

    private static TailState LookBehind(ArchiveFile archive, long end, long length)
    {
        long from = end + TarLayout.EndMarkerSize;
        if (length <= from || IsZero(archive, from, length - from))
        {
            return IsZero(archive, end, Math.Min(TarLayout.EndMarkerSize, length - end)) ? TailState.Clean : TailState.Foreign;
        }

        return GenerationMark.StandsAt(archive.File, end) ? TailState.InterruptedAppend : TailState.Foreign;
    }

    private static bool IsZero(ArchiveFile archive, long offset, long count)
    {
        byte[] buffer = new byte[(int)Math.Min(count, 64 * 1024)];
        while (count > 0)
        {
            int read = archive.File.Read(buffer.AsSpan(0, (int)Math.Min(buffer.Length, count)), offset);
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
