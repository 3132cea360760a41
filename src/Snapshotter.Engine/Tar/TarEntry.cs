namespace Snapshotter.Engine.Tar;

/// <summary>A run of data in a sparse file; everything between runs is a hole that reads as zeros.</summary>
/// <param name="Offset">Where the run begins in the file, in bytes.</param>
/// <param name="Length">Its length in bytes.</param>
internal readonly record struct SparseRun(long Offset, long Length);

/// <summary>One extended attribute: the full name ("user.comment", without any tar keyword's prefix) and its raw value.</summary>
internal readonly record struct TarAttribute(ReadOnlyMemory<byte> Name, ReadOnlyMemory<byte> Value);

/// <summary>
/// One entry with the meaning of all its headers merged: pax records, GNU long names, sparse maps. Used both ways:
/// the reader fills one and reuses it for the next entry, the encoder turns one into blocks. Names are raw bytes.
/// </summary>
internal sealed class TarEntry
{
    public TypeFlag Type = TypeFlag.Regular;
    public ReadOnlyMemory<byte> Name;

    /// <summary>Target of a symbolic or hard link.</summary>
    public ReadOnlyMemory<byte> LinkName;

    /// <summary>Permission bits with setuid, setgid, sticky: 0..07777.</summary>
    public int Mode;
    public long UserId;
    public long GroupId;
    public ReadOnlyMemory<byte> UserName;
    public ReadOnlyMemory<byte> GroupName;

    /// <summary>Seconds since 1970-01-01 UTC, negative before, rounded down.</summary>
    public long ModifiedSeconds;

    /// <summary>0..999,999,999 after <see cref="ModifiedSeconds"/>.</summary>
    public int ModifiedNanoseconds;
    public uint DeviceMajor;
    public uint DeviceMinor;

    /// <summary>Length of the file's content in bytes, holes included. 0 for all but regular files (and types unknown, which are read like them).</summary>
    public long Size;

    /// <summary>The runs of data of a sparse file in ascending order; null when the file is not sparse.</summary>
    public List<SparseRun>? Sparse;

    /// <summary>
    /// Extended attributes, POSIX ACLs not among them. Empty when there are none. A hostile archive may repeat a name: set
    /// in this order, the last one wins, as with GNU tar.
    /// </summary>
    public readonly List<TarAttribute> Attributes = new(8);

    /// <summary>The access ACL as text ("user::rw-,user:1000:r--,..."), empty when there is none (SCHILY.acl.access).</summary>
    public ReadOnlyMemory<byte> AccessAcl;

    /// <summary>A directory's default ACL as text, empty when there is none (SCHILY.acl.default).</summary>
    public ReadOnlyMemory<byte> DefaultAcl;

    /// <summary>Windows' attributes as a number (MSWINDOWS.fileattr), as tars of Windows containers have them; null when nothing is said.</summary>
    public uint? WindowsAttributes;

    /// <summary>True for a symbolic link that is a junction of Windows (MSWINDOWS.mountpoint).</summary>
    public bool IsJunction;

    /// <summary>When the file came into being (LIBARCHIVE.creationtime), in seconds since 1970-01-01 UTC; null when nothing is said.</summary>
    public long? CreatedSeconds;

    /// <summary>0..999,999,999 after <see cref="CreatedSeconds"/>.</summary>
    public int CreatedNanoseconds;

    /// <summary>Written entries only: a pax <c>comment</c> that stands as the first record; empty for none. Readers ignore it.</summary>
    public ReadOnlyMemory<byte> Comment;

    /// <summary>Set by reader and encoder: offset of the first header block of the entry, extension headers included.</summary>
    public long HeaderOffset;

    /// <summary>Set by reader and encoder: offset of the first byte of file data (behind a sparse map, where there is one).</summary>
    public long DataOffset;

    /// <summary>
    /// Set by reader and encoder: bytes of data that stand in the archive from <see cref="DataOffset"/> on. For a regular
    /// file <see cref="Size"/>, less when it is sparse; for others 0, but for foreign entries with data that is passed over.
    /// </summary>
    public long StoredSize;

    /// <summary>Set by reader and encoder: offset of the next entry's first header block.</summary>
    public long NextOffset;

    /// <summary>Puts every field back to its default.</summary>
    public void Clear()
    {
        Type = TypeFlag.Regular;
        Name = LinkName = UserName = GroupName = AccessAcl = DefaultAcl = Comment = default;
        Mode = 0;
        UserId = GroupId = ModifiedSeconds = Size = HeaderOffset = DataOffset = StoredSize = NextOffset = 0;
        ModifiedNanoseconds = 0;
        DeviceMajor = DeviceMinor = 0;
        Sparse = null;
        WindowsAttributes = null;
        IsJunction = false;
        CreatedSeconds = null;
        CreatedNanoseconds = 0;
        Attributes.Clear();
    }
}
