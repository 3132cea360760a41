using System.Text;
using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Config;
using Snapshotter.Engine.Entries;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Jobs;
using Snapshotter.Engine.Patterns;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Saving;

/// <summary>One backup: appends one generation with the given volumes to an archive, all or nothing.</summary>
internal sealed class VolumeBackup(IFileSystem fileSystem, VolumeConfig config, BackupOptions options, IReporter reporter)
{
    private readonly byte[] prefix = Encoding.UTF8.GetBytes(config.Prefix);

    /// <summary>Finds what would keep <see cref="Run"/> from beginning. Touches nothing.</summary>
    /// <exception cref="BackupException">The archive or a volume is not as it should be.</exception>
    public void Check(string archivePath, CancellationToken cancellation)
    {
        VolumeConfigFile.Validate(config);
        VolumePlaces.RefuseNames(config.Volumes, OperatingSystem.IsWindows());
        CreateExclude();
        using var sources = VolumeSources.Open(fileSystem, config);
        using var archive = ArchiveFile.OpenWrite(fileSystem, archivePath, options.Wait, cancellation);
        ArchiveMap.FindEnd(archive, cancellation);
        archive.File.GetStatus(out var status);
        sources.LeaveOut(status.Id, archivePath, SilentReporter.Instance);
    }

    private GlobSet CreateExclude()
    {
        string[] patterns = [.. config.Exclude, .. options.Exclude];
        var exclude = GlobSet.Create(patterns, fileSystem.Traits.IsCaseSensitive);
        PatternMistakes.Refuse(fileSystem, patterns, config.Volumes);
        return exclude;
    }

    /// <exception cref="BackupException">The archive or a volume is not as it should be; nothing was changed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; nothing was changed.</exception>
    public BackupReport Run(string archivePath, CancellationToken cancellation)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        VolumeConfigFile.Validate(config);
        VolumePlaces.RefuseNames(config.Volumes, OperatingSystem.IsWindows());
        var exclude = CreateExclude();
        using var sources = VolumeSources.Open(fileSystem, config);
        using var archive = ArchiveFile.OpenWrite(fileSystem, archivePath, options.Wait, cancellation);
        var map = ArchiveMap.FindEnd(archive, cancellation);
        archive.File.GetStatus(out var archiveStatus);
        sources.LeaveOut(archiveStatus.Id, archivePath, reporter);

        var created = DateTimeOffset.UtcNow;
        var report = new BackupReport
        {
            Archive = archivePath,
            Prefix = config.Prefix,
            Generation = map.NextNumber,
            Created = created,
        };
        var context = new SaveContext
        {
            FileSystem = fileSystem,
            Checksum = options.Checksum,
            ArchiveId = archiveStatus.Id,
            Exclude = exclude,
            PrefixLength = prefix.Length == 0 ? 0 : prefix.Length + 1,
        };
        var monitor = new JobMonitor(reporter, "Backing up", cancellation);
        using var estimate = reporter.WantsTotals ? new SizeEstimate(sources, context, cancellation) : null;
        monitor.TotalSource = estimate is null ? null : () => estimate.TotalBytes;

        using var transaction = new AppendTransaction(archive, map, options.Durable, reporter);
        using var sums = new ChecksumListWriter(fileSystem);
        try
        {
            var volumes = new List<ManifestVolume>();
            foreach (var source in sources.Volumes)
            {
                volumes.Add(SaveVolume(source, context, transaction, sums, monitor, report, cancellation));
            }

            foreach (string pattern in exclude.Unmatched)
            {
                reporter.Detail($"The pattern '{pattern}' of what is excluded has matched nothing.");
            }

            if (options.Checksum != ChecksumAlgorithm.None)
            {
                long sumsStart = WriteSums(transaction, sums, created) - transaction.Start;
                volumes = [.. volumes.Select(volume => volume with { SumsOffset = sumsStart + volume.SumsOffset })];
            }

            var manifest = ManifestEntry.Encode(prefix, volumes, created, transaction.Start, transaction.Position);
            transaction.Write(manifest.Written);
            transaction.Commit(cancellation);
        }
        catch (FileSystemException e)
        {
            // Files of volumes have their own handling: what is left are the archive and its spool.
            throw ArchiveErrors.From(e, archivePath);
        }

        Mend(archive, map);
        report.ArchiveBytes = transaction.Position - transaction.Start;
        report.Duration = clock.Elapsed;
        return report;
    }

    /// <summary>
    /// Finishes what an interrupted optimization left to do. Only now, since a backup that fails changes no byte; and
    /// without effect on this one, for an archive is good without it.
    /// </summary>
    private void Mend(ArchiveFile archive, ArchiveMap map)
    {
        try
        {
            TrailerMender.Mend(archive, map.Generations, options.Durable);
        }
        catch (Exception e) when (e is FileSystemException or BackupException)
        {
            reporter.Detail($"The archive opens slowly, since offsets in it could not be mended: {e.Message}.");
        }
    }

    private ManifestVolume SaveVolume(
        VolumeSource source, SaveContext context, AppendTransaction transaction, ChecksumListWriter sums,
        JobMonitor monitor, BackupReport report, CancellationToken cancellation)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        string id = EntryNames.IdOf(source.Spec.Target);
        var volumeReport = new VolumeReport
        {
            Archive = report.Archive,
            Prefix = config.Prefix,
            Target = source.Spec.Target,
            Path = source.Spec.Path,
            Type = source.IsDirectory ? VolumeType.Directory : VolumeType.File,
            Generation = report.Generation,
        };
        monitor.Enter(source.Spec.Target, volumeReport.Warnings);
        reporter.Detail($"Saving '{source.Spec.Path}' as '{config.Prefix}/{id}'.");

        long start = transaction.Position;
        long sumsStart = sums.Length;
        bool isFirst = start == transaction.Start;
        using var writer = new VolumeWriter(context, transaction, sums, monitor, Readers, cancellation);
        byte[] name = EntryNames.Join(prefix, id);
        if (source.IsDirectory)
        {
            SaveDirectory(source, name, isFirst, context, writer, () => monitor.Advance(0, 0), cancellation);
        }
        else
        {
            SaveFile(source, name, isFirst, writer);
        }

        writer.Finish();
        transaction.PadToBlock();
        WarnOfUnmappedOwners(context, source.Spec.Path, monitor);
        context.Unkept.Tell(source.Spec.Path, monitor.Warn);
        volumeReport.Entries = writer.Entries;
        volumeReport.Bytes = writer.Bytes;
        volumeReport.Duration = clock.Elapsed;
        volumeReport.WarningCount = monitor.NoticeCount;
        volumeReport.Complete = monitor.Complete;
        report.Volumes.Add(volumeReport);
        return new ManifestVolume
        {
            Id = id,
            IsDirectory = source.IsDirectory,
            Target = source.Spec.Target,
            Created = report.Created,
            Generation = report.Generation,
            Entries = writer.Entries,
            Bytes = writer.Bytes,
            Complete = monitor.Complete,
            Checksum = FileHasher.ManifestName(options.Checksum),
            Offset = start - transaction.Start,
            Length = transaction.Position - start,
            Headers = writer.HeadersHash,
            SumsOffset = options.Checksum == ChecksumAlgorithm.None ? null : sumsStart,
            SumsLength = options.Checksum == ChecksumAlgorithm.None ? null : sums.Length - sumsStart,
        };
    }

    /// <summary>In a container of its own users, files of others seem to be nobody's.</summary>
    private static void WarnOfUnmappedOwners(SaveContext context, string path, JobMonitor monitor)
    {
        if (context.Unkept.HasUnmappedOwners)
        {
            context.Unkept.HasUnmappedOwners = false;
            monitor.Warn(new Notice(
                BackupError.NotKept, path,
                $"Files in '{path}' belong to users or groups that this process has no number for: they are saved as those of nobody."));
        }
    }

    private int Readers => ThreadCount.Of(options.Readers);

    private void SaveDirectory(
        VolumeSource source, byte[] name, bool isFirst, SaveContext context, VolumeWriter writer,
        Action idle, CancellationToken cancellation)
    {
        var root = new TreeDirectory(source.TakeDirectory(), name);
        try
        {
            writer.WriteRoot(root, isFirst);
            using var pipeline = new SavePipeline(context, root, source.Nested, Readers, cancellation);
            foreach (var batch in pipeline.TakeAll(idle))
            {
                writer.Write(batch);
                pipeline.GiveBack(batch);
            }
        }
        catch (FileSystemException e) when (e.Path == root.DisplayPath)
        {
            throw new BackupException(
                BackupError.VolumeNotFound, $"The volume '{source.Spec.Path}' cannot be read: {e.Detail}.", source.Spec.Path, e);
        }
        finally
        {
            root.Release();
        }
    }

    private void SaveFile(VolumeSource source, byte[] name, bool isFirst, VolumeWriter writer)
    {
        IFile file;
        try
        {
            file = fileSystem.OpenFile(source.Spec.Path, FileAccessKind.Read);
        }
        catch (FileSystemException e)
        {
            throw VolumeSources.NotOpened(e, source.Spec.Path);
        }

        writer.WriteFileVolume(file, name, isFirst);
    }

    /// <summary>Writes the list of checksums. Returns the absolute offset of its first line.</summary>
    private long WriteSums(AppendTransaction transaction, ChecksumListWriter sums, DateTimeOffset created)
    {
        var entry = MetaEntry.Create(EntryNames.Join(prefix, FileHasher.ListName(options.Checksum)), created);
        entry.Size = sums.Length;
        var header = new BlockBuffer(4096);
        TarEncoder.Encode(entry, header, transaction.Position, alignData: false);
        transaction.Write(header.Written);
        long start = transaction.Position;
        sums.CopyTo(piece => transaction.Write(piece.Span));
        transaction.PadToBlock();
        return start;
    }
}
