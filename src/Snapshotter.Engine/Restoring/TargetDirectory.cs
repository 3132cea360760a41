using Snapshotter.Engine.Entries;
using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Restoring;

/// <summary>
/// A directory that is being filled. The tree writer holds a reference while entries for it may come, and each job another;
/// the last one to let go sets the directory's metadata, its time above all, and closes it.
/// </summary>
internal sealed class TargetDirectory(IDirectory handle, byte[] name, FileId id, LossLog losses)
{
    private int references = 1;

    public IDirectory Handle { get; private set; } = handle;

    /// <summary>Its name in its parent; empty for the root.</summary>
    public byte[] Name { get; } = name;

    public FileId Id { get; } = id;

    /// <summary>Null when the archive has no entry for it (yet).</summary>
    public FileMetadata? Metadata { get; set; }

    /// <summary>True when it stood there before.</summary>
    public bool IsExisting { get; init; }

    /// <summary>True while the handle is closed to save handles; see <see cref="Suspend"/>.</summary>
    public bool IsSuspended { get; private set; }

    public void AddReference() => Interlocked.Increment(ref references);

    public void Release()
    {
        if (Interlocked.Decrement(ref references) == 0)
        {
            using var handle = Handle;
            if (Metadata is { } metadata)
            {
                losses.Note(handle.SetMetadata(metadata), handle);
            }
        }
    }

    /// <summary>Lets go when the work is given up: the last one only closes it.</summary>
    public void Abandon()
    {
        if (Interlocked.Decrement(ref references) == 0)
        {
            Handle.Dispose();
        }
    }

    /// <summary>Closes the handle of a directory far up, unless a job still needs it.</summary>
    public void Suspend()
    {
        if (!IsSuspended && Volatile.Read(ref references) == 1)
        {
            Handle.Dispose();
            IsSuspended = true;
        }
    }

    /// <summary>Opens it again as the parent of one of its children. It lies in our own staging folder or was opened without following a link: it must still be the same.</summary>
    public void Resume(IDirectory child)
    {
        var parent = child.OpenParent();
        try
        {
            parent.GetStatus(out var status);
            if (status.Id != Id)
            {
                throw new FileSystemException(FileError.Moved, "open", parent.DisplayPath, "it was moved while it was restored");
            }
        }
        catch
        {
            parent.Dispose();
            throw;
        }

        Handle = parent;
        IsSuspended = false;
    }
}
