using System.Text;
using Snapshotter.Engine.Archive;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Volumes.Reading;

namespace Snapshotter.Engine.Volumes.Restoring;

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
        var worker = new RestoreWorker(archive, replace: false, losses, (bytes, _) => Interlocked.Add(ref done, bytes), cancellation);
        string folder = Path.GetDirectoryName(path) ?? "/";
        byte[] name = Encoding.UTF8.GetBytes(Path.GetFileName(path));
        fileSystem.CreateDirectories(folder);
        using var parent = fileSystem.OpenDirectory(folder);
        var job = new RestoreJob
        {
            Name = name,
            Metadata = EntryMetadata.Of(reader.Entry, FileKind.Regular, setOwner, losses),
            Size = reader.Entry.Size,
            Runs = reader.Entry.Sparse?.ToArray(),
            ArchiveOffset = reader.Entry.DataOffset,
        };
        if (MustKeepFile(parent, name) || !TryReplace(parent, name, StagingArea.NameFor(volume.Id), job, worker, losses))
        {
            Rewrite(path, job, worker, losses);
        }

        monitor.Advance(done, 1);
        losses.Tell(monitor);
    }

    private static bool MustKeepFile(IDirectory parent, byte[] name) =>
        parent.TryGetStatus(name, out var status) && (status.IsMountRoot || status.Kind == FileKind.SymbolicLink);

    private bool TryReplace(
        IDirectory parent, byte[] name, byte[] temporary, in RestoreJob job, RestoreWorker worker, LossLog losses)
    {
        bool exists = parent.TryGetStatus(name, out _);
        bool created = false;
        try
        {
            TreeRemover.Remove(parent, temporary);
            using (var file = parent.CreateFile(temporary, 0x180))
            {
                created = true;
                worker.Fill(file, job, [], isFresh: true);
                losses.Note(file.SetMetadata(job.Metadata), file.DisplayPath);
                if (durable)
                {
                    file.Flush();
                }
            }

            parent.Rename(temporary, parent, name);
            created = false;
            if (durable)
            {
                parent.Flush();
            }

            return true;
        }
        catch (FileSystemException e) when (
            exists && (e.Error == FileError.Busy || (!created && e.Error is FileError.ReadOnly or FileError.AccessDenied)))
        {
            return false;
        }
        finally
        {
            if (created)
            {
                parent.RemoveFile(temporary);
            }
        }
    }

    /// <summary>The data was validated: a kill in the middle is mended by the next restore.</summary>
    private void Rewrite(string path, in RestoreJob job, RestoreWorker worker, LossLog losses)
    {
        using var file = fileSystem.OpenFile(path, FileAccessKind.ReadWrite);
        worker.Fill(file, job, [], isFresh: false);
        losses.Note(file.SetMetadata(job.Metadata), path);
        if (durable)
        {
            file.Flush();
        }
    }
}
