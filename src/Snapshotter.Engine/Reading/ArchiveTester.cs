using Snapshotter.Engine.Archive;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Jobs;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Reading;

/// <summary>Reads an archive back and reports everything that is not as it was written.</summary>
internal static class ArchiveTester
{
    private const int MaxKept = 100;

    public static IEnumerable<VolumeTestReport> Test(
        IFileSystem fileSystem, string path, ListOptions options, IReporter reporter, CancellationToken cancellation)
    {
        using var archive = ArchiveFile.OpenRead(fileSystem, path, cancellation: cancellation);
        var monitor = new JobMonitor(reporter, "Testing", cancellation);

        // The quick look is not enough here: every header of the archive is read, also those of no generation.
        var map = FindAll(archive, cancellation, out var outside);
        var chosen = map is null ? [] : GenerationFinder.Choose(map, options).ToList();
        foreach (var error in outside.Where(error => !chosen.Exists(c => VolumeAt(c.Generation, error.Offset) is not null)))
        {
            yield return Outside(archive, new Notice(error.Error, archive.Path, error.Message) { Remedy = error.Remedy });
        }

        foreach (var (generation, volumes) in chosen)
        {
            foreach (var damage in DamageOf(generation, archive.Path))
            {
                yield return Outside(archive, damage, generation);
            }

            foreach (var volume in volumes)
            {
                var report = Test(archive, generation, volume, monitor, cancellation);
                foreach (var error in outside.Where(error => report.Passed && VolumeAt(generation, error.Offset) == volume))
                {
                    // Found once, and not again: all the same it was not as it should be.
                    Note(report, archive, error);
                }

                yield return report;
            }
        }

        if (archive.ReadNotice is { } notice)
        {
            reporter.Warn(notice);
        }

        if (chosen.Count == 0 && map is not null)
        {
            throw GenerationFinder.NothingChosen(archive, map, options);
        }
    }

    private static IEnumerable<Notice> DamageOf(Generation generation, string path)
    {
        if (generation.Damage is { } damage)
        {
            yield return damage;
        }

        if (generation.HasOneWrongOffset)
        {
            yield return new Notice(
                BackupError.ArchiveInvalid, path,
                $"An offset in the last line of the manifest at offset {generation.ManifestOffset} is wrong.")
            {
                Remedy = Remedy.OptimizeArchive,
            };
        }
    }

    /// <summary>The volume of a generation that has a place in the archive; null when it is of none, or when that cannot be told.</summary>
    private static ManifestVolume? VolumeAt(Generation generation, long? offset) => !generation.IsNative ? null
        : generation.Volumes.FirstOrDefault(v => v.IsNative && offset >= generation.Start + v.Offset && offset < generation.Start + v.Offset + v.Length);

    private static ArchiveMap? FindAll(ArchiveFile archive, CancellationToken cancellation, out List<BackupException> problems)
    {
        problems = [];
        try
        {
            var walked = ArchiveMap.Walk(archive, toleratesUnreadable: true, cancellation);
            if (walked.TailNotice(archive) is { } notice)
            {
                problems.Add(new BackupException(notice.Kind, notice.Message, notice.Path));
            }

            return walked;
        }
        catch (BackupException e) when (ArchiveErrors.IsDamage(e) && e.Offset is not null)
        {
            // The walk cannot go on, but what stands before the damage, and what is ours at the tail, can be tested.
            var map = ArchiveMap.Salvage(archive, e, cancellation);
            if (map.Generations.Count == 0 && e.Offset == 0)
            {
                // No archive at all rather than a damaged one.
                throw;
            }

            problems.Add(e);
            return map.Generations.Count > 0 ? map : null;
        }
    }

    private static VolumeTestReport Test(
        ArchiveFile archive, Generation generation, ManifestVolume volume, JobMonitor monitor, CancellationToken cancellation)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var report = new VolumeTestReport { Archive = archive.Path, Prefix = generation.Prefix, Generation = generation.Number, Target = volume.Target };
        monitor.Enter(volume.Target, report.Errors);
        var verification = new VolumeVerifier(archive, generation, volume, monitor, e => Note(report, archive, e), cancellation)
        {
            ReadsUnprotected = true,
        }.Run();
        report.Entries = verification.Entries;
        report.Bytes = verification.Bytes;
        report.Verified = verification.Verified;
        report.Duration = clock.Elapsed;
        return report;
    }

    private static void Note(VolumeTestReport report, ArchiveFile archive, BackupException e)
    {
        report.ErrorCount++;
        if (report.Errors.Count < MaxKept)
        {
            report.Errors.Add(new Notice(e.Error, e.Target ?? archive.Path, e.Message) { Remedy = e.Remedy });
        }
    }

    private static VolumeTestReport Outside(ArchiveFile archive, Notice error, Generation? generation = null) => new()
    {
        Archive = archive.Path,
        Prefix = generation?.Prefix ?? "",
        Generation = generation?.Number ?? 0,
        Target = "",
        ErrorCount = 1,
        Errors = { error },
    };
}
