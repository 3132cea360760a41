namespace Snapshotter.Engine.FileSystem;

/// <summary>
/// A folder that is ours alone, for what is made before it is renamed to its place. Nobody else can reach the names in it,
/// so none of them can be exchanged: metadata may be set by name there. It is locked as long as its process lives, which
/// tells a folder in use from one that a killed process left. All is done through the handle of the very folder that was
/// made: whoever owns the folder around it may rename it at any time.
/// </summary>
internal sealed class PrivateFolder : IDisposable
{
    private const int MaxTries = 10;

    private const int FileMode = 0x180; // rw-------

    private readonly IDirectory parent;
    private readonly IFile gate;

    private PrivateFolder(IDirectory parent, byte[] name, IDirectory directory, IFile gate)
    {
        this.parent = parent;
        this.gate = gate;
        Name = name;
        Directory = directory;
    }

    /// <summary>The file in it that is locked.</summary>
    public static ReadOnlySpan<byte> LockName => "lock"u8;

    /// <summary>Its name in the folder around it.</summary>
    public byte[] Name { get; }

    /// <summary>The open folder; closed by <see cref="Dispose"/>.</summary>
    public IDirectory Directory { get; }

    /// <summary>Makes one. Nothing is inherited from the folder around it: neither a group nor an access list.</summary>
    public static PrivateFolder Create(IDirectory parent)
    {
        for (int tries = 0; tries < MaxTries; tries++)
        {
            byte[] name = TemporaryName.New();
            parent.CreateDirectory(name, Ownership.OwnerOnly);
            try
            {
                if (TakeFresh(parent, name) is { } folder)
                {
                    return folder;
                }
            }
            catch
            {
                Quietly(() => parent.RemoveDirectory(name));
                throw;
            }
        }

        throw new FileSystemException(
            FileError.Busy, "create a folder in", parent.DisplayPath, "somebody exchanges or removes it each time");
    }

    /// <summary>Looks at a name of the form of <see cref="TemporaryName"/>, and takes it over when its process is gone.</summary>
    /// <param name="parent">The folder around it.</param>
    /// <param name="name">Its name.</param>
    /// <param name="ours">What our own have.</param>
    /// <param name="folder">The folder, locked, when it is <see cref="PrivateFolderState.Left"/>.</param>
    public static PrivateFolderState TryTake(IDirectory parent, ReadOnlySpan<byte> name, Ownership ours, out PrivateFolder? folder)
    {
        folder = null;
        IDirectory? directory = null;
        IFile? gate = null;
        try
        {
            var state = Open(parent, name, ours, out directory);
            if (state != PrivateFolderState.Left)
            {
                return state;
            }

            gate = OpenGate(directory!);
            if (!gate.TryLock(FileLock.Writer))
            {
                return PrivateFolderState.InUse;
            }

            // Its process removes the locked file before it lets go of the lock, and only then the folder.
            gate.GetStatus(out var locked);
            directory!.GetStatus(out var opened);
            if (!IsStill(directory, LockName, locked.Id) || !IsStill(parent, name, opened.Id))
            {
                return PrivateFolderState.Gone;
            }

            folder = new PrivateFolder(parent, name.ToArray(), directory, gate);
            return PrivateFolderState.Left;
        }
        catch (FileSystemException e) when (e.Error is FileError.NotFound or FileError.Exists or FileError.AccessDenied or FileError.InUse)
        {
            // Its process has just removed it, or another has just taken it over. Windows denies what is being removed.
            return PrivateFolderState.Gone;
        }
        finally
        {
            if (folder is null)
            {
                gate?.Dispose();
                directory?.Dispose();
            }
        }
    }

    /// <summary>The same without taking anything over or changing anything.</summary>
    /// <param name="parent">The folder around it.</param>
    /// <param name="name">Its name.</param>
    /// <param name="ours">What our own have.</param>
    /// <param name="directory">The open folder, to be closed by the caller, unless it is gone or cannot be opened.</param>
    public static PrivateFolderState Look(IDirectory parent, ReadOnlySpan<byte> name, Ownership ours, out IDirectory? directory)
    {
        var state = Open(parent, name, ours, out directory);
        if (state != PrivateFolderState.Left)
        {
            return state;
        }

        try
        {
            using var gate = directory!.OpenFileForWriting(LockName);
            return gate.TryLock(FileLock.Writer) ? PrivateFolderState.Left : PrivateFolderState.InUse;
        }
        catch (FileSystemException e) when (e.Error is FileError.NotFound or FileError.ReadOnly)
        {
            return PrivateFolderState.Left;
        }
        catch (FileSystemException e) when (e.Error is FileError.AccessDenied or FileError.InUse)
        {
            // On Windows, being removed.
            return PrivateFolderState.InUse;
        }
    }

    /// <summary>
    /// Takes over what killed processes left in a directory, one folder after the other. What cannot be looked at, or removed by
    /// the caller, does no harm: it stays.
    /// </summary>
    /// <param name="parent">The directory.</param>
    /// <param name="traits">Who this process is.</param>
    /// <param name="take">Gets a folder, locked, which is closed afterwards.</param>
    public static void ForEachLeft(IDirectory parent, FileSystemTraits traits, Action<PrivateFolder> take) => Quietly(() =>
    {
        var listing = parent.List();
        for (int i = 0; i < listing.Count; i++)
        {
            var name = listing.NameOf(i);
            if (TemporaryName.IsOne(name.Span))
            {
                Quietly(() =>
                {
                    if (TryTake(parent, name.Span, Ownership.Of(traits), out var folder) == PrivateFolderState.Left)
                    {
                        using (folder)
                        {
                            take(folder!);
                        }
                    }
                });
            }
        }
    });

    /// <summary>Removes it, once all else in it is gone, and closes it.</summary>
    public void Remove()
    {
        using (this)
        {
            Directory.RemoveFile(LockName);
        }

        try
        {
            parent.RemoveDirectory(Name);
        }
        catch (FileSystemException e) when (e.Error is FileError.NotFound or FileError.NotEmpty or FileError.NotADirectory)
        {
            // Renamed, or taken over by another since the lock is gone.
        }
    }

    /// <summary>Closes it: from now on it is one that a process left.</summary>
    public void Dispose()
    {
        gate.Dispose();
        Directory.Dispose();
    }

    private static PrivateFolder? TakeFresh(IDirectory parent, byte[] name)
    {
        IDirectory? directory = null;
        IFile? gate = null;
        bool isLocked = false;
        bool isTaken = false;
        try
        {
            directory = parent.OpenDirectory(name);

            // By its handle this file is surely ours. So is the folder when it has the same owner (there are file systems
            // that give all files to one) and nothing else is in it: then the name was not exchanged before it was opened.
            gate = directory.CreateFile(LockName, FileMode);
            gate.GetStatus(out var file);
            directory.GetStatus(out var status);
            isLocked = gate.TryLock(FileLock.Writer) && IsStill(directory, LockName, file.Id);
            if (!isLocked || file.UserId != status.UserId || directory.List().Count != 1)
            {
                return null;
            }

            directory.SetMetadata(new FileMetadata
            {
                Kind = FileKind.Directory,
                Mode = Ownership.OwnerOnly,
                ModifiedAt = status.ModifiedAt,
                Attributes = [],
            });

            // Another process may have taken it for one that was left, before it was locked.
            isTaken = IsStill(parent, name, status.Id);
            return isTaken ? new PrivateFolder(parent, name, directory, gate) : null;
        }
        catch (FileSystemException e) when (
            e.Error is FileError.NotFound or FileError.NotADirectory or FileError.SymbolicLink or FileError.Exists)
        {
            return null;
        }
        finally
        {
            if (!isTaken)
            {
                // What another has locked is his.
                if (isLocked)
                {
                    Quietly(() => directory!.RemoveFile(LockName));
                }

                gate?.Dispose();
                directory?.Dispose();
            }
        }
    }

    private static PrivateFolderState Open(IDirectory parent, ReadOnlySpan<byte> name, Ownership ours, out IDirectory? directory)
    {
        directory = null;
        try
        {
            directory = parent.OpenDirectory(name);
        }
        catch (FileSystemException e) when (e.Error == FileError.NotFound)
        {
            return PrivateFolderState.Gone;
        }
        catch (FileSystemException e) when (
            e.Error is FileError.NotADirectory or FileError.SymbolicLink or FileError.AccessDenied or FileError.NotSupported)
        {
            return PrivateFolderState.Foreign;
        }

        directory.GetStatus(out var status);
        return Ownership.Of(status) == ours && status.IsMountRoot != true && IsMarked(directory, name)
            ? PrivateFolderState.Left : PrivateFolderState.Foreign;
    }

    /// <summary>True with the file that is locked: the first that comes in and the last that goes. Version 1.0 had none.</summary>
    private static bool IsMarked(IDirectory directory, ReadOnlySpan<byte> name) => directory.TryGetStatus(LockName, out var status)
        ? status.Kind == FileKind.Regular
        : TemporaryName.IsOlder(name) || directory.List().Count == 0;

    /// <summary>Without such a file it is made.</summary>
    private static IFile OpenGate(IDirectory directory)
    {
        try
        {
            return directory.OpenFileForWriting(LockName);
        }
        catch (FileSystemException e) when (e.Error == FileError.NotFound)
        {
            return directory.CreateFile(LockName, FileMode);
        }
    }

    private static bool IsStill(IDirectory parent, ReadOnlySpan<byte> name, FileId id) =>
        parent.TryGetStatus(name, out var standing) && standing.Id == id;

    private static void Quietly(Action action)
    {
        try
        {
            action();
        }
        catch (FileSystemException)
        {
            // What is left is no part of any volume, and the next run tries again.
        }
    }
}

/// <summary>What a name that looks like one of a <see cref="PrivateFolder"/> stands for.</summary>
internal enum PrivateFolderState
{
    /// <summary>Nothing of that name any more.</summary>
    Gone,

    /// <summary>Somebody else made it, or it is no folder: not to be trusted, not to be touched.</summary>
    Foreign,

    /// <summary>Ours, and the process that made it lives.</summary>
    InUse,

    /// <summary>Ours, left by a process that is gone.</summary>
    Left,
}
