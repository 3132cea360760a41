using System.Text;
using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Entries;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Jobs;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Restoring;

/// <summary>
/// Restores a volume that is a single file: written beside and renamed over it; rewritten in place where it is a mount
/// point (a bind-mounted file cannot be renamed over) or a link, or where nothing can be created beside it.
/// </summary>
internal sealed class FileVolumeWriter(IFileSystem fileSystem, bool durable, bool setOwner)
{
    public void Restore(
        ArchiveFile archive, Generation generation, ManifestVolume volume, string path, JobMonitor monitor, CancellationToken cancellation)
    {
        var losses = new LossLog();
        var reader = new VolumeReader(archive, generation, volume);
        if (!reader.Next())
        {
            throw new InvalidOperationException("The volume was validated before.");
        }

        long done = 0;
        Action<long, long> advanced = (bytes, _) => Interlocked.Add(ref done, bytes);
        using var worker = new RestoreWorker(archive, aside: null, WriteMode.Fresh, losses, advanced, cancellation);
        string folder = Path.GetDirectoryName(path) ?? "/";
        byte[] name = Encoding.UTF8.GetBytes(Path.GetFileName(path));
        fileSystem.CreateDirectories(folder);
        using var parent = fileSystem.OpenDirectory(folder);
        var job = JobOf(reader, losses);
        if (MustKeepFile(parent, name) || !TryReplace(parent, name, job, worker, losses))
        {
            done = 0;
            using var file = fileSystem.OpenFile(path, FileAccessKind.ReadWrite);
            Rewrite(archive, file, path, job, losses, monitor, advanced);
        }

        monitor.Advance(done, 1);
        losses.Tell(monitor.Warn, monitor.Problem);
    }

    /// <summary>Rewrites a file that is mounted by itself.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="reader">Stands at the entry.</param>
    /// <param name="file">The file.</param>
    /// <param name="path">Its path.</param>
    /// <param name="monitor">Hears of progress.</param>
    /// <param name="losses">Where metadata that cannot be set is noted.</param>
    public void Rewrite(ArchiveFile archive, VolumeReader reader, IFile file, string path, JobMonitor monitor, LossLog losses)
    {
        long done = 0;
        Rewrite(archive, file, path, JobOf(reader, losses), losses, monitor, (bytes, _) => done += bytes);
        monitor.Advance(done, 1);
    }

    private RestoreJob JobOf(VolumeReader reader, LossLog losses) => new()
    {
        Metadata = EntryMetadata.Of(reader.Entry, FileKind.Regular, setOwner, losses),
        Size = reader.Entry.Size,
        Runs = reader.Entry.Sparse?.ToArray(),
        ArchiveOffset = reader.Entry.DataOffset,
    };

    /// <summary>True for what cannot be renamed over, or must not be.</summary>
    public static bool MustKeepFile(IDirectory parent, byte[] name) =>
        parent.TryGetStatus(name, out var status) && (status.IsMountRoot == true || status.Kind == FileKind.SymbolicLink);

    private bool TryReplace(IDirectory parent, byte[] name, in RestoreJob job, RestoreWorker worker, LossLog losses)
    {
        bool exists = parent.TryGetStatus(name, out _);
        bool created = false;
        try
        {
            AtomicFile.RemoveLeftovers(parent, fileSystem.Traits);
            using var next = AtomicFile.Create(parent);
            created = true;
            worker.Fill(next.File, job, isFresh: true);
            losses.Note(next.File.SetMetadata(job.Metadata), EntryNames.PathOf(parent, name));
            next.PutInPlace(name, durable);
            return true;
        }
        catch (FileSystemException e) when (
            exists && (e.Error == FileError.Busy || (!created && e.Error is FileError.ReadOnly or FileError.AccessDenied)))
        {
            return false;
        }
    }

    /// <summary>
    /// The data was validated, and room is made first: what could still go wrong is a kill or a failing disk, which the
    /// next restore mends. Not to be cancelled, since until the end the file is neither old nor new.
    /// </summary>
    private void Rewrite(
        ArchiveFile archive, IFile file, string path, in RestoreJob job, LossLog losses, JobMonitor monitor, Action<long, long> advanced)
    {
        using var worker = new RestoreWorker(archive, aside: null, WriteMode.Fresh, losses, advanced, CancellationToken.None);
        MakeRoom(file, job.Size, path, worker);
        try
        {
            worker.Fill(file, job, isFresh: false);
            losses.Note(file.SetMetadata(job.Metadata), path);
            if (durable)
            {
                file.Flush();
            }
        }
        catch
        {
            monitor.Warn(RestoreErrors.Half(path, isEmptied: false));
            throw;
        }
    }

    /// <summary>Takes what the file needs beyond what it has, before any of its content is touched.</summary>
    private void MakeRoom(IFile file, long size, string path, RestoreWorker worker)
    {
        file.GetStatus(out var before);
        if (before.Kind != FileKind.Regular)
        {
            throw new BackupException(BackupError.VolumeNotWritable, $"'{path}' is no file any more: somebody exchanged it.", path);
        }

        long missing = size - before.Allocated;
        long free = missing > 0 ? fileSystem.FreeSpace(path) : 0;
        if (missing > free)
        {
            var (more, left) = Shown.Sizes(missing, free);
            throw new BackupException(
                BackupError.InsufficientSpace,
                $"'{path}' is rewritten in place, which needs {more} more than it has, and {left} are free. Nothing was changed.",
                path)
            {
                Remedy = Remedy.FreeSpace,
            };
        }

        try
        {
            worker.WriteZeros(file, before.Size, size);
        }
        catch (FileSystemException)
        {
            file.SetLength(before.Size);
            throw;
        }
    }
}
