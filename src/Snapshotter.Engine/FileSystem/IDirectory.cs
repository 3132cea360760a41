namespace Snapshotter.Engine.FileSystem;

/// <summary>
/// An open directory. Names are single components in the platform's bytes (UTF-8 on Windows), never containing a
/// separator; no member ever follows a symbolic link in the name it is given. This is what keeps every read and
/// write inside a volume: there are no joined path strings. Members throw <see cref="FileSystemException"/>.
/// </summary>
internal interface IDirectory : IDisposable
{
    /// <summary>A path for messages.</summary>
    string DisplayPath { get; }

    /// <summary>The status of the directory itself.</summary>
    void GetStatus(out FileStatus status);

    /// <summary>The status of a name in it; false when there is nothing of that name.</summary>
    bool TryGetStatus(ReadOnlySpan<byte> name, out FileStatus status);

    /// <summary>
    /// Why this process may not write to what the name stands for: <see cref="FileError.ReadOnly"/> (a subvolume of its own,
    /// for instance), <see cref="FileError.AccessDenied"/> or, on Windows, where it is asked whether the very name can be
    /// moved or removed, <see cref="FileError.InUse"/>. Null when it may, or where the platform cannot tell.
    /// </summary>
    FileError? AskForWriting(ReadOnlySpan<byte> name);

    /// <summary>All names but "." and "..", sorted by their bytes.</summary>
    DirectoryListing List();

    /// <summary>Opens a directory in it. <see cref="FileError.NotADirectory"/> or <see cref="FileError.SymbolicLink"/> when the name is another thing.</summary>
    IDirectory OpenDirectory(ReadOnlySpan<byte> name);

    /// <summary>Opens the directory itself once more, whatever its name has become.</summary>
    IDirectory Reopen();

    /// <summary>Opens the parent directory ("..").</summary>
    IDirectory OpenParent();

    /// <summary>
    /// Opens a file for reading without blocking and without changing its access time where possible. What is opened
    /// may have become another type meanwhile: look at its status.
    /// </summary>
    IFile OpenFile(ReadOnlySpan<byte> name);

    /// <summary>Opens an existing regular file for reading and writing, its content kept.</summary>
    IFile OpenFileForWriting(ReadOnlySpan<byte> name);

    /// <summary>Creates a regular file (O_EXCL) for reading and writing, with the given mode (0..0777) less the umask.</summary>
    IFile CreateFile(ReadOnlySpan<byte> name, int mode);

    /// <summary>Creates a directory with the given mode less the umask.</summary>
    void CreateDirectory(ReadOnlySpan<byte> name, int mode);

    /// <summary>Creates a symbolic link. The target's bytes are stored as they are.</summary>
    void CreateSymbolicLink(ReadOnlySpan<byte> name, ReadOnlySpan<byte> target);

    /// <summary>The same where the platform wants to know what the link leads to.</summary>
    void CreateSymbolicLink(ReadOnlySpan<byte> name, ReadOnlySpan<byte> target, LinkKind kind) => CreateSymbolicLink(name, target);

    /// <summary>Gives the file <paramref name="existingName"/> in <paramref name="existingDirectory"/> a second name here. A symbolic link is linked itself, not followed.</summary>
    void CreateHardLink(ReadOnlySpan<byte> name, IDirectory existingDirectory, ReadOnlySpan<byte> existingName);

    /// <summary>Creates a FIFO, character or block device, or a socket that nobody listens at.</summary>
    void CreateNode(ReadOnlySpan<byte> name, FileKind kind, int mode, uint major, uint minor);

    /// <summary>Reads the target of a symbolic link.</summary>
    byte[] ReadLink(ReadOnlySpan<byte> name);

    /// <summary>Renames, replacing a file (or an empty directory) that stands there.</summary>
    void Rename(ReadOnlySpan<byte> name, IDirectory newDirectory, ReadOnlySpan<byte> newName);

    /// <summary>Removes a name that is not a directory.</summary>
    void RemoveFile(ReadOnlySpan<byte> name);

    /// <summary>Removes an empty directory.</summary>
    void RemoveDirectory(ReadOnlySpan<byte> name);

    /// <summary>Extended attributes (ACLs among them) of a name that is not opened as a file: links, nodes. Appends to the list.</summary>
    void GetAttributes(ReadOnlySpan<byte> name, List<ExtendedAttribute> attributes);

    /// <summary>Extended attributes (ACLs among them) of the directory itself. Appends to the list.</summary>
    void GetAttributes(List<ExtendedAttribute> attributes);

    /// <summary>Sets metadata of a name without following it: for links and nodes.</summary>
    MetadataLoss SetMetadata(ReadOnlySpan<byte> name, in FileMetadata metadata);

    /// <summary>
    /// Sets the mode of a directory or file that was looked at before, and of no other: <see cref="FileError.Moved"/> when
    /// the name stands for another meanwhile. Where the process may not, nothing happens; on Windows the owner's right to
    /// write sets or takes away <see cref="FileStatus.IsReadOnly"/>, also of a directory.
    /// </summary>
    void SetMode(ReadOnlySpan<byte> name, in FileStatus of, int mode);

    /// <summary>Sets metadata of the directory itself. Attributes that it has and the metadata lacks (an inherited default ACL) are removed.</summary>
    MetadataLoss SetMetadata(in FileMetadata metadata);

    /// <summary>Makes the directory's own entries durable (fsync).</summary>
    void Flush();

    /// <summary>Makes everything written to the file system that holds the directory durable (syncfs).</summary>
    void FlushFileSystem();
}

/// <summary>One extended attribute: the full name ("user.comment", "system.posix_acl_access") and its raw value, both in bytes.</summary>
internal sealed record ExtendedAttribute(byte[] Name, byte[] Value);

/// <summary>The metadata to give to a file.</summary>
internal struct FileMetadata
{
    /// <summary>What the file is: a symbolic link takes no mode.</summary>
    public FileKind Kind;
    public int Mode;

    /// <summary>When false, <see cref="UserId"/> and <see cref="GroupId"/> are not touched.</summary>
    public bool SetOwner;
    public uint UserId;
    public uint GroupId;
    public Timestamp ModifiedAt;

    /// <summary>Windows' attributes as a number; null to leave those that are there. Other platforms have none.</summary>
    public uint? WindowsAttributes;

    /// <summary>When it is to have come into being, where that can be set (Windows); null to leave it.</summary>
    public Timestamp? CreatedAt;

    /// <summary>Null when there are none.</summary>
    public List<ExtendedAttribute>? Attributes;

    private const int SetIdBits = 0xC00;

    /// <summary>True for what runs as its owner or its group.</summary>
    public readonly bool IsSetId => (Mode & SetIdBits) != 0 && Kind != FileKind.Directory;

    /// <summary>
    /// The mode to set: a program that runs as its owner must not run as somebody else. So setuid and setgid stay with the
    /// owner and the group that they were saved with, or go.
    /// </summary>
    /// <param name="isOwnerMeant">The file has that owner and that group.</param>
    /// <param name="loss"><see cref="MetadataLoss.SetId"/> when they go.</param>
    public readonly int ModeFor(bool isOwnerMeant, out MetadataLoss loss)
    {
        bool drops = IsSetId && !isOwnerMeant;
        loss = drops ? MetadataLoss.SetId : MetadataLoss.None;
        return drops ? Mode & ~SetIdBits : Mode;
    }

    /// <summary>What a file has.</summary>
    public readonly bool IsOwnerOf(in FileStatus status) => status.UserId == UserId && status.GroupId == GroupId;
}

/// <summary>
/// What of the metadata could not be set (not supported or not permitted), or was taken without an error and is not there:
/// reported, not fatal. Other failures throw. Not each file is looked at again: the first of each directory, and directories.
/// </summary>
[Flags]
internal enum MetadataLoss
{
    None = 0,
    Owner = 1,
    Mode = 2,
    Times = 4,
    Attributes = 8,

    /// <summary>The time was set, but the file system keeps it less exactly: to the second, for instance.</summary>
    TimesRounded = 16,

    /// <summary>Owner, mode and attributes of a directory that was there, and that other users may have exchanged for another.</summary>
    Exchangeable = 32,

    /// <summary>Attributes of Windows, or the time of creation there.</summary>
    WindowsAttributes = 64,

    /// <summary>A symbolic link, which not everybody may make on Windows: it is not there.</summary>
    Links = 128,

    /// <summary>Setuid and setgid of a file that did not get its owner: see <see cref="FileMetadata.ModeFor"/>.</summary>
    SetId = 256,
}

/// <summary>Where a name stands in the buffer of a listing, and what kind of file it is.</summary>
internal readonly record struct ListedName(int Start, int Length, FileKind Kind);

/// <summary>The names in a directory, in one buffer: no object per name.</summary>
internal sealed class DirectoryListing
{
    private readonly byte[] names;
    private readonly ListedName[] entries;
    private readonly int[] order;

    internal DirectoryListing(byte[] names, ListedName[] entries)
    {
        this.names = names;
        this.entries = entries;
        order = new int[entries.Length];
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        // Of numbers: code that sorts those is compiled already.
        Array.Sort(order, (a, b) => NameAt(a).SequenceCompareTo(NameAt(b)));
    }

    public int Count => entries.Length;

    /// <summary>The kind as the listing told it; may be <see cref="FileKind.Unknown"/>.</summary>
    public FileKind KindOf(int index) => entries[order[index]].Kind;

    public ReadOnlyMemory<byte> NameOf(int index) => names.AsMemory(entries[order[index]].Start, entries[order[index]].Length);

    private ReadOnlySpan<byte> NameAt(int entry) => names.AsSpan(entries[entry].Start, entries[entry].Length);
}
