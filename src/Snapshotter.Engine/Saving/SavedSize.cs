using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Jobs;
using Snapshotter.Engine.Patterns;

namespace Snapshotter.Engine.Saving;

/// <summary>Adds up the sizes of the files that a backup saves, each file of several names once, as the backup does.</summary>
internal sealed class SavedSize(IFileSystem fileSystem, GlobSet exclude, FileId archiveId, CancellationToken cancellation)
{
    private readonly HashSet<FileId> linked = [];

    /// <summary>Bytes of file data, holes included. What cannot be read counts nothing: it is not saved either.</summary>
    /// <exception cref="FileSystemException">A volume cannot be opened.</exception>
    public long Of(VolumeSource volume)
    {
        if (!volume.IsDirectory)
        {
            return fileSystem.TryGetStatus(volume.Spec.Path, out var status) ? status.Size : 0;
        }

        var filter = new SaveFilter(exclude, volume.Nested);
        var root = new TreeDirectory(fileSystem.OpenDirectory(volume.Spec.Path), []);
        long bytes = 0;
        linked.Clear();
        try
        {
            using var cursor = new TreeCursor(root);
            while (cursor.Next() is var step && step != TreeStep.End)
            {
                bytes += step == TreeStep.Enter ? OfNames(cursor, filter) : 0;
            }
        }
        finally
        {
            root.Release();
        }

        return bytes;
    }

    private long OfNames(TreeCursor cursor, SaveFilter filter)
    {
        long bytes = 0;
        var directory = cursor.Current;
        try
        {
            var listing = directory.Handle.List();
            for (int i = 0; i < listing.Count; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                var name = listing.NameOf(i).Span;
                var kind = listing.KindOf(i);
                FileStatus status = default;
                if (kind is FileKind.Unknown or FileKind.Regular && directory.Handle.TryGetStatus(name, out status))
                {
                    kind = status.Kind;
                }

                if (kind is not (FileKind.Directory or FileKind.Regular) || filter.LeavesOut(directory, name, kind, rootLength: 0)
                    || Leftovers.IsOne(directory.Handle, name, kind, fileSystem.Traits, out _))
                {
                    continue;
                }

                if (kind == FileKind.Directory)
                {
                    cursor.Descend(name);
                }
                else if (status.Id != archiveId && (status.LinkCount == 1 || linked.Add(status.Id)))
                {
                    bytes += status.Size;
                }
            }
        }
        catch (FileSystemException)
        {
            // The backup says so; here the rest counts.
        }

        return bytes;
    }
}
