using System.Runtime.CompilerServices;

namespace Snapshotter.Engine.FileSystem.Linux;

/// <summary>An open directory. Every call is relative to its descriptor and takes one component.</summary>
internal sealed unsafe class LinuxDirectory : LinuxHandle, IDirectory
{
    /// <summary>What the last file created here was given: see <see cref="LearnRule"/>. Null before the first.</summary>
    private CreationRule? creationRule;

    public LinuxDirectory(int fd, string displayPath)
        : base(fd, displayPath)
    {
    }

    private LinuxDirectory(int fd, LinuxDirectory parent, ReadOnlySpan<byte> name)
        : base(fd, parent, name)
    {
    }

    private LinuxDirectory(int fd, LinuxDirectory child)
        : base(fd, child)
    {
    }

    [SkipLocalsInit]
    public bool TryGetStatus(ReadOnlySpan<byte> name, out FileStatus status)
    {
        Span<byte> buffer = stackalloc byte[CName.Size];
        LibC.Statx statx;
        fixed (byte* nameBytes = CName.Component(name, buffer, "stat", this))
        {
            if (LibC.Status(this, nameBytes, LibC.AtSymlinkNoFollow, &statx) == 0)
            {
                Translate(statx, out status);
                return true;
            }
        }
        if (LibC.LastError != LinuxError.ENOENT)
        {
            throw LinuxError.Last("stat", DisplayPathOf(name));
        }
        status = default;
        return false;
    }

    [SkipLocalsInit]
    public FileError? AskForWriting(ReadOnlySpan<byte> name)
    {
        Span<byte> buffer = stackalloc byte[CName.Size];
        fixed (byte* nameBytes = CName.Component(name, buffer, "ask about", this))
        {
            return LibC.AskForWriting(this, nameBytes) == 0 ? null : LibC.LastError switch
            {
                LinuxError.EROFS => FileError.ReadOnly,
                LinuxError.EACCES or LinuxError.EPERM => FileError.AccessDenied,
                _ => null,
            };
        }
    }

    public DirectoryListing List() => LinuxListing.Read(this);

    [SkipLocalsInit]
    public IDirectory OpenDirectory(ReadOnlySpan<byte> name)
    {
        Span<byte> buffer = stackalloc byte[CName.Size];
        fixed (byte* nameBytes = CName.Component(name, buffer, "open", this))
        {
            var fd = OpenForReading(nameBytes, LibC.DirectoryOnly | LibC.NoFollow);
            return fd >= 0 ? new LinuxDirectory(fd, this, name) : throw LinuxError.Last("open", DisplayPathOf(name));
        }
    }

    public IDirectory Reopen()
    {
        fixed (byte* name = ".\0"u8)
        {
            var fd = OpenForReading(name, LibC.DirectoryOnly);
            return fd >= 0 ? new LinuxDirectory(fd, DisplayPath) : throw LinuxError.Last("open", DisplayPath);
        }
    }

    public IDirectory OpenParent()
    {
        fixed (byte* name = "..\0"u8)
        {
            var fd = OpenForReading(name, LibC.DirectoryOnly);
            return fd >= 0 ? new LinuxDirectory(fd, this) : throw LinuxError.Last("open", DisplayPathOf(".."u8));
        }
    }

    [SkipLocalsInit]
    public IFile OpenFile(ReadOnlySpan<byte> name)
    {
        Span<byte> buffer = stackalloc byte[CName.Size];
        fixed (byte* nameBytes = CName.Component(name, buffer, "open", this))
        {
            var fd = OpenForReading(nameBytes, LibC.NonBlocking | LibC.NoFollow);
            return fd >= 0 ? new LinuxFile(fd, this, name) : throw LinuxError.Last("open", DisplayPathOf(name));
        }
    }

    [SkipLocalsInit]
    public IFile OpenFileForWriting(ReadOnlySpan<byte> name)
    {
        Span<byte> buffer = stackalloc byte[CName.Size];
        fixed (byte* nameBytes = CName.Component(name, buffer, "open", this))
        {
            var fd = LibC.OpenAt(this, nameBytes, LibC.ReadWrite | LibC.NonBlocking | LibC.NoFollow, 0);
            if (fd < 0)
            {
                throw LinuxError.Last("open", DisplayPathOf(name));
            }
            var file = new LinuxFile(fd, this, name);
            file.GetStatus(out var status);
            if (status.Kind != FileKind.Regular)
            {
                file.Dispose();
                throw new FileSystemException(FileError.InvalidArgument, "open", file.DisplayPath, "not a regular file");
            }
            return file;
        }
    }

    [SkipLocalsInit]
    public IFile CreateFile(ReadOnlySpan<byte> name, int mode)
    {
        Span<byte> buffer = stackalloc byte[CName.Size];
        fixed (byte* nameBytes = CName.Component(name, buffer, "create", this))
        {
            var fd = LibC.OpenAt(this, nameBytes, LibC.ReadWrite | LibC.Create | LibC.Exclusive | LibC.NoFollow, (uint)mode);
            if (fd < 0)
            {
                throw LinuxError.Last("create", DisplayPathOf(name));
            }
            if (creationRule is { } rule)
            {
                return new LinuxFile(fd, this, name, rule.KnownOf(mode));
            }
            var file = new LinuxFile(fd, this, name) { IsSample = true };
            creationRule = LearnRule(file);
            return file;
        }
    }

    [SkipLocalsInit]
    public void CreateDirectory(ReadOnlySpan<byte> name, int mode)
    {
        Span<byte> buffer = stackalloc byte[CName.Size];
        fixed (byte* nameBytes = CName.Component(name, buffer, "create directory", this))
        {
            if (LibC.MakeDirectoryAt(this, nameBytes, (uint)mode) < 0)
            {
                throw LinuxError.Last("create directory", DisplayPathOf(name));
            }
        }
    }

    [SkipLocalsInit]
    public void CreateSymbolicLink(ReadOnlySpan<byte> name, ReadOnlySpan<byte> target)
    {
        Span<byte> buffer = stackalloc byte[CName.Size];
        Span<byte> targetBuffer = stackalloc byte[CName.PathSize];
        if (target.Length >= targetBuffer.Length)
        {
            throw LinuxError.Of(LinuxError.ENAMETOOLONG, "link", DisplayPathOf(name));
        }
        if (target.Contains((byte)0))
        {
            throw LinuxError.Of(LinuxError.EINVAL, "link", DisplayPathOf(name));
        }
        fixed (byte* nameBytes = CName.Component(name, buffer, "link", this), targetBytes = CName.Terminate(target, targetBuffer))
        {
            if (LibC.SymbolicLinkAt(targetBytes, this, nameBytes) < 0)
            {
                throw LinuxError.Last("link", DisplayPathOf(name));
            }
        }
    }

    [SkipLocalsInit]
    public void CreateHardLink(ReadOnlySpan<byte> name, IDirectory existingDirectory, ReadOnlySpan<byte> existingName)
    {
        var from = Own(existingDirectory, "link", name);
        Span<byte> buffer = stackalloc byte[CName.Size];
        Span<byte> existingBuffer = stackalloc byte[CName.Size];
        fixed (byte* nameBytes = CName.Component(name, buffer, "link", this),
            existingBytes = CName.Component(existingName, existingBuffer, "link", from))
        {
            if (LibC.LinkAt(from, existingBytes, this, nameBytes, 0) < 0)
            {
                throw LinuxError.Last($"link to '{from.DisplayPathOf(existingName)}'", DisplayPathOf(name));
            }
        }
    }

    [SkipLocalsInit]
    public void CreateNode(ReadOnlySpan<byte> name, FileKind kind, int mode, uint major, uint minor)
    {
        var type = kind switch
        {
            FileKind.Fifo => LibC.TypeFifo,
            FileKind.CharacterDevice => LibC.TypeCharacterDevice,
            FileKind.BlockDevice => LibC.TypeBlockDevice,
            FileKind.Socket => LibC.TypeSocket,
            _ => throw LinuxError.Of(LinuxError.EINVAL, "create node", DisplayPathOf(name)),
        };
        var device = ((major & 0xFFFFF000UL) << 32) | ((major & 0xFFFUL) << 8) | ((minor & 0xFFFFFF00UL) << 12) | (minor & 0xFFUL);
        Span<byte> buffer = stackalloc byte[CName.Size];
        fixed (byte* nameBytes = CName.Component(name, buffer, "create node", this))
        {
            if (LibC.MakeNodeAt(this, nameBytes, type | (uint)mode, kind is FileKind.Fifo or FileKind.Socket ? 0 : device) < 0)
            {
                throw LinuxError.Last("create node", DisplayPathOf(name));
            }
        }
    }

    [SkipLocalsInit]
    public byte[] ReadLink(ReadOnlySpan<byte> name)
    {
        Span<byte> buffer = stackalloc byte[CName.Size];
        Span<byte> target = stackalloc byte[CName.PathSize];
        fixed (byte* nameBytes = CName.Component(name, buffer, "read link", this), targetBytes = target)
        {
            var length = LibC.ReadLinkAt(this, nameBytes, targetBytes, (nuint)target.Length);
            return length >= 0 ? target[..(int)length].ToArray() : throw LinuxError.Last("read link", DisplayPathOf(name));
        }
    }

    [SkipLocalsInit]
    public void Rename(ReadOnlySpan<byte> name, IDirectory newDirectory, ReadOnlySpan<byte> newName)
    {
        var to = Own(newDirectory, "rename", name);
        Span<byte> buffer = stackalloc byte[CName.Size];
        Span<byte> newBuffer = stackalloc byte[CName.Size];
        fixed (byte* nameBytes = CName.Component(name, buffer, "rename", this),
            newBytes = CName.Component(newName, newBuffer, "rename", to))
        {
            if (LibC.RenameAt(this, nameBytes, to, newBytes) < 0)
            {
                throw LinuxError.Last($"rename to '{to.DisplayPathOf(newName)}'", DisplayPathOf(name));
            }
        }
    }

    public void RemoveFile(ReadOnlySpan<byte> name) => Remove(name, 0);

    public void RemoveDirectory(ReadOnlySpan<byte> name) => Remove(name, LibC.AtRemoveDirectory);

    [SkipLocalsInit]
    public void GetAttributes(ReadOnlySpan<byte> name, List<ExtendedAttribute> attributes)
    {
        Span<byte> buffer = stackalloc byte[CName.Size];
        Span<byte> path = stackalloc byte[CName.Size + 64];
        var terminated = CName.Component(name, buffer, "list attributes of", this);
        LinuxAttributes.Get(new LinuxAttributes.Target(this, CName.ProcessPath(Descriptor, terminated[..^1], path), name), attributes);
    }

    [SkipLocalsInit]
    public MetadataLoss SetMetadata(ReadOnlySpan<byte> name, in FileMetadata metadata)
    {
        Span<byte> buffer = stackalloc byte[CName.Size];
        Span<byte> path = stackalloc byte[CName.Size + 64];
        var loss = MetadataLoss.None;
        fixed (byte* nameBytes = CName.Component(name, buffer, "set metadata of", this))
        {
            if (metadata.SetOwner
                && LibC.ChangeOwnerAt(this, nameBytes, metadata.UserId, metadata.GroupId, LibC.AtSymlinkNoFollow) < 0)
            {
                loss |= RefusedOf(name, MetadataLoss.Owner, "chown");
            }
            if (metadata.Kind != FileKind.SymbolicLink)
            {
                bool isOwnerMeant = !metadata.IsSetId || (TryGetStatus(name, out var status) && metadata.IsOwnerOf(status));
                loss |= ChangeModeOf(nameBytes, name, metadata.Kind, metadata.ModeFor(isOwnerMeant, out var lost)) | lost;
            }
            if (metadata.Attributes is { } attributes)
            {
                var target = new LinuxAttributes.Target(this, CName.ProcessPath(Descriptor, name, path), name);
                loss |= LinuxAttributes.Set(target, attributes, accessLists: false);
                loss |= LinuxAttributes.Set(target, attributes, accessLists: true);
            }
            var times = stackalloc LibC.TimeSpecification[2];
            FillTimes(times, metadata.ModifiedAt);
            if (LibC.SetTimesAt(this, nameBytes, times, LibC.AtSymlinkNoFollow) < 0)
            {
                loss |= RefusedOf(name, MetadataLoss.Times, "set times of");
            }
        }
        return loss;
    }

    [SkipLocalsInit]
    public void SetMode(ReadOnlySpan<byte> name, in FileStatus of, int mode)
    {
        Span<byte> buffer = stackalloc byte[CName.Size];
        fixed (byte* nameBytes = CName.Component(name, buffer, "chmod", this))
        {
            using var node = OpenNode(nameBytes, name, out var status);
            if (status.Id != of.Id)
            {
                throw new FileSystemException(FileError.Moved, "chmod", node.DisplayPath, "something else stands there meanwhile");
            }
            ChangeModeOf(node, name, status, mode);
        }
    }

    public MetadataLoss SetMetadata(in FileMetadata metadata)
    {
        creationRule = null;
        return Verify(metadata, Apply(metadata, KnownMetadata.Nothing));
    }

    public void Flush()
    {
        if (LibC.Sync(this) < 0)
        {
            throw LinuxError.Last("flush", DisplayPath);
        }
    }

    public void FlushFileSystem()
    {
        if (LibC.SyncFileSystem(this) < 0)
        {
            throw LinuxError.Last("flush the file system of", DisplayPath);
        }
    }

    private MetadataLoss ChangeModeOf(byte* nameBytes, ReadOnlySpan<byte> name, FileKind kind, int mode)
    {
        using var node = OpenNode(nameBytes, name, out var status);
        return status.Kind == kind
            ? ChangeModeOf(node, name, status, mode)
            : throw LinuxError.Of(LinuxError.EINVAL, "chmod", DisplayPathOf(name));
    }

    /// <summary>
    /// A handle that opens nothing (O_PATH): neither does a device or FIFO notice, nor is a link followed that somebody put
    /// there meanwhile.
    /// </summary>
    private LinuxFile OpenNode(byte* nameBytes, ReadOnlySpan<byte> name, out FileStatus status)
    {
        var fd = LibC.OpenAt(this, nameBytes, LibC.PathOnly | LibC.NoFollow, 0);
        if (fd < 0)
        {
            throw LinuxError.Last("open", DisplayPathOf(name));
        }
        var node = new LinuxFile(fd, this, name);
        node.GetStatus(out status);
        return node;
    }

    [SkipLocalsInit]
    private MetadataLoss ChangeModeOf(LinuxFile node, ReadOnlySpan<byte> name, in FileStatus status, int mode)
    {
        if (status.Mode == mode)
        {
            return MetadataLoss.None;
        }
        Span<byte> path = stackalloc byte[64];
        fixed (byte* pathBytes = CName.ProcessPath(node.Descriptor, [], path))
        {
            return LibC.ChangeMode(pathBytes, (uint)mode) == 0 ? MetadataLoss.None : RefusedOf(name, MetadataLoss.Mode, "chmod");
        }
    }

    [SkipLocalsInit]
    private void Remove(ReadOnlySpan<byte> name, int flags)
    {
        Span<byte> buffer = stackalloc byte[CName.Size];
        fixed (byte* nameBytes = CName.Component(name, buffer, "remove", this))
        {
            if (LibC.UnlinkAt(this, nameBytes, flags) < 0)
            {
                throw LinuxError.Last("remove", DisplayPathOf(name));
            }
        }
    }

    /// <summary>Only the owner may leave the access time alone: others open without asking for it.</summary>
    private int OpenForReading(byte* name, int flags)
    {
        var fd = LibC.OpenAt(this, name, flags | LibC.NoAccessTime, 0);
        return fd < 0 && LibC.LastError == LinuxError.EPERM ? LibC.OpenAt(this, name, flags, 0) : fd;
    }

    private LinuxDirectory Own(IDirectory directory, string operation, ReadOnlySpan<byte> name) =>
        directory as LinuxDirectory ?? throw LinuxError.Of(LinuxError.EXDEV, operation, DisplayPathOf(name));

    private MetadataLoss RefusedOf(ReadOnlySpan<byte> name, MetadataLoss loss, string operation) =>
        LinuxError.IsRefusal(LibC.LastError) ? loss : throw LinuxError.Last(operation, DisplayPathOf(name));

    /// <summary>
    /// Looks once per directory at what new files get here: a setgid directory gives its group, a default ACL its
    /// rights. The answer spares each further file the calls that would change nothing.
    /// </summary>
    private CreationRule LearnRule(LinuxFile first)
    {
        first.GetStatus(out var status);
        var attributes = new List<ExtendedAttribute>();
        first.GetAttributes(attributes);
        GetAttributes(attributes);
        var isPlain = ProcessIdentity.Current.Umask >= 0
            && !attributes.Exists(attribute => attribute.Name.AsSpan().StartsWith("system."u8));
        return new CreationRule(isPlain, status.UserId, status.GroupId);
    }

    private sealed record CreationRule(bool IsPlain, uint UserId, uint GroupId)
    {
        public KnownMetadata KnownOf(int mode) => IsPlain
            ? new KnownMetadata(mode & ~ProcessIdentity.Current.Umask, UserId, GroupId, HasNoAttributes: true)
            : KnownMetadata.Nothing;
    }
}
