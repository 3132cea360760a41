namespace Snapshotter.Engine.FileSystem.Portable;

/// <summary>A directory of a <see cref="PatientFileSystem"/>.</summary>
internal sealed class PatientDirectory(IDirectory real, Patience patience) : IDirectory
{
    private const int OwnerWrite = 0x80;

    public string DisplayPath => real.DisplayPath;

    /// <summary>The directory itself.</summary>
    public IDirectory Real => real;

    public void GetStatus(out FileStatus status) => real.GetStatus(out status);

    public bool TryGetStatus(ReadOnlySpan<byte> name, out FileStatus status) => real.TryGetStatus(name, out status);

    public FileError? AskForWriting(ReadOnlySpan<byte> name)
    {
        byte[] asked = name.ToArray();
        try
        {
            return patience.Insist(
                () => real.AskForWriting(asked) is not FileError.InUse and var answer
                    ? answer
                    : throw new FileSystemException(FileError.InUse, "open", real.DisplayPath, ""),
                WaitForUser);
        }
        catch (FileSystemException e) when (e.Error == FileError.InUse)
        {
            return FileError.InUse;
        }
    }

    public DirectoryListing List() => real.List();

    public IDirectory OpenDirectory(ReadOnlySpan<byte> name) => new PatientDirectory(real.OpenDirectory(name), patience);

    public IDirectory Reopen() => new PatientDirectory(real.Reopen(), patience);

    public IDirectory OpenParent() => new PatientDirectory(real.OpenParent(), patience);

    public IFile OpenFile(ReadOnlySpan<byte> name)
    {
        byte[] opened = name.ToArray();
        return patience.Insist(() => real.OpenFile(opened), e => e.Error == FileError.InUse ? patience.Short : default);
    }

    public IFile OpenFileForWriting(ReadOnlySpan<byte> name)
    {
        byte[] opened = name.ToArray();
        return patience.Insist(() => real.OpenFileForWriting(opened), WaitForUser);
    }

    public IFile CreateFile(ReadOnlySpan<byte> name, int mode)
    {
        byte[] created = name.ToArray();
        return patience.Insist(() => real.CreateFile(created, mode), WaitForUserOrRight);
    }

    public void CreateDirectory(ReadOnlySpan<byte> name, int mode)
    {
        byte[] created = name.ToArray();
        Insist(() => real.CreateDirectory(created, mode), WaitForUserOrRight);
    }

    public void CreateSymbolicLink(ReadOnlySpan<byte> name, ReadOnlySpan<byte> target) => real.CreateSymbolicLink(name, target);

    public void CreateSymbolicLink(ReadOnlySpan<byte> name, ReadOnlySpan<byte> target, LinkKind kind) => real.CreateSymbolicLink(name, target, kind);

    public void CreateHardLink(ReadOnlySpan<byte> name, IDirectory existingDirectory, ReadOnlySpan<byte> existingName)
    {
        byte[] created = name.ToArray();
        byte[] existing = existingName.ToArray();
        Insist(() => real.CreateHardLink(created, Behind(existingDirectory), existing), WaitForUser);
    }

    public void CreateNode(ReadOnlySpan<byte> name, FileKind kind, int mode, uint major, uint minor) =>
        real.CreateNode(name, kind, mode, major, minor);

    public byte[] ReadLink(ReadOnlySpan<byte> name) => real.ReadLink(name);

    public void Rename(ReadOnlySpan<byte> name, IDirectory newDirectory, ReadOnlySpan<byte> newName)
    {
        byte[] from = name.ToArray();
        byte[] to = newName.ToArray();
        var target = Behind(newDirectory);
        Insist(
            () => Told(
                () => OpenReadOnly(target, to, () => real.Rename(from, target, to)),
                () => real.AskForWriting(from) == FileError.InUse || IsHeld(target, to)),
            WaitForUserOrRight);
    }

    public void RemoveFile(ReadOnlySpan<byte> name)
    {
        byte[] removed = name.ToArray();
        Insist(() => Told(() => OpenReadOnly(real, removed, () => real.RemoveFile(removed)), () => IsHeld(real, removed)), WaitForUserOrRight);
    }

    public void RemoveDirectory(ReadOnlySpan<byte> name)
    {
        byte[] removed = name.ToArray();
        Insist(
            () => Told(() => OpenReadOnly(real, removed, () => real.RemoveDirectory(removed)), () => IsHeld(real, removed)),
            e => e.Error == FileError.NotEmpty ? (HoldsRemovedOnly(removed) ? patience.Longest : default) : WaitForUserOrRight(e));
    }

    public void GetAttributes(ReadOnlySpan<byte> name, List<ExtendedAttribute> attributes) => real.GetAttributes(name, attributes);

    public void GetAttributes(List<ExtendedAttribute> attributes) => real.GetAttributes(attributes);

    public MetadataLoss SetMetadata(ReadOnlySpan<byte> name, in FileMetadata metadata) => real.SetMetadata(name, metadata);

    public void SetMode(ReadOnlySpan<byte> name, in FileStatus of, int mode) => real.SetMode(name, of, mode);

    public MetadataLoss SetMetadata(in FileMetadata metadata) => real.SetMetadata(metadata);

    public void Flush() => real.Flush();

    public void FlushFileSystem() => real.FlushFileSystem();

    public void Dispose() => real.Dispose();

    private static IDirectory Behind(IDirectory directory) => directory is PatientDirectory patient ? patient.Real : directory;

    /// <summary>Does something to a name; should that be denied and it is read-only, once more while it is not.</summary>
    private static void OpenReadOnly(IDirectory directory, byte[] name, Action action)
    {
        try
        {
            action();
        }
        catch (FileSystemException e) when (e.Error == FileError.AccessDenied && IsReadOnly(directory, name, out var status))
        {
            directory.SetMode(name, status, status.Mode | OwnerWrite);
            try
            {
                action();
            }
            catch
            {
                Shut(directory, name, status);
                throw;
            }
        }
    }

    private static bool IsReadOnly(IDirectory directory, byte[] name, out FileStatus status)
    {
        status = default;
        try
        {
            return directory.TryGetStatus(name, out status) && status.IsReadOnly && status.Kind != FileKind.SymbolicLink;
        }
        catch (FileSystemException)
        {
            return false;
        }
    }

    private static void Shut(IDirectory directory, byte[] name, in FileStatus status)
    {
        try
        {
            directory.SetMode(name, status, status.Mode & ~OwnerWrite);
        }
        catch (FileSystemException)
        {
            // Gone, or another stands there: what kept it from being removed is told.
        }
    }

    /// <summary>Windows says of some files in use that access to them is denied.</summary>
    private static void Told(Action action, Func<bool> isInUse)
    {
        try
        {
            action();
        }
        catch (FileSystemException e) when (e.Error == FileError.AccessDenied && isInUse())
        {
            throw new FileSystemException(FileError.InUse, e.Operation, e.Path, e.Detail);
        }
    }

    /// <summary>True for a file in use: also where nothing else forbids to open it for removal, as a program that runs.</summary>
    private static bool IsHeld(IDirectory directory, byte[] name)
    {
        try
        {
            return directory.AskForWriting(name) switch
            {
                FileError.InUse => true,
                null => directory.TryGetStatus(name, out var status) && status.Kind != FileKind.Directory,
                _ => false,
            };
        }
        catch (FileSystemException)
        {
            return false;
        }
    }

    /// <summary>True when all that a directory still holds was removed, and is open in other programs only.</summary>
    private bool HoldsRemovedOnly(byte[] name)
    {
        try
        {
            using var directory = real.OpenDirectory(name);
            var listing = directory.List();
            for (int i = 0; i < listing.Count; i++)
            {
                if (IsThere(directory, listing.NameOf(i).Span))
                {
                    return false;
                }
            }

            return true;
        }
        catch (FileSystemException)
        {
            return false;
        }
    }

    private static bool IsThere(IDirectory directory, ReadOnlySpan<byte> name)
    {
        try
        {
            return directory.TryGetStatus(name, out _);
        }
        catch (FileSystemException e) when (e.Error is FileError.AccessDenied or FileError.InUse)
        {
            return false;
        }
    }

    private void Insist(Action action, Func<FileSystemException, TimeSpan> waitFor) => patience.Insist(
        () =>
        {
            action();
            return true;
        },
        waitFor);

    private TimeSpan WaitForUser(FileSystemException e) => e.Error == FileError.InUse ? patience.Longest : default;

    /// <summary>
    /// A directory with something open in it cannot be renamed, and a name that was removed while it was open cannot be made
    /// until it is closed: then Windows says that access is denied.
    /// </summary>
    private TimeSpan WaitForUserOrRight(FileSystemException e) => e.Error switch
    {
        FileError.InUse => patience.Longest,
        FileError.AccessDenied => patience.Short,
        _ => default,
    };
}
