using System.Diagnostics;
using System.Text;
using Snapshotter.Engine.Archive;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Jobs;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Retention;

/// <summary>Removes generations from an archive: plans, then cuts them out in place or replaces the file.</summary>
internal sealed class OptimizeJob(IFileSystem fileSystem, string path, OptimizeOptions options)
{
    /// <summary>Reads what is there and decides, without changing anything.</summary>
    /// <param name="cancellation">Stops the reading.</param>
    /// <param name="next">Null, or a backup that is taken as made: the plan is the one that would hold after it.</param>
    public OptimizePlan Plan(CancellationToken cancellation, NextBackup? next = null)
    {
        using var archive = ArchiveFile.OpenRead(fileSystem, path);
        try
        {
            var map = ArchiveMap.Read(archive, cancellation);
            var now = DateTimeOffset.UtcNow;
            var imagined = next is null ? null : Imagine(next, map, now);
            var generations = imagined is null ? map.Generations : [.. map.Generations, imagined];
            var planned = GenerationSelection.Decide(path, generations, options, now)
                .Where(verdict => !ReferenceEquals(verdict.Generation, imagined))
                .Select(verdict => new PlannedGeneration
                {
                    Archive = path,
                    Prefix = verdict.Generation.Prefix,
                    Generation = verdict.Generation.Number,
                    Created = verdict.Generation.Created,
                    Volumes = [.. verdict.Generation.Volumes.Select(v => v.Target)],
                    Bytes = GenerationExtent.Of(archive, verdict.Generation, map.Generations, cancellation).Sum(range => range.Length),
                    Keep = verdict.Reasons.Count > 0,
                    Reasons = verdict.Reasons,
                    KeptFor = verdict.KeptFor,
                });
            bool isUnfinished = map.Generations.Any(
                g => g.Trailer == TrailerState.Moved && GenerationExtent.IsSingleRun(archive, g));
            return new OptimizePlan(this, path, [.. planned], isUnfinished);
        }
        catch (FileSystemException e)
        {
            throw ArchiveErrors.From(e, path);
        }
    }

    public OptimizeReport Execute(OptimizePlan plan, IReporter reporter, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        using var archive = ArchiveFile.OpenWrite(fileSystem, path, options.Wait, cancellation);
        try
        {
            ArchiveRewrite.RemoveLeftovers(fileSystem, path);
            var map = ArchiveMap.Read(archive, cancellation);
            ArchiveTail.Settle(archive, map, reporter);
            long before = archive.File.Length;
            var going = Find(plan, map.Generations);
            var ranges = ByteRange.Merge(going.SelectMany(
                g => GenerationExtent.Of(archive, g.Generation, map.Generations, cancellation)));
            var staying = map.Generations.Except(going.Select(g => g.Generation)).ToList();

            TrailerMender.Mend(archive, staying, options.Durable);
            bool inPlace = ranges.Count == 0 || TryCut(archive, staying, ref ranges, cancellation);
            if (!inPlace)
            {
                Rewrite(archive, staying, ranges, reporter, cancellation);
            }

            return new OptimizeReport
            {
                Archive = path,
                Removed = [.. going.Select(g => g.Planned)],
                GainedBytes = before - (inPlace ? archive.File.Length : LengthNow()),
                InPlace = inPlace,
                Duration = clock.Elapsed,
            };
        }
        catch (FileSystemException e)
        {
            throw ArchiveErrors.From(e, path);
        }
    }

    /// <summary>
    /// The generations that the plan removes, as they lie now: the plan was made without keeping others away, who may
    /// have added some or removed some since.
    /// </summary>
    private static List<(Generation Generation, PlannedGeneration Planned)> Find(OptimizePlan plan, IReadOnlyList<Generation> generations)
        => [.. plan.Generations.Where(planned => !planned.Keep).SelectMany(planned => generations
            .Where(g => g.Number == planned.Generation && g.Created == planned.Created && g.Prefix == planned.Prefix)
            .Take(1)
            .Select(g => (g, planned)))];

    /// <summary>Cuts in place. False when the file system cannot: then the ranges are those still to be removed.</summary>
    private bool TryCut(
        ArchiveFile archive, List<Generation> staying, ref IReadOnlyList<ByteRange> ranges, CancellationToken cancellation)
    {
        if (!ArchiveCut.IsAligned(ranges))
        {
            return false;
        }

        archive.LockForMoving(options.Wait, cancellation);
        cancellation.ThrowIfCancellationRequested();
        archive.CheckPlace();
        int cut = ArchiveCut.Run(archive.File, ranges, options.Durable);
        var removed = ranges.Skip(ranges.Count - cut).ToList();
        for (int i = 0; i < staying.Count; i++)
        {
            staying[i] = Without(removed, staying[i]);
        }

        TrailerMender.Mend(archive, staying, options.Durable);

        // A copy of what could not be cut takes long, and moves nothing.
        archive.EndMoving();
        ranges = [.. ranges.SkipLast(cut)];
        return ranges.Count == 0;
    }

    private void Rewrite(
        ArchiveFile archive, List<Generation> staying, IReadOnlyList<ByteRange> ranges,
        IReporter reporter, CancellationToken cancellation)
    {
        archive.File.GetStatus(out var before);
        long end = ArchiveMap.FindEnd(archive, cancellation).End;
        var kept = ByteRange.Complement(ranges, end);
        var monitor = new JobMonitor(reporter, "Optimizing", cancellation) { TotalBytes = kept.Sum(range => range.Length) };
        using var rewrite = new ArchiveRewrite(fileSystem, archive);
        rewrite.Run(
            kept,
            copy =>
            {
                var expected = staying.ConvertAll(g => Without(ranges, g));
                TrailerMender.Mend(copy, expected, durable: false);
                CheckCopy(copy, expected, monitor.TotalBytes, cancellation);
            },
            bytes => monitor.Advance(bytes, 0));
        if (before.LinkCount > 1)
        {
            reporter.Warn(new Notice(
                BackupError.NotKept, path,
                $"'{path}' was one of {before.LinkCount} names of one file, and is a file of its own now: the others keep all that it held, and the room it takes."));
        }
    }

    /// <summary>
    /// The generation as it lies after ranges went. In another program's archive they may lie between its entries, so each
    /// of its offsets moves on its own.
    /// </summary>
    private static Generation Without(IReadOnlyList<ByteRange> removed, Generation generation)
    {
        long moved = ByteRange.SumBefore(removed, generation.ManifestOffset);
        return generation with
        {
            Start = generation.Start - ByteRange.SumBefore(removed, generation.Start),
            ManifestOffset = generation.ManifestOffset - moved,
            End = generation.End - moved,
            Trailer = generation.Trailer == TrailerState.Valid && moved > 0 ? TrailerState.Moved : generation.Trailer,
        };
    }

    private void CheckCopy(ArchiveFile copy, List<Generation> expected, long end, CancellationToken cancellation)
    {
        var found = ArchiveMap.Walk(copy, cancellation);
        if (found.End != end || !found.Generations.Select(g => (g.Prefix, g.Created, g.End)).SequenceEqual(
            expected.Select(g => (g.Prefix, g.Created, g.End))))
        {
            throw new BackupException(
                BackupError.InputOutput,
                $"What was written beside '{path}' does not read back as it should. Nothing was changed; check the disk.", path);
        }
    }

    private static Generation Imagine(NextBackup next, ArchiveMap map, DateTimeOffset now) => new()
    {
        Number = map.NextNumber,
        Prefix = next.Prefix,
        PrefixBytes = Encoding.UTF8.GetBytes(next.Prefix),
        Created = now,
        Start = map.End,
        ManifestOffset = map.End,
        End = map.End,
        Trailer = TrailerState.Valid,
        Volumes = [.. next.Targets.Select(target => new ManifestVolume
        {
            Id = EntryNames.IdOf(target),
            Target = target,
            IsDirectory = true,
        })],
    };

    private long LengthNow() => fileSystem.TryGetStatus(path, out var status) ? status.Size : 0;
}
