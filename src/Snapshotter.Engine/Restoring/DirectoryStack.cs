using System.IO.Hashing;
using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Entries;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Restoring;

/// <summary>
/// The directories that are open on the way to the entry at hand. Every path is walked component by component through
/// handles, and no component may be a link. However deep the tree is, only a bounded number of handles is open.
/// </summary>
internal sealed class DirectoryStack : IDisposable
{
    private const int MaxOpen = 128;

    /// <summary>Of so many directories is remembered under what name they were made; about others their parent is asked.</summary>
    private const int MaxKnown = 100_000;

    private readonly IFileSystem fileSystem;
    private readonly string archivePath;
    private readonly Aside? aside;
    private readonly WriteMode mode;
    private readonly LossLog losses;
    private readonly Func<ReadOnlyMemory<byte>, FileMetadata?> parents;
    private readonly List<TargetDirectory> stack = [];

    /// <summary>Directories that were made, with what tells their names apart: where nothing else stands.</summary>
    private readonly Dictionary<FileId, uint> made = [];

    /// <summary>The path in whose place something stays that was told of last.</summary>
    private ReadOnlyMemory<byte> inTheWay;

    /// <param name="fileSystem">The platform.</param>
    /// <param name="root">The directory that all paths are below; closed at the end.</param>
    /// <param name="archivePath">The archive, for messages.</param>
    /// <param name="aside">Where things are made that are to stand where others may write; null to make all at its place.</param>
    /// <param name="mode">What becomes of what stands there.</param>
    /// <param name="losses">Where metadata that cannot be set is noted.</param>
    /// <param name="parents">The metadata of a directory that has to be made without an entry of its own; null where nothing is known.</param>
    public DirectoryStack(
        IFileSystem fileSystem, IDirectory root, string archivePath, Aside? aside, WriteMode mode, LossLog losses,
        Func<ReadOnlyMemory<byte>, FileMetadata?> parents)
    {
        this.parents = parents;
        this.fileSystem = fileSystem;
        this.archivePath = archivePath;
        this.aside = aside;
        this.mode = mode;
        this.losses = losses;
        root.GetStatus(out var status);
        stack.Add(new TargetDirectory(root, [], status.Id, losses));
    }

    public IDirectory Root => stack[0].Handle;

    /// <summary>
    /// Goes to a directory by its path, and makes those on the way that the archive has no entry for. Null when something else
    /// stays in the place of one of them, which is told.
    /// </summary>
    public TargetDirectory? Enter(ReadOnlyMemory<byte> path)
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
            if (!Push(stack[^1], component.ToArray(), path[..(start - 1)]))
            {
                return null;
            }

            depth++;
        }

        PopTo(depth);
        return stack[^1];
    }

    /// <summary>Makes a directory, which gets its metadata when all below it is written.</summary>
    public void Make(ReadOnlyMemory<byte> parentPath, byte[] name, FileMetadata metadata)
    {
        if (Enter(parentPath) is not { } parent)
        {
            return;
        }

        Push(parent, name, ownPath: null);
        var directory = stack[^1];
        directory.Metadata = metadata;
        if (aside is not null && directory.IsExisting)
        {
            directory.Metadata = ExistingDirectory.Allow(metadata, parent.Handle, directory.Handle, fileSystem.Traits, out var loss);
            losses.Note(loss, directory.Handle);
        }
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

        aside?.Dispose();
    }

    /// <param name="parent">Where it is.</param>
    /// <param name="name">Its name there.</param>
    /// <param name="ownPath">Its path, when it is needed by what is below it; null when it has metadata of its own.</param>
    /// <returns>False when something stays in its place.</returns>
    private bool Push(TargetDirectory parent, byte[] name, ReadOnlyMemory<byte>? ownPath)
    {
        var handle = parent.Handle;
        bool isThere = handle.TryGetStatus(name, out var status);
        if (isThere && mode == WriteMode.Fresh && !IsKnown(status, name))
        {
            NameTwin.Refuse(handle, name, losses);
        }

        if (isThere && status.Kind == FileKind.Directory)
        {
            stack.Add(OpenExisting(handle, name, status));
        }
        else
        {
            if (isThere && mode == WriteMode.Merge && ownPath is { } needed)
            {
                TellInTheWay(handle, name, needed);
                return false;
            }

            if (isThere)
            {
                ClearWay(handle, name);
            }

            stack.Add(MakeNew(handle, name, ownPath));
        }

        if (stack.Count > MaxOpen)
        {
            stack[stack.Count - MaxOpen].Suspend();
        }

        return true;
    }

    /// <summary>True for a directory that was made here under that name.</summary>
    private bool IsKnown(in FileStatus status, ReadOnlySpan<byte> name) =>
        made.TryGetValue(status.Id, out uint hash) && hash == XxHash32.HashToUInt32(name);

    /// <summary>Once for all that follows below it.</summary>
    private void TellInTheWay(IDirectory parent, byte[] name, ReadOnlyMemory<byte> path)
    {
        if (path.Span.SequenceEqual(inTheWay.Span))
        {
            return;
        }

        inTheWay = path.ToArray();
        string shown = EntryNames.PathOf(parent, name);
        losses.Note(new Notice(
            BackupError.NotKept, shown,
            $"What is below '{shown}' in the archive is not restored: what has its name is no directory, and nothing is removed here."));
    }

    private void ClearWay(IDirectory parent, byte[] name)
    {
        if (mode == WriteMode.Fresh)
        {
            string path = EntryNames.PathOf(parent, name);
            throw new BackupException(
                BackupError.UnsafeEntry, $"'{archivePath}' has entries below '{path}', which is not a directory in it. The archive is refused.", path)
            {
                EntryName = path,
            };
        }

        parent.RemoveFile(name);
    }

    /// <summary>Entered again, or there before: it keeps what it has unless its own entry comes.</summary>
    private TargetDirectory OpenExisting(IDirectory parent, byte[] name, in FileStatus status)
    {
        if (!fileSystem.Traits.IsPrivileged)
        {
            parent.OpenToOwner(name, status);
        }

        var directory = OpenSame(parent, name, status.Id);
        var metadata = directory.ReadMetadata();
        metadata.Mode = status.Mode;
        metadata.SetOwner = false;
        return new TargetDirectory(directory, name, status.Id, losses) { Metadata = metadata, IsExisting = true };
    }

    private TargetDirectory MakeNew(IDirectory parent, byte[] name, ReadOnlyMemory<byte>? ownPath)
    {
        var metadata = ownPath is { } path ? parents(path) : null;
        int mode = ownPath is null || metadata is not null ? Ownership.OwnerOnly : DirectoryMetadata.Usual;

        // Once it is there, the next restore takes it for one that was there before.
        var first = fileSystem.Traits.IsPrivileged ? metadata : null;
        FileId id = default;
        IDirectory directory;
        if (aside is null)
        {
            directory = Make(parent, name, mode, first, out id);
        }
        else
        {
            aside.Put(parent, name, (making, temporary) =>
            {
                Make(making, temporary, mode, first, out id).Dispose();
                return true;
            });
            directory = OpenSame(parent, name, id);
        }

        if (this.mode == WriteMode.Fresh && made.Count < MaxKnown)
        {
            made[id] = XxHash32.HashToUInt32(name);
        }

        return new TargetDirectory(directory, name, id, losses) { Metadata = metadata };
    }

    private static IDirectory Make(IDirectory parent, ReadOnlySpan<byte> name, int mode, FileMetadata? metadata, out FileId id)
    {
        parent.CreateDirectory(name, mode);
        var directory = parent.OpenDirectory(name);
        if (metadata is { } wanted)
        {
            directory.SetMetadata(wanted);
        }

        directory.GetStatus(out var status);
        id = status.Id;
        return directory;
    }

    /// <summary>Opens a directory that was looked at, and none that was put in its place since.</summary>
    private static IDirectory OpenSame(IDirectory parent, byte[] name, FileId id)
    {
        var directory = parent.OpenDirectory(name);
        directory.GetStatus(out var status);
        if (status.Id == id)
        {
            return directory;
        }

        using (directory)
        {
            throw new FileSystemException(FileError.Moved, "open", directory.DisplayPath, "it was exchanged while it was restored");
        }
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
