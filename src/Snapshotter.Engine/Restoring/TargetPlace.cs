using Snapshotter.Engine.Archive;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Restoring;

/// <summary>Looks at the place that a volume goes to. Touches nothing.</summary>
internal sealed class TargetPlace(
    IFileSystem fileSystem, ArchiveFile archive, RestoreOptions options, RestoreTarget target, CancellationToken cancellation)
{
    /// <summary>The right type of file stands there, or nothing, and no link leads there that should not.</summary>
    public void Check()
    {
        string path = target.Planned.Path;
        try
        {
            RefuseBelowFile(path);
            CheckWay();
            bool exists = fileSystem.TryGetStatus(path, out var status);
            archive.File.GetStatus(out var self);
            if (exists && status.Id == self.Id)
            {
                throw new BackupException(
                    BackupError.ArchiveIsVolume, $"'{path}' is the archive '{archive.Path}' itself: it would be overwritten while it is read.", path)
                {
                    Remedy = Remedy.RestoreElsewhere,
                };
            }

            if (exists && status.Kind != (target.Volume.IsDirectory ? FileKind.Directory : FileKind.Regular))
            {
                throw new BackupException(
                    BackupError.VolumeNotWritable,
                    $"'{path}' is {KindOf(status)}, but the backup of '{target.Volume.Target}' is "
                    + $"{(target.Volume.IsDirectory ? "a directory" : "a file")}. Nothing was changed.",
                    path)
                {
                    Remedy = Remedy.RestoreElsewhere,
                };
            }

            if (status.Kind == FileKind.Directory)
            {
                using var root = fileSystem.OpenDirectory(path);
                StagingArea.RefuseInUse(root, fileSystem.Traits, path, options.Wait, cancellation);
            }
        }
        catch (FileSystemException e)
        {
            throw RestoreErrors.Before(e, path);
        }
    }

    /// <summary>Nothing can be made below what is no directory, however far above it stands.</summary>
    private void RefuseBelowFile(string path)
    {
        for (string? parent = Path.GetDirectoryName(path); parent is not null; parent = Path.GetDirectoryName(parent))
        {
            if (!fileSystem.TryGetStatus(parent, out var status))
            {
                continue;
            }

            if (status.Kind != FileKind.Directory)
            {
                throw new BackupException(
                    BackupError.VolumeNotWritable,
                    $"'{parent}' is {KindOf(status)}, so '{target.Volume.Target}' cannot be restored to '{path}' below it. Nothing was changed.", parent)
                {
                    Remedy = Remedy.RestoreElsewhere,
                };
            }

            return;
        }
    }

    private static string KindOf(in FileStatus status) => status.Kind switch
    {
        FileKind.Directory => "a directory",
        FileKind.Regular => "a file",
        FileKind.SymbolicLink => "a symbolic link",
        _ => "neither a directory nor a file",
    };

    /// <summary>
    /// Below a destination the targets of the manifest are followed: they are the archive's own words, and a link that it
    /// planted there earlier must not lead them out.
    /// </summary>
    public void CheckWay()
    {
        if (options.Destination is not { } destination)
        {
            return;
        }

        string root = Path.GetFullPath(destination);
        string[] way = Path.GetRelativePath(root, target.Planned.Path).Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries);
        try
        {
            IDirectory? directory = fileSystem.TryGetStatus(root, out _) ? fileSystem.OpenDirectory(root) : null;
            for (int i = 0; directory is not null && i < way.Length; i++)
            {
                using var current = directory;
                byte[] name = System.Text.Encoding.UTF8.GetBytes(way[i]);
                bool exists = current.TryGetStatus(name, out var status);
                if (exists && status.Kind == FileKind.SymbolicLink)
                {
                    throw new BackupException(
                        BackupError.UnsafeEntry,
                        $"'{target.Volume.Target}' cannot be restored to '{target.Planned.Path}': '{way[i]}' on the way there is a symbolic link.",
                        target.Planned.Path)
                    {
                        Remedy = Remedy.RestoreElsewhere,
                    };
                }

                directory = exists && status.Kind == FileKind.Directory ? current.OpenDirectory(name) : null;
            }

            directory?.Dispose();
        }
        catch (FileSystemException e)
        {
            throw RestoreErrors.From(e, target.Planned.Path);
        }
    }
}
