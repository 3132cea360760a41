using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Config;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Jobs;
using Snapshotter.Engine.Patterns;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Saving;

/// <summary>One backup: appends one generation with the given volumes to an archive, all or nothing.</summary>
internal sealed class VolumeBackup(IFileSystem fileSystem, VolumeConfig config, BackupOptions options, IReporter reporter)
{
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
        PatternMistakes.Refuse(fileSystem, config.Exclude, config.Volumes);
        PatternMistakes.Refuse(fileSystem, options.Exclude, config.Volumes);
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
        if (archive.File.HasNoLocks)
        {
            reporter.Warn(ArchiveErrors.NoLocks(archivePath));
        }

        var map = ArchiveMap.FindEnd(archive, cancellation);
        archive.File.GetStatus(out var archiveStatus);
        sources.LeaveOut(archiveStatus.Id, archivePath, reporter);

        var context = new SaveContext
        {
            FileSystem = fileSystem,
            Checksum = options.Checksum,
            ArchiveId = archiveStatus.Id,
            Exclude = exclude,
        };
        var monitor = new JobMonitor(reporter, "Backing up", cancellation);
        using var estimate = reporter.WantsTotals ? new SizeEstimate(sources, context, cancellation) : null;
        monitor.TotalSource = estimate is null ? null : () => estimate.TotalBytes;

        using var generation = new GenerationWriter(fileSystem, archive, map, config.Prefix, options.Checksum, options.Durable, reporter);
        var report = new BackupReport
        {
            Archive = archivePath,
            Prefix = config.Prefix,
            Generation = generation.Number,
            Created = generation.Created,
        };
        try
        {
            foreach (var source in sources.Volumes)
            {
                report.Volumes.Add(SaveVolume(source, context, generation, monitor, archivePath, cancellation));
            }

            foreach (string pattern in exclude.Unmatched)
            {
                reporter.Detail($"The exclude pattern '{pattern}' matched nothing.");
            }

            generation.Commit(cancellation);
        }
        catch (FileSystemException e)
        {
            // Files of volumes have their own handling: what is left are the archive and its spool.
            throw ArchiveErrors.From(e, archivePath);
        }

        Mend(archive, map);
        report.ArchiveBytes = generation.Length;
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

    private VolumeReport SaveVolume(
        VolumeSource source, SaveContext context, GenerationWriter generation, JobMonitor monitor, string archivePath,
        CancellationToken cancellation)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        string target = source.Spec.Target;
        var report = new VolumeReport
        {
            Archive = archivePath,
            Prefix = config.Prefix,
            Target = target,
            Path = source.Spec.Path,
            Type = source.IsDirectory ? VolumeType.Directory : VolumeType.File,
            Generation = generation.Number,
        };
        monitor.Enter(target, report.Warnings);
        reporter.Detail($"Saving '{source.Spec.Path}' as '{config.Prefix}/{EntryNames.IdOf(target)}'.");

        byte[] name = generation.BeginVolume(target);
        using var writer = new VolumeWriter(context, generation, monitor, Readers, cancellation);
        if (source.IsDirectory)
        {
            SaveDirectory(source, name, context, writer, () => monitor.Advance(0, 0), cancellation);
        }
        else
        {
            SaveFile(source, name, writer);
        }

        writer.Finish();
        WarnOfUnmappedOwners(context, source.Spec.Path, monitor);
        context.Unkept.Tell(source.Spec.Path, monitor.Warn);
        generation.EndVolume(target, source.IsDirectory, writer.Entries, writer.Bytes, monitor.Complete);
        report.Entries = writer.Entries;
        report.Bytes = writer.Bytes;
        report.Duration = clock.Elapsed;
        report.WarningCount = monitor.NoticeCount;
        report.Complete = monitor.Complete;
        return report;
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
        VolumeSource source, byte[] name, SaveContext context, VolumeWriter writer,
        Action idle, CancellationToken cancellation)
    {
        var root = new TreeDirectory(source.TakeDirectory(), name);
        try
        {
            writer.WriteRoot(root);
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
                BackupError.VolumeNotFound, $"The volume '{source.Spec.Path}' cannot be read: {e.Detail}.", source.Spec.Path, e)
            {
                Remedy = e.Error == FileError.AccessDenied ? Remedy.ChangeReader : Remedy.None,
            };
        }
        finally
        {
            root.Release();
        }
    }

    private void SaveFile(VolumeSource source, byte[] name, VolumeWriter writer)
    {
        IFile file;
        try
        {
            file = fileSystem.OpenFile(source.Spec.Path, FileAccessKind.Read);
        }
        catch (FileSystemException e)
        {
            throw VolumeSources.NotOpened(e, source.Spec);
        }

        writer.WriteFileVolume(file, name);
    }
}
