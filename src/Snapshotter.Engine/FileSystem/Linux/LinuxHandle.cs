using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Snapshotter.Engine.FileSystem.Linux;

/// <summary>An open file or directory: its descriptor and what both can do. One object per open file, the handle itself.</summary>
internal abstract unsafe class LinuxHandle : SafeHandle
{
    private const int LongestDisplay = 4096;

    /// <summary>The coarsest times in use: those of FAT count in steps of two seconds.</summary>
    private const int CoarsestTime = 2;

    private readonly LinuxHandle? parent;
    private readonly byte[]? name;
    private string? displayPath;

    /// <summary>For what the user named.</summary>
    protected LinuxHandle(int fd, string displayPath)
        : base(-1, ownsHandle: true)
    {
        SetHandle(fd);
        this.displayPath = displayPath;
    }

    /// <summary>For a name in an open directory: its path is put together only if a message needs it.</summary>
    protected LinuxHandle(int fd, LinuxHandle parent, ReadOnlySpan<byte> name)
        : base(-1, ownsHandle: true)
    {
        SetHandle(fd);
        this.parent = parent;
        this.name = name.ToArray();
    }

    /// <summary>For the parent of an open directory: it is called what the directory was opened from is called.</summary>
    protected LinuxHandle(int fd, LinuxHandle child)
        : base(-1, ownsHandle: true)
    {
        SetHandle(fd);
        (parent, name, displayPath) = child.parent is { } known
            ? (known.parent, known.name, known.displayPath)
            : (null, null, Path.GetDirectoryName(child.DisplayPath) is { Length: > 0 } path ? path : child.DisplayPathOf(".."u8));
    }

    public override bool IsInvalid => handle == -1;

    public string DisplayPath => displayPath ??= JoinPath();

    /// <summary>Bytes free on the file system that holds it.</summary>
    public long FreeSpace => new DriveInfo($"/proc/self/fd/{Descriptor}").AvailableFreeSpace;

    internal int Descriptor => (int)handle;

    public string DisplayPathOf(ReadOnlySpan<byte> child) => Shorten(Path.Join(DisplayPath, NameText.Decode(child)));

    /// <summary>Not by recursion: a tree can be deeper than the stack.</summary>
    private string JoinPath()
    {
        var names = new Stack<byte[]>();
        var handle = this;
        for (; handle.displayPath is null; handle = handle.parent!)
        {
            names.Push(handle.name!);
        }
        var path = handle.displayPath;
        while (names.TryPop(out var next))
        {
            path = Shorten(Path.Join(path, NameText.Decode(next)));
        }
        return path;
    }

    /// <summary>Paths are for messages. Without a bound, each of the directories of a very deep tree would cost as much as all above it.</summary>
    private static string Shorten(string path) =>
        path.Length <= LongestDisplay ? path : string.Concat(path.AsSpan(0, LongestDisplay / 4), " ... ", path.AsSpan(path.Length - (LongestDisplay / 2)));

    [SkipLocalsInit]
    public void GetStatus(out FileStatus status)
    {
        LibC.Statx statx;
        byte empty = 0;
        if (LibC.Status(this, &empty, LibC.AtEmptyPath, &statx) < 0)
        {
            throw LinuxError.Last("stat", DisplayPath);
        }
        Translate(statx, out status);
    }

    public void GetAttributes(List<ExtendedAttribute> attributes) => LinuxAttributes.Get(new LinuxAttributes.Target(this), attributes);

    /// <summary>
    /// Sets what differs from <paramref name="known"/>. Order matters: a change of owner takes setuid bits and file
    /// capabilities away, a change of mode the rights of an ACL, and every change but the last the times' accuracy.
    /// </summary>
    protected MetadataLoss Apply(in FileMetadata metadata, in KnownMetadata known)
    {
        var loss = MetadataLoss.None;
        if (metadata.SetOwner && !known.HasOwner(metadata.UserId, metadata.GroupId)
            && LibC.ChangeOwner(this, metadata.UserId, metadata.GroupId) < 0)
        {
            loss |= Refused(MetadataLoss.Owner, "chown");
        }
        var mode = metadata.ModeFor(!metadata.IsSetId || HasOwnerOf(metadata), out var lost);
        loss |= lost;

        // A change of owner may clear setuid, setgid and capabilities.
        var isModeSet = known.Mode == mode && (mode & 0xC00) == 0;
        var target = new LinuxAttributes.Target(this);
        if (!known.HasNoAttributes)
        {
            LinuxAttributes.RemoveOthers(target, metadata.Attributes);
        }
        if (metadata.Attributes is not null)
        {
            loss |= LinuxAttributes.Set(target, metadata.Attributes, accessLists: false);
        }
        if (!isModeSet && LibC.ChangeMode(this, (uint)mode) < 0)
        {
            loss |= Refused(MetadataLoss.Mode, "chmod");
        }
        else if ((mode & 0xC00) != 0)
        {
            // The kernel drops setgid without a word when the process is not in the group.
            GetStatus(out var status);
            loss |= status.Mode == mode ? MetadataLoss.None : MetadataLoss.Mode;
        }
        if (metadata.Attributes is not null)
        {
            loss |= LinuxAttributes.Set(target, metadata.Attributes, accessLists: true);
        }
        var times = stackalloc LibC.TimeSpecification[2];
        FillTimes(times, metadata.ModifiedAt);
        if (LibC.SetTimes(this, times) < 0)
        {
            loss |= Refused(MetadataLoss.Times, "set times of");
        }
        return loss;
    }

    private bool HasOwnerOf(in FileMetadata metadata)
    {
        GetStatus(out var status);
        return metadata.IsOwnerOf(status);
    }

    /// <summary>Both times: some file systems (of FUSE) take a call that leaves one out for one that sets neither.</summary>
    protected static void FillTimes(LibC.TimeSpecification* times, Timestamp modifiedAt)
    {
        times[0] = new LibC.TimeSpecification { Seconds = modifiedAt.Seconds, Nanoseconds = modifiedAt.Nanoseconds };
        times[1] = times[0];
    }

    /// <summary>Compares what is there with what was set without an error: some file systems take calls that they do not follow.</summary>
    /// <param name="metadata">What was set.</param>
    /// <param name="loss">What is known to be lost.</param>
    /// <returns>All that is lost.</returns>
    protected MetadataLoss Verify(in FileMetadata metadata, MetadataLoss loss)
    {
        GetStatus(out var status);
        if (metadata.SetOwner && (status.UserId != metadata.UserId || status.GroupId != metadata.GroupId))
        {
            loss |= MetadataLoss.Owner;
        }

        // An ACL has its own idea of the group's rights.
        if (status.Mode != metadata.ModeFor((loss & MetadataLoss.SetId) == 0, out _) && metadata.Attributes is not { Count: > 0 })
        {
            loss |= MetadataLoss.Mode;
        }
        if (status.ModifiedAt != metadata.ModifiedAt)
        {
            loss |= Math.Abs(status.ModifiedAt.Seconds - metadata.ModifiedAt.Seconds) < CoarsestTime ? MetadataLoss.TimesRounded : MetadataLoss.Times;
        }
        return (loss & MetadataLoss.Times) == 0 ? loss : loss & ~MetadataLoss.TimesRounded;
    }

    /// <summary>Not every file system has room for a time before 1970 or after 2038.</summary>
    protected static bool IsUnusual(Timestamp time) => time.Seconds is < 0 or > int.MaxValue;

    /// <summary>The loss when the last call was refused; throws when it failed otherwise.</summary>
    protected MetadataLoss Refused(MetadataLoss loss, string operation) =>
        LinuxError.IsRefusal(LibC.LastError) ? loss : throw LinuxError.Last(operation, DisplayPath);

    /// <summary>The status of a path the user named; false when there is nothing there.</summary>
    [SkipLocalsInit]
    internal static bool TryGetStatus(string path, bool followLinks, out FileStatus status)
    {
        Span<byte> buffer = stackalloc byte[CName.PathSize];
        LibC.Statx statx;
        fixed (byte* pathBytes = CName.Path(path, buffer, "stat"))
        {
            if (LibC.Status(pathBytes, followLinks ? 0 : LibC.AtSymlinkNoFollow, &statx) == 0)
            {
                Translate(statx, out status);
                return true;
            }
        }
        if (LibC.LastError is not (LinuxError.ENOENT or LinuxError.ENOTDIR))
        {
            throw LinuxError.Last("stat", path);
        }
        status = default;
        return false;
    }

    protected static void Translate(in LibC.Statx statx, out FileStatus status)
    {
        var kind = KindOfMode(statx.Mode);
        status = new FileStatus
        {
            Kind = kind,
            Mode = statx.Mode & 0xFFF,
            UserId = statx.UserId,
            GroupId = statx.GroupId,
            Size = kind is FileKind.Regular or FileKind.SymbolicLink ? (long)statx.Size : 0,
            Allocated = (long)statx.Blocks * 512,
            ModifiedAt = new Timestamp(statx.ModifiedAt.Seconds, (int)statx.ModifiedAt.Nanoseconds),
            ChangedAt = new Timestamp(statx.ChangedAt.Seconds, (int)statx.ChangedAt.Nanoseconds),
            CreatedAt = (statx.Mask & LibC.StatxCreatedAt) == 0
                ? default
                : new Timestamp(statx.CreatedAt.Seconds, (int)statx.CreatedAt.Nanoseconds),
            LinkCount = statx.LinkCount,
            Id = new FileId(((ulong)statx.DeviceMajor << 32) | statx.DeviceMinor, statx.Inode),
            DeviceMajor = statx.NodeMajor,
            DeviceMinor = statx.NodeMinor,
            IsFixed = (statx.Attributes & (LibC.AttributeImmutable | LibC.AttributeAppend)) != 0,
            IsMountRoot = (statx.AttributesMask & LibC.AttributeMountRoot) != 0 ? (statx.Attributes & LibC.AttributeMountRoot) != 0 : null,
        };
    }

    internal static FileKind KindOfMode(uint mode) => (mode & LibC.TypeMask) switch
    {
        LibC.TypeRegular => FileKind.Regular,
        LibC.TypeDirectory => FileKind.Directory,
        LibC.TypeSymbolicLink => FileKind.SymbolicLink,
        LibC.TypeFifo => FileKind.Fifo,
        LibC.TypeCharacterDevice => FileKind.CharacterDevice,
        LibC.TypeBlockDevice => FileKind.BlockDevice,
        LibC.TypeSocket => FileKind.Socket,
        _ => FileKind.Unknown,
    };

    // An error of close has nothing to say that the flush before it did not.
    protected override bool ReleaseHandle() => LibC.Close((int)handle) == 0;
}

/// <summary>What a file just created is known to have, so that calls that would change nothing are left out.</summary>
internal readonly record struct KnownMetadata(int Mode, uint UserId, uint GroupId, bool HasNoAttributes)
{
    public static readonly KnownMetadata Nothing = new(-1, uint.MaxValue, uint.MaxValue, HasNoAttributes: false);

    public bool HasOwner(uint user, uint group) => Mode >= 0 && UserId == user && GroupId == group;
}
