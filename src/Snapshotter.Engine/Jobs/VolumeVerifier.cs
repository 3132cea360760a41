using System.IO.Hashing;
using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Entries;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Jobs;

/// <summary>What a verification counted.</summary>
/// <param name="Entries">Entries read.</param>
/// <param name="Bytes">Bytes of file data, holes included.</param>
/// <param name="StoredBytes">Bytes of file data that stand in the archive.</param>
/// <param name="Verified">Files whose checksum was compared.</param>
internal readonly record struct Verification(long Entries, long Bytes, long StoredBytes, long Verified);

/// <summary>
/// Reads a volume in the archive and compares everything that can be compared: names, headers, counts, checksums of file
/// data, targets of hard links. Every problem is handed to <paramref name="problem"/>, which may throw to stop.
/// </summary>
/// <param name="archive">The archive.</param>
/// <param name="generation">The generation.</param>
/// <param name="volume">The volume.</param>
/// <param name="monitor">Hears of progress.</param>
/// <param name="problem">Hears of every problem.</param>
/// <param name="cancellation">Stops the work.</param>
internal sealed class VolumeVerifier(
    ArchiveFile archive, Generation generation, ManifestVolume volume, JobMonitor monitor,
    Action<BackupException> problem, CancellationToken cancellation)
{
    /// <summary>Files in more pieces are hashed on this thread: only one such list is in memory.</summary>
    private const int ManyRuns = 16 * 1024;

    /// <summary>Larger files are hashed on another thread while the reading goes on.</summary>
    private const long BackgroundSize = 4 * 1024 * 1024;

    private const int Step = 256 * 1024;

    private readonly Queue<Pending> background = new();
    private readonly HashSet<PathHash> linkTargets = [];
    private readonly EntryOrder order = new();
    private readonly XxHash128 headers = new();
    private ChecksumListReader? sums;
    private int hashSize;
    private long verified;
    private long bytes;
    private long stored;

    /// <summary>Called with the reader at each entry, for checks of the caller's own; may throw.</summary>
    public Action<VolumeReader>? Inspect { get; init; }

    /// <summary>Read file data even where there is no checksum to compare it with.</summary>
    public bool ReadsUnprotected { get; init; }

    public Verification Run()
    {
        if (volume.Id != EntryNames.IdOf(volume.Target))
        {
            problem(ArchiveErrors.Invalid(
                archive.Path, generation.ManifestOffset, $"the manifest is damaged: the id of '{volume.Target}' does not fit."));
        }

        var algorithm = generation.IsNative ? ChecksumNames.AlgorithmOf(volume.Checksum) : ChecksumAlgorithm.None;
        hashSize = FileHasher.SizeOf(algorithm);
        using var hasher = new FileHasher(algorithm);
        long count = 0;
        try
        {
            sums = algorithm == ChecksumAlgorithm.None ? null : FindSums();
            var reader = new VolumeReader(archive, generation, volume);
            while (reader.Next())
            {
                cancellation.ThrowIfCancellationRequested();
                count = reader.Count;
                headers.Append(reader.HeaderBytes);
                Check(reader, hasher, algorithm);
            }

            Settle(all: true);
            CheckTotals(reader);
        }
        catch (BackupException e) when (ArchiveErrors.IsDamage(e) || e.Error == BackupError.UnsafeEntry)
        {
            problem(e);
        }
        finally
        {
            foreach (var task in background)
            {
                task.Hash.ContinueWith(t => t.Exception, TaskScheduler.Default).Wait(CancellationToken.None);
            }
        }

        return new Verification(count, bytes, stored, verified);
    }

    private void Check(VolumeReader reader, FileHasher hasher, ChecksumAlgorithm algorithm)
    {
        var entry = reader.Entry;
        var kind = EntryKinds.KindOf(entry.Type);
        if (reader.Path.Length > 0)
        {
            order.Add(reader.Path, kind == FileKind.Directory);
            if (order.HasConflict)
            {
                throw Conflict(reader);
            }
        }

        Inspect?.Invoke(reader);
        if (entry.Type == TypeFlag.HardLink)
        {
            linkTargets.Add(PathHash.Of(reader.LinkPath));
        }

        if (kind == FileKind.Regular)
        {
            bytes += entry.Size;
            stored += entry.StoredSize;
            if (sums is not null)
            {
                CompareData(reader, hasher, algorithm);
            }
            else if (ReadsUnprotected)
            {
                TryReadData(reader, hasher);
            }
        }

        monitor.Advance(entry.Size, 1);
    }

    private void CompareData(VolumeReader reader, FileHasher hasher, ChecksumAlgorithm algorithm)
    {
        var entry = reader.Entry;
        var relative = EntryNames.TrimStart(entry.Name.Span)[(generation.PrefixBytes.Length + (generation.PrefixBytes.Length > 0 ? 1 : 0))..];
        bool dataOnly = FileHasher.LeavesOutHoles(entry.Size, entry.StoredSize);
        if (!sums!.Next() || sums.Hash.Length != hashSize || sums.IsOfDataOnly != dataOnly || !sums.Name.SequenceEqual(relative))
        {
            problem(Mismatch(entry.Name.Span, entry.HeaderOffset, "its line in the list of checksums is missing or damaged."));
            return;
        }

        HashBytes expected = default;
        sums.Hash.CopyTo(expected);
        if (entry.StoredSize >= BackgroundSize && entry.Sparse is not { Count: > ManyRuns })
        {
            while (background.Count >= Environment.ProcessorCount)
            {
                Settle(all: false);
            }

            var runs = entry.Sparse is null ? [new SparseRun(0, entry.Size)] : entry.Sparse.ToArray();
            (long offset, long size) = (entry.DataOffset, entry.Size);
            background.Enqueue(new Pending(
                Task.Run(() => HashLarge(offset, runs, size, algorithm), cancellation), expected, entry.Name.ToArray(), entry.HeaderOffset));
            return;
        }

        if (TryReadData(reader, hasher))
        {
            Compare(hasher.Finish(), expected, entry.Name.Span, entry.HeaderOffset);
        }
    }

    /// <summary>False when the disk does not give it, which is a problem of this file alone.</summary>
    private bool TryReadData(VolumeReader reader, FileHasher hasher)
    {
        try
        {
            ReadData(reader, hasher);
            return true;
        }
        catch (BackupException e) when (e.Error == BackupError.ArchiveUnreadable)
        {
            hasher.Finish();
            problem(Unreadable(e, reader.Entry.Name.Span));
            return false;
        }
    }

    private void ReadData(VolumeReader reader, FileHasher hasher)
    {
        var entry = reader.Entry;
        hasher.SkipsHoles = FileHasher.LeavesOutHoles(entry.Size, entry.StoredSize);
        long position = entry.DataOffset;
        long reached = 0;
        if (entry.Sparse is null)
        {
            ReadRun(reader.Source, position, entry.Size, hasher);
            return;
        }

        foreach (var run in entry.Sparse)
        {
            hasher.AppendHole(run.Offset - reached);
            ReadRun(reader.Source, position, run.Length, hasher);
            position += run.Length;
            reached = run.Offset + run.Length;
        }

        hasher.AppendHole(entry.Size - reached);
    }

    private void ReadRun(WindowedSource source, long position, long length, FileHasher hasher)
    {
        while (length > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            var part = source.Peek(position, (int)Math.Min(length, Step));
            if (part.IsEmpty)
            {
                throw ArchiveErrors.Invalid(archive.Path, position, "the archive ends within a file's data.");
            }

            hasher.Append(part);
            position += part.Length;
            length -= part.Length;
        }
    }

    private HashBytes HashLarge(long offset, SparseRun[] runs, long size, ChecksumAlgorithm algorithm)
    {
        using var hasher = new FileHasher(algorithm) { SkipsHoles = FileHasher.LeavesOutHoles(size, runs.Sum(r => r.Length)) };
        byte[] buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(Step);
        long reached = 0;
        foreach (var run in runs)
        {
            hasher.AppendHole(run.Offset - reached);
            for (long done = 0; done < run.Length;)
            {
                cancellation.ThrowIfCancellationRequested();
                int read = archive.Read(buffer.AsSpan(0, (int)Math.Min(Step, run.Length - done)), offset);
                if (read == 0)
                {
                    throw ArchiveErrors.Invalid(archive.Path, offset, "the archive ends within a file's data.");
                }

                hasher.Append(buffer.AsSpan(0, read));
                offset += read;
                done += read;
            }

            reached = run.Offset + run.Length;
        }

        System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        hasher.AppendHole(size - reached);
        return hasher.Finish();
    }

    private void Settle(bool all)
    {
        while (background.TryPeek(out var next))
        {
            while (!next.Hash.IsCompleted)
            {
                Task.WaitAny([next.Hash], TimeSpan.FromMilliseconds(100));
                monitor.Advance(0, 0);
            }

            background.Dequeue();
            try
            {
                Compare(next.Hash.GetAwaiter().GetResult(), next.Expected, next.Name, next.Offset);
            }
            catch (BackupException e) when (e.Error == BackupError.ArchiveUnreadable)
            {
                problem(Unreadable(e, next.Name));
            }

            if (!all)
            {
                return;
            }
        }
    }

    private void Compare(in HashBytes actual, in HashBytes expected, ReadOnlySpan<byte> name, long offset)
    {
        verified++;
        if (!((ReadOnlySpan<byte>)actual)[..hashSize].SequenceEqual(((ReadOnlySpan<byte>)expected)[..hashSize]))
        {
            problem(Mismatch(name, offset, "its data is not what was saved: the checksum differs."));
        }
    }

    private BackupException Unreadable(BackupException cause, ReadOnlySpan<byte> entryName)
    {
        string place = EntryNames.InVolume(EntryNames.Join(generation.PrefixBytes, volume.Id), volume.Target, entryName);
        return new(cause.Error, $"{cause.Message} The data of '{place}' stands there.", place, cause)
        {
            Offset = cause.Offset,
            EntryName = EntryNames.ForMessage(entryName),
        };
    }

    private BackupException Mismatch(ReadOnlySpan<byte> entryName, long offset, string what)
    {
        string place = EntryNames.InVolume(EntryNames.Join(generation.PrefixBytes, volume.Id), volume.Target, entryName);
        return new(BackupError.ChecksumMismatch, $"'{archive.Path}', offset {offset}, entry '{place}': {what}", place)
        {
            Offset = offset,
            EntryName = EntryNames.ForMessage(entryName),
        };
    }

    private void CheckTotals(VolumeReader reader)
    {
        if (reader.Count == 0)
        {
            problem(new BackupException(
                BackupError.GenerationNotFound,
                $"'{archive.Path}' names the volume '{volume.Target}' in the manifest at offset {generation.ManifestOffset}, but holds none of its entries.",
                volume.Target)
            {
                Offset = generation.ManifestOffset,
            });
        }

        if (reader.IsNative)
        {
            if (Hex.Of(headers.GetCurrentHash()) != volume.Headers)
            {
                problem(Damaged("the headers of the volume are not what was saved: their checksum differs."));
            }

            if (reader.Count != volume.Entries || bytes != volume.Bytes)
            {
                problem(Damaged($"the volume has {Shown.Count(reader.Count, "entry", "entries")} and {Shown.Count(bytes, "byte", "bytes")}, not {volume.Entries} and {volume.Bytes} as saved."));
            }
        }

        if (sums is not null && sums.Next())
        {
            problem(Damaged("the list of checksums has lines for files that are not there."));
        }

        if (linkTargets.Count > 0 || !order.IsKept)
        {
            LookAgain();
        }
    }

    /// <summary>
    /// Looks at the headers again for what is known only when all were seen: every hard link's target must stand before it,
    /// and nothing may take the place of a directory (told at once where entries are in order).
    /// </summary>
    private void LookAgain()
    {
        var directories = order.IsKept ? null : FindDirectories();
        var seen = new HashSet<PathHash>();
        var reader = new VolumeReader(archive, generation, volume);
        while (reader.Next())
        {
            cancellation.ThrowIfCancellationRequested();
            bool isLink = reader.Entry.Type == TypeFlag.HardLink;
            if (isLink && !seen.Contains(PathHash.Of(reader.LinkPath)))
            {
                problem(reader.Unsafe($"the hard link's target '{EntryNames.ForMessage(reader.LinkPath)}' does not stand before it."));
            }

            if (!isLink && EntryKinds.KindOf(reader.Entry.Type) is FileKind.Directory or FileKind.Unknown)
            {
                continue;
            }

            if (directories is not null && directories.Contains(reader.Path))
            {
                problem(Conflict(reader));
            }

            var hash = PathHash.Of(reader.Path);
            if (linkTargets.Contains(hash))
            {
                seen.Add(hash);
            }
        }
    }

    private DirectorySet FindDirectories()
    {
        var directories = new DirectorySet();
        var reader = new VolumeReader(archive, generation, volume);
        while (reader.Next())
        {
            cancellation.ThrowIfCancellationRequested();
            directories.Add(reader.Path, EntryKinds.KindOf(reader.Entry.Type) == FileKind.Directory);
        }

        return directories;
    }

    private static BackupException Conflict(VolumeReader reader) =>
        reader.Unsafe("a name in it is both a directory and something else: one would replace the other.");

    private BackupException Damaged(string what) =>
        new(BackupError.ChecksumMismatch, $"'{archive.Path}', volume '{volume.Target}', generation {generation.Number}: {what}", volume.Target)
        {
            Offset = generation.ManifestOffset,
        };

    private ChecksumListReader FindSums()
    {
        if (volume.SumsOffset is not { } offset || volume.SumsLength is not { } length)
        {
            throw ArchiveErrors.Invalid(
                archive.Path, generation.ManifestOffset, $"the manifest does not say where the checksums of '{volume.Target}' stand.");
        }

        if (offset > generation.ManifestOffset - generation.Start || length > generation.ManifestOffset - generation.Start - offset)
        {
            throw ArchiveErrors.Invalid(
                archive.Path, generation.ManifestOffset, $"the manifest's place of the checksums of '{volume.Target}' is not within its generation.");
        }

        return new ChecksumListReader(archive, generation.Start + offset, length);
    }

    /// <summary>A file that is hashed on another thread.</summary>
    private sealed record Pending(Task<HashBytes> Hash, HashBytes Expected, byte[] Name, long Offset);
}
