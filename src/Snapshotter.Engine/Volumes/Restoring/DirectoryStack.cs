using Snapshotter.Engine.Archive;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Volumes.Restoring;

/// <summary>
/// The directories that are open on the way to the entry at hand. Every path is walked component by component through
/// handles, and no component may be a link. However deep the tree is, only a bounded number of handles is open.
/// </summary>
internal sealed class DirectoryStack : IDisposable
{
    private const int MaxOpen = 128;

    private readonly IFileSystem fileSystem;
    private readonly string archivePath;
    private readonly WriteMode mode;
    private readonly LossLog losses;
    private readonly Func<ReadOnlyMemory<byte>, FileMetadata?> parents;
    private readonly List<TargetDirectory> stack = [];

    /// <param name="fileSystem">The platform.</param>
    /// <param name="root">The directory that all paths are below; closed at the end.</param>
    /// <param name="archivePath">The archive, for messages.</param>
    /// <param name="mode">What becomes of what stands there.</param>
    /// <param name="losses">Where metadata that cannot be set is noted.</param>
    /// <param name="parents">The metadata of a directory that has to be made without an entry of its own; null where nothing is known.</param>
    public DirectoryStack(
        IFileSystem fileSystem, IDirectory root, string archivePath, WriteMode mode, LossLog losses, Func<ReadOnlyMemory<byte>, FileMetadata?> parents)
    {
        this.parents = parents;
        this.fileSystem = fileSystem;
        this.archivePath = archivePath;
        this.mode = mode;
        this.losses = losses;
        root.GetStatus(out var status);
        stack.Add(new TargetDirectory(root, [], status.Id, losses));
    }

    public IDirectory Root => stack[0].Handle;

    /// <summary>Goes to a directory by its path, and makes those on the way that the archive has no entry for.</summary>
    public TargetDirectory Enter(ReadOnlyMemory<byte> path)
    {
        int depth = 1;
        int start = 0;
        while (start < path.Length)
        {
            int slash = path.Span[start..].IndexOf((byte)'/');
            var component = slash < 0 ? path[start..] : path.Slice(start, slash);
            start += component.Length + 1;
            if (depth < stack.Count && component.Span.SequenceEqual(stack[depth].Name))
            {
                depth++;
                continue;
            }

            PopTo(depth);
            Push(stack[^1], component.ToArray(), path[..(start - 1)]);
            depth++;
        }

        PopTo(depth);
        return stack[^1];
    }

    /// <summary>Makes a directory, which gets its metadata when all below it is written.</summary>
    public void Make(ReadOnlyMemory<byte> parentPath, byte[] name, FileMetadata metadata)
    {
        Push(Enter(parentPath), name, ownPath: null);
        stack[^1].Metadata = metadata;
    }

    /// <summary>Leaves all directories: their metadata is set.</summary>
    public void Finish() => PopTo(0);

    /// <summary>Closes what is open, when the work is given up.</summary>
    public void Dispose()
    {
        foreach (var directory in stack)
        {
            directory.Abandon();
        }
    }

    /// <param name="parent">Where it is.</param>
    /// <param name="name">Its name there.</param>
    /// <param name="ownPath">Its path, when it is needed by what is below it; null when it has metadata of its own.</param>
    private void Push(TargetDirectory parent, byte[] name, ReadOnlyMemory<byte>? ownPath)
    {
        var handle = parent.Handle;
        FileMetadata? metadata = null;
        if (handle.TryGetStatus(name, out var status))
        {
            if (status.Kind == FileKind.Directory)
            {
                // Entered again, or there before: it keeps its time unless its own entry comes.
                metadata = Keep(handle, name, status);
            }
            else if (mode != WriteMode.Fresh)
            {
                handle.RemoveFile(name);
            }
            else
            {
                string path = RestoreErrors.PathOf(handle, name);
                throw new BackupException(
                    BackupError.UnsafeEntry, $"'{archivePath}' has entries below '{path}', which is not a directory in it. The archive is refused.", path)
                {
                    EntryName = path,
                };
            }
        }

        bool exists = metadata is not null;
        if (!exists)
        {
            metadata = ownPath is { } path ? parents(path) : null;
            handle.CreateDirectory(name, ownPath is null || metadata is not null ? DirectoryMetadata.OwnerOnly : DirectoryMetadata.Usual);
        }

        var child = handle.OpenDirectory(name);
        if (!exists && metadata is { } saved && fileSystem.Traits.IsPrivileged)
        {
            // Once it is there, the next restore takes it for one that was there before.
            child.SetMetadata(saved);
        }

        child.GetStatus(out var opened);
        stack.Add(new TargetDirectory(child, name, opened.Id, losses) { Metadata = metadata });
        if (stack.Count > MaxOpen)
        {
            stack[stack.Count - MaxOpen].Suspend();
        }
    }

    private FileMetadata Keep(IDirectory parent, byte[] name, in FileStatus status)
    {
        if (!fileSystem.Traits.IsPrivileged)
        {
            parent.OpenToOwner(name, status);
        }

        var attributes = new List<ExtendedAttribute>();
        parent.GetAttributes(name, attributes);
        return new FileMetadata { Kind = FileKind.Directory, Mode = status.Mode, ModifiedAt = status.ModifiedAt, Attributes = attributes };
    }

    private void PopTo(int depth)
    {
        while (stack.Count > depth)
        {
            var directory = stack[^1];
            stack.RemoveAt(stack.Count - 1);
            try
            {
                if (stack.Count > 0 && stack[^1].IsSuspended)
                {
                    stack[^1].Resume(directory.Handle);
                }
            }
            finally
            {
                directory.Release();
            }
        }
    }
}
