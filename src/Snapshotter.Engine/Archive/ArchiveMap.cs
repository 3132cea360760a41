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

    /// <summary>The number the next generation gets.</summary>
    public int NextNumber => Generations.Count == 0 ? 1 : Generations.Max(g => g.Number) + 1;

    /// <summary>
    /// Finds the end: by one look at the tail when the last generation is ours, else by walking the headers. Never
    /// trusts zeros at the tail: other programs pad with them, and what stands behind the real marker is hidden from
    /// every reader.
    /// </summary>
    public static ArchiveMap FindEnd(ArchiveFile archive, CancellationToken cancellation)
    {
        long length = archive.File.Length;
        long end = length - TarLayout.EndMarkerSize;
        if (end >= 0 && IsZero(archive, end, TarLayout.EndMarkerSize)
            && ManifestEntry.TryReadEndingAt(archive.File, end) is { } newest)
        {
            return new ArchiveMap { End = end, FileLength = length, Tail = TailState.Clean, Generations = [newest] };
        }

        return Walk(archive, cancellation);
    }

    /// <summary>Finds all generations: our own by following the chain of trailers back from the tail, the rest by walking.</summary>
    public static ArchiveMap Read(ArchiveFile archive, CancellationToken cancellation)
    {
        var tail = FindEnd(archive, cancellation);
        if (tail.Generations.Count != 1 || tail.Generations[0].End != tail.End)
        {
            return tail;
        }

        var generations = FollowChain(archive, tail.End, cancellation);
        long position = generations[^1].Start;
        if (position > 0)
        {
            // Something that is not ours, or is damaged, stands in front.
            var older = WalkGenerations(archive, position, out _, out _, cancellation);
            older.Reverse();
            generations.AddRange(older);
        }

        generations.Reverse();
        return tail with { Generations = generations };
    }

    /// <summary>
    /// What of our own generations can be found from the tail of an archive that cannot be walked, for tests and restores:
    /// damage in one place does not take the rest along.
    /// </summary>
    public static ArchiveMap ReadFromTail(ArchiveFile archive, CancellationToken cancellation)
    {
        long length = archive.File.Length;
        long end = length - TarLayout.EndMarkerSize;
        var generations = FollowChain(archive, end, cancellation);
        generations.Reverse();
        return new ArchiveMap { End = end, FileLength = length, Tail = TailState.Clean, Generations = generations };
    }

    /// <summary><see cref="FindEnd"/> for readers: what can be found from the tail when the archive is damaged further up.</summary>
    public static ArchiveMap FindEndOrTail(ArchiveFile archive, CancellationToken cancellation) =>
        OrTail(archive, FindEnd, cancellation);

    /// <inheritdoc cref="FindEndOrTail"/>
    public static ArchiveMap ReadOrTail(ArchiveFile archive, CancellationToken cancellation) => OrTail(archive, Read, cancellation);

    private static ArchiveMap OrTail(
        ArchiveFile archive, Func<ArchiveFile, CancellationToken, ArchiveMap> read, CancellationToken cancellation)
    {
        try
        {
            return read(archive, cancellation);
        }
        catch (BackupException e) when (e.Error == BackupError.ArchiveInvalid)
        {
            var tail = ReadFromTail(archive, cancellation);
            if (tail.Generations.Count == 0)
            {
                throw;
            }

            return tail;
        }
    }

    /// <summary>Reads every header from the start.</summary>
    /// <exception cref="BackupException">ArchiveInvalid: not a tar, truncated or damaged; the message has offset and entry.</exception>
    public static ArchiveMap Walk(ArchiveFile archive, CancellationToken cancellation)
    {
        var generations = WalkGenerations(archive, long.MaxValue, out long end, out var kind, cancellation);
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
            Generations = generations,
        };
    }

    /// <summary>Our generations that follow each other without a gap, newest first.</summary>
    private static List<Generation> FollowChain(ArchiveFile archive, long end, CancellationToken cancellation)
    {
        var generations = new List<Generation>();
        while (end > 0 && ManifestEntry.TryReadEndingAt(archive.File, end) is { } generation)
        {
            cancellation.ThrowIfCancellationRequested();
            generations.Add(generation);
            end = generation.Start;
        }

        return generations;
    }

    private static List<Generation> WalkGenerations(
        ArchiveFile archive, long limit, out long end, out TarEnd kind, CancellationToken cancellation)
    {
        var generations = new List<Generation>();
        var starts = new Dictionary<string, long>(StringComparer.Ordinal);
        long previousEnd = 0;
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
                int number = generations.Count == 0 ? 1 : generations[^1].Number + 1;
                var generation = ManifestEntry.Read(archive.File, reader.Entry, starts.GetValueOrDefault(name), previousEnd, number);
                previousEnd = generation.End;
                starts[name] = generation.End;
                if (generation.Volumes.Count > 0 || generation.Damage is not null)
                {
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
        return generations;
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
