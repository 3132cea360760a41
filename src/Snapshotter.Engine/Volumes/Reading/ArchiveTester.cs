using Snapshotter.Engine.Archive;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Volumes.Reading;

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
        foreach (var error in outside)
        {
            yield return Outside(archive, error);
        }

        if (map is null)
        {
            yield break;
        }

        foreach (var (generation, volumes) in GenerationFinder.Choose(map, options))
        {
            if (generation.Damage is { } damage)
            {
                yield return Outside(archive, damage, generation);
            }

            if (generation.HasOneWrongOffset)
            {
                yield return Outside(
                    archive,
                    new Notice(
                        BackupError.ArchiveInvalid, archive.Path,
                        $"An offset in the last line of the manifest at offset {generation.ManifestOffset} is wrong.")
                    {
                        Remedy = Remedy.OptimizeArchive,
                    },
                    generation);
            }

            foreach (var volume in volumes)
            {
                yield return Test(archive, generation, volume, monitor, cancellation);
            }
        }
    }

    private static ArchiveMap? FindAll(ArchiveFile archive, CancellationToken cancellation, out List<Notice> problems)
    {
        problems = [];
        try
        {
            var walked = ArchiveMap.Walk(archive, cancellation);
            if (walked.Tail != TailState.Clean)
            {
                problems.Add(new Notice(
                    BackupError.ArchiveInvalid, archive.Path,
                    walked.Tail == TailState.InterruptedAppend
                        ? $"A backup was interrupted at offset {walked.End}. The next one removes what it left; all before it is whole."
                        : $"There is more data behind the end-of-archive marker at offset {walked.End}; no reader sees it."));
            }

            return walked;
        }
        catch (BackupException e) when (e.Error == BackupError.ArchiveInvalid && e.Offset is not null)
        {
            // The walk cannot go on, but what stands before the damage, and what is ours at the tail, can be tested.
            var map = ArchiveMap.Salvage(archive, e, cancellation);
            if (map.Generations.Count == 0 && e.Offset == 0)
            {
                // No archive at all rather than a damaged one.
                throw;
            }

            problems.Add(new Notice(e.Error, archive.Path, e.Message) { Remedy = e.Remedy });
            return map.Generations.Count > 0 ? map : null;
        }
    }

    private static VolumeTestReport Test(
        ArchiveFile archive, Generation generation, ManifestVolume volume, JobMonitor monitor, CancellationToken cancellation)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var report = new VolumeTestReport { Archive = archive.Path, Prefix = generation.Prefix, Generation = generation.Number, Target = volume.Target };
        monitor.Enter(volume.Target, report.Errors);
        void Note(BackupException e)
        {
            report.ErrorCount++;
            if (report.Errors.Count < MaxKept)
            {
                report.Errors.Add(new Notice(e.Error, e.Target ?? archive.Path, e.Message) { Remedy = e.Remedy });
            }
        }

        var verification = new VolumeVerifier(archive, generation, volume, monitor, Note, cancellation)
        {
            ReadsUnprotected = true,
        }.Run();
        report.Entries = verification.Entries;
        report.Bytes = verification.Bytes;
        report.Verified = verification.Verified;
        report.Duration = clock.Elapsed;
        return report;
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
