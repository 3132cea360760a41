using System.Text;
using Snapshotter.Engine.FileSystem;
using Node = Snapshotter.Engine.Tests.Faults.DiskImage.Node;

namespace Snapshotter.Engine.Tests.Faults;

/// <summary>An open directory of a <see cref="MemoryFileSystem"/>.</summary>
internal sealed class MemoryDirectory(MemoryFileSystem fileSystem, long inode, string path) : IDirectory
{
    private bool isDisposed;

    internal string OpenedAs => path;

    public string DisplayPath => path;

    private long Inode => inode;

    private Node Self => fileSystem.Names[inode];

    public void GetStatus(out FileStatus status)
    {
        using var scope = Enter();
        fileSystem.FillStatus(inode, out status);
    }

    public bool TryGetStatus(ReadOnlySpan<byte> name, out FileStatus status)
    {
        using var scope = Enter();
        status = default;
        if (!Self.Entries.TryGetValue(NameOf(name), out var child))
        {
            return false;
        }
        fileSystem.FillStatus(child, out status);
        return true;
    }

    public FileError? AskForWriting(ReadOnlySpan<byte> name) => null;

    public DirectoryListing List()
    {
        using var scope = Enter();
        var names = new MemoryStream();
        var entries = new List<ListedName>();
        foreach (var (name, child) in Self.Entries)
        {
            entries.Add(new ListedName((int)names.Length, name.Length, fileSystem.Names[child].Kind));
            names.Write(MemoryFileSystem.Encode(name));
        }
        return new DirectoryListing(names.ToArray(), entries.ToArray());
    }

    public IDirectory OpenDirectory(ReadOnlySpan<byte> name)
    {
        using var scope = Enter();
        var child = Find(name, "open");
        return fileSystem.Names[child].Kind == FileKind.Directory
            ? fileSystem.Hold(new MemoryDirectory(fileSystem, child, PathOf(name)))
            : throw MemoryFileSystem.Failure(FileError.NotADirectory, "open", PathOf(name));
    }

    public IDirectory Reopen()
    {
        using var scope = Enter();
        return fileSystem.Hold(new MemoryDirectory(fileSystem, inode, path));
    }

    public IDirectory OpenParent()
    {
        using var scope = Enter();
        return fileSystem.Hold(new MemoryDirectory(fileSystem, Self.Parent, Path.GetDirectoryName(path) ?? "/"));
    }

    public IFile OpenFile(ReadOnlySpan<byte> name)
    {
        using var scope = Enter();
        var child = Find(name, "open");
        if (fileSystem.Unreadable.Contains(PathOf(name)))
        {
            throw MemoryFileSystem.Failure(FileError.AccessDenied, "open", PathOf(name));
        }
        return fileSystem.Names[child].Kind == FileKind.SymbolicLink
            ? throw MemoryFileSystem.Failure(FileError.SymbolicLink, "open", PathOf(name))
            : fileSystem.Hold(new MemoryFile(fileSystem, child, PathOf(name), isWritable: false));
    }

    public IFile OpenFileForWriting(ReadOnlySpan<byte> name)
    {
        using var scope = Enter();
        var child = Find(name, "open");
        return fileSystem.Names[child].Kind switch
        {
            FileKind.Regular => fileSystem.Hold(new MemoryFile(fileSystem, child, PathOf(name), isWritable: true)),
            FileKind.SymbolicLink => throw MemoryFileSystem.Failure(FileError.SymbolicLink, "open", PathOf(name)),
            FileKind.Directory => throw MemoryFileSystem.Failure(FileError.IsADirectory, "open", PathOf(name)),
            _ => throw MemoryFileSystem.Failure(FileError.InvalidArgument, "open", PathOf(name)),
        };
    }

    public IFile CreateFile(ReadOnlySpan<byte> name, int mode)
    {
        using var scope = Enter();
        var child = Create(name, () => new Node(FileKind.Regular) { Mode = mode & ~0x12 });
        return fileSystem.Hold(new MemoryFile(fileSystem, child, PathOf(name), isWritable: true));
    }

    public void CreateDirectory(ReadOnlySpan<byte> name, int mode)
    {
        using var scope = Enter();
        Create(name, () => new Node(FileKind.Directory) { Mode = mode & ~0x12 });
    }

    public void CreateSymbolicLink(ReadOnlySpan<byte> name, ReadOnlySpan<byte> target)
    {
        using var scope = Enter();
        var bytes = target.ToArray();
        Create(name, () => new Node(FileKind.SymbolicLink) { Mode = 0x1FF, LinkTarget = bytes });
    }

    public void CreateHardLink(ReadOnlySpan<byte> name, IDirectory existingDirectory, ReadOnlySpan<byte> existingName)
    {
        using var scope = Enter();
        var from = (MemoryDirectory)existingDirectory;
        var child = from.Find(existingName, "link");
        var text = NameOf(name);
        DemandAlive("link");
        if (Self.Entries.ContainsKey(text))
        {
            throw MemoryFileSystem.Failure(FileError.Exists, "link", PathOf(name));
        }
        if (fileSystem.Names[child].Kind == FileKind.Directory)
        {
            throw MemoryFileSystem.Failure(FileError.AccessDenied, "link", PathOf(name));
        }
        if (fileSystem.Names[child].Device != Self.Device || (fileSystem.LowerLayer.Contains(child) && from.Inode != inode))
        {
            throw MemoryFileSystem.Failure(FileError.CrossDevice, "link", PathOf(name));
        }
        var directory = inode;
        fileSystem.ChangeNames("link", PathOf(name), Self.Device, names => names.Link(directory, text, child));
    }

    public void CreateNode(ReadOnlySpan<byte> name, FileKind kind, int mode, uint major, uint minor)
    {
        using var scope = Enter();
        Create(name, () => new Node(kind) { Mode = mode & ~0x12, Major = major, Minor = minor });
    }

    public byte[] ReadLink(ReadOnlySpan<byte> name)
    {
        using var scope = Enter();
        var node = fileSystem.Names[Find(name, "read link")];
        return node.Kind == FileKind.SymbolicLink
            ? node.LinkTarget
            : throw MemoryFileSystem.Failure(FileError.InvalidArgument, "read link", PathOf(name));
    }

    public void Rename(ReadOnlySpan<byte> name, IDirectory newDirectory, ReadOnlySpan<byte> newName)
    {
        using var scope = Enter();
        var to = (MemoryDirectory)newDirectory;
        var child = Find(name, "rename");
        var (text, newText) = (NameOf(name), to.NameOf(newName));
        to.DemandAlive("rename");
        var names = fileSystem.Names;
        var moved = names[child];
        FileError? refusal = null;
        if (moved.IsMountPoint)
        {
            refusal = FileError.Busy;
        }
        else if (moved.Device != to.Self.Device || (fileSystem.LowerLayer.Contains(child) && to.Inode != inode))
        {
            refusal = FileError.CrossDevice;
        }
        else if (!fileSystem.Traits.IsPrivileged && moved.Kind == FileKind.Directory && (moved.Mode & 0x80) == 0 && to.Inode != inode)
        {
            refusal = FileError.AccessDenied;
        }
        else if (moved.Kind == FileKind.Directory && IsBelow(to.Inode, child))
        {
            refusal = FileError.InvalidArgument;
        }
        var isReplacing = to.Self.Entries.TryGetValue(newText, out var replaced);
        if (isReplacing && refusal is null && replaced != child)
        {
            refusal = (moved.Kind == FileKind.Directory, names[replaced].Kind == FileKind.Directory) switch
            {
                _ when names[replaced].IsMountPoint => FileError.Busy,
                _ when IsBelow(inode, replaced) => FileError.NotEmpty,
                (true, false) => FileError.NotADirectory,
                (false, true) => FileError.IsADirectory,
                (true, true) when names[replaced].Entries.Count > 0 => FileError.NotEmpty,
                _ => null,
            };
        }
        if (refusal is { } error)
        {
            throw MemoryFileSystem.Failure(error, "rename", PathOf(name));
        }
        if (isReplacing && replaced == child)
        {
            return;
        }
        var (directory, newInode) = (inode, to.Inode);
        fileSystem.ChangeNames("rename", PathOf(name), Self.Device, image =>
        {
            if (isReplacing)
            {
                image.Unlink(newInode, newText);
            }
            image.Unlink(directory, text);
            image.Link(newInode, newText, child);
        });
    }

    public void RemoveFile(ReadOnlySpan<byte> name)
    {
        using var scope = Enter();
        if (fileSystem.Names[Find(name, "remove")].Kind == FileKind.Directory)
        {
            throw MemoryFileSystem.Failure(FileError.IsADirectory, "remove", PathOf(name));
        }
        Remove(name);
    }

    public void RemoveDirectory(ReadOnlySpan<byte> name)
    {
        using var scope = Enter();
        var node = fileSystem.Names[Find(name, "remove")];
        if (node.Kind != FileKind.Directory)
        {
            throw MemoryFileSystem.Failure(FileError.NotADirectory, "remove", PathOf(name));
        }
        if (node.Entries.Count > 0 && !node.IsMountPoint)
        {
            throw MemoryFileSystem.Failure(FileError.NotEmpty, "remove", PathOf(name));
        }
        Remove(name);
    }

    public void GetAttributes(ReadOnlySpan<byte> name, List<ExtendedAttribute> attributes)
    {
        using var scope = Enter();
        attributes.AddRange(fileSystem.Names[Find(name, "list attributes of")].Attributes);
    }

    public void GetAttributes(List<ExtendedAttribute> attributes)
    {
        using var scope = Enter();
        attributes.AddRange(Self.Attributes);
    }

    public MetadataLoss SetMetadata(ReadOnlySpan<byte> name, in FileMetadata metadata)
    {
        using var scope = Enter();
        return SetMetadata(fileSystem, Find(name, "set metadata of"), PathOf(name), metadata);
    }

    public void SetMode(ReadOnlySpan<byte> name, in FileStatus of, int mode)
    {
        using var scope = Enter();
        var child = Find(name, "chmod");
        if ((ulong)child != of.Id.Inode)
        {
            throw MemoryFileSystem.Failure(FileError.Moved, "chmod", PathOf(name));
        }
        var time = fileSystem.Now();
        fileSystem.ChangeNames("chmod", PathOf(name), fileSystem.Names[child].Device, names =>
            (names[child].Mode, names[child].ChangedAt) = (mode, time));
    }

    public MetadataLoss SetMetadata(in FileMetadata metadata)
    {
        using var scope = Enter();
        return SetMetadata(fileSystem, inode, path, metadata);
    }

    public void Flush()
    {
        using var scope = Enter();
        fileSystem.FlushNames(path, Self.Device);
    }

    public void FlushFileSystem()
    {
        using var scope = Enter();
        fileSystem.FlushAll(path, Self.Device);
    }

    public void Dispose()
    {
        isDisposed = true;
        fileSystem.Drop(this);
    }

    internal static MetadataLoss SetMetadata(MemoryFileSystem fileSystem, long inode, string path, in FileMetadata metadata)
    {
        var wanted = metadata;
        var attributes = metadata.Attributes?.ToList() ?? [];
        var time = fileSystem.Now();
        fileSystem.ChangeNames("set metadata", path, fileSystem.Names[inode].Device, names =>
        {
            var node = names[inode];
            node.Mode = node.Kind == FileKind.SymbolicLink ? node.Mode : wanted.Mode;
            if (wanted.SetOwner)
            {
                (node.UserId, node.GroupId) = (wanted.UserId, wanted.GroupId);
            }
            node.ModifiedAt = wanted.ModifiedAt;
            node.ChangedAt = time;
            node.Attributes = attributes;
        });
        return MetadataLoss.None;
    }

    private Lock.Scope Enter()
    {
        var scope = fileSystem.Gate.EnterScope();
        if (isDisposed || fileSystem.Faults.IsCrashed)
        {
            scope.Dispose();
            ObjectDisposedException.ThrowIf(isDisposed, this);
            fileSystem.Faults.Alive();
        }
        return scope;
    }

    private long Create(ReadOnlySpan<byte> name, Func<Node> make)
    {
        var text = NameOf(name);
        DemandAlive("create");
        return Self.Entries.ContainsKey(text)
            ? throw MemoryFileSystem.Failure(FileError.Exists, "create", PathOf(name))
            : fileSystem.Create(inode, text, PathOf(name), make);
    }

    /// <summary>Nothing can be put into a directory that was removed while it was open.</summary>
    private void DemandAlive(string operation)
    {
        if (Self.Links == 0)
        {
            throw MemoryFileSystem.Failure(FileError.NotFound, operation, path);
        }
    }

    private void Remove(ReadOnlySpan<byte> name)
    {
        var text = NameOf(name);
        if (fileSystem.Names[Self.Entries[text]].IsMountPoint)
        {
            throw MemoryFileSystem.Failure(FileError.Busy, "remove", PathOf(name));
        }
        var directory = inode;
        fileSystem.ChangeNames("remove", PathOf(name), Self.Device, names => names.Unlink(directory, text));
    }

    private bool IsBelow(long directory, long ancestor)
    {
        while (directory != ancestor && directory != DiskImage.RootInode)
        {
            directory = fileSystem.Names[directory].Parent;
        }
        return directory == ancestor;
    }

    private long Find(ReadOnlySpan<byte> name, string operation) => Self.Entries.TryGetValue(NameOf(name), out var child)
        ? child
        : throw MemoryFileSystem.Failure(FileError.NotFound, operation, PathOf(name));

    private string NameOf(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty || name.IndexOfAny((byte)'/', (byte)0) >= 0 || name.SequenceEqual("."u8) || name.SequenceEqual(".."u8))
        {
            throw MemoryFileSystem.Failure(FileError.InvalidArgument, "name", PathOf(name));
        }
        return name.Length > 255
            ? throw MemoryFileSystem.Failure(FileError.NameTooLong, "name", PathOf(name))
            : fileSystem.Standing(inode, MemoryFileSystem.Decode(name));
    }

    private string PathOf(ReadOnlySpan<byte> name) => Path.Join(path, Encoding.UTF8.GetString(name));
}
