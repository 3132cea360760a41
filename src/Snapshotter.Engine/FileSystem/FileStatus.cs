namespace Snapshotter.Engine.FileSystem;

/// <summary>What a name in a directory stands for.</summary>
internal enum FileKind : byte
{
    /// <summary>Not known without asking (some file systems do not tell in a listing).</summary>
    Unknown,
    Regular,
    Directory,
    SymbolicLink,
    Fifo,
    CharacterDevice,
    BlockDevice,
    Socket,
}

/// <summary>
/// Identifies a file on this machine while it exists: device and inode (on Windows the volume's serial number and the file's,
/// which has 128 bits on ReFS).
/// </summary>
internal readonly record struct FileId(ulong Device, ulong Inode, ulong InodeHigh = 0);

/// <summary>A point in time: seconds since 1970-01-01 UTC (negative before) and nanoseconds 0..999,999,999 after them.</summary>
internal readonly record struct Timestamp(long Seconds, int Nanoseconds);

/// <summary>What the file system says of a file. A plain struct: one is filled per file saved.</summary>
internal struct FileStatus
{
    public FileKind Kind;

    /// <summary>The permission bits with setuid, setgid and sticky: 0..07777.</summary>
    public int Mode;
    public uint UserId;
    public uint GroupId;

    /// <summary>Size in bytes of a regular file; length of the target of a symbolic link.</summary>
    public long Size;

    /// <summary>Bytes the file takes on disk: less than <see cref="Size"/> when it has holes.</summary>
    public long Allocated;
    public Timestamp ModifiedAt;

    /// <summary>Time of the last change of data or metadata, to notice changes while reading. Zero where unknown.</summary>
    public Timestamp ChangedAt;

    /// <summary>When the file came into being, to tell it from another that was given its number later. Zero where unknown.</summary>
    public Timestamp CreatedAt;

    /// <summary>Windows' attributes as a number; null elsewhere.</summary>
    public uint? WindowsAttributes;

    /// <summary>True for a symbolic link that is a junction of Windows.</summary>
    public bool IsJunction;

    /// <summary>What of an open file or directory is in no backup. Told by its own status, and not by that of a name.</summary>
    public Unkept Unkept;
    public uint LinkCount;
    public FileId Id;

    /// <summary>Device numbers of a character or block device.</summary>
    public uint DeviceMajor;
    public uint DeviceMinor;

    /// <summary>True for the root of a mount; null where the platform does not tell.</summary>
    public bool? IsMountRoot;

    /// <summary>Windows' attribute: the file may not be written, and neither it nor such a directory removed or replaced, while it is set.</summary>
    public bool IsReadOnly;

    /// <summary>True when an attribute of the file system (immutable, append only) forbids to change, rename and remove it, whoever asks.</summary>
    public bool IsFixed;
}
