namespace Snapshotter.Engine.FileSystem;

/// <summary>
/// The platform behind the engine. Everything that the engine reads from or changes on disk goes through here and
/// through <see cref="IDirectory"/> and <see cref="IFile"/>: that is what fault injection in the tests wraps.
/// All members throw <see cref="FileSystemException"/>; all may be called from several threads.
/// </summary>
internal interface IFileSystem
{
    /// <summary>
    /// Opens a directory the user named. Symbolic links in the path are followed, unless another user made them or can
    /// exchange them: <see cref="FileError.UntrustedLink"/>.
    /// </summary>
    IDirectory OpenDirectory(string path);

    /// <summary>Opens a file the user named (the archive, a volume). Symbolic links as for <see cref="OpenDirectory"/>.</summary>
    IFile OpenFile(string path, FileAccessKind access);

    /// <summary>The status of what the user named, links followed as for <see cref="OpenDirectory"/>; false when there is nothing there.</summary>
    bool TryGetStatus(string path, out FileStatus status);

    /// <summary>Whether a symbolic link in a directory may be followed: false when another user made it or can exchange it, as far as the platform tells.</summary>
    bool MayFollow(IDirectory directory, in FileStatus link);

    /// <summary>Creates a directory and its missing parents (mode 0755 less the umask). No error when it exists.</summary>
    void CreateDirectories(string path);

    /// <summary>The absolute paths of all mount points strictly below the given absolute path. Empty where the platform cannot tell.</summary>
    IReadOnlyList<string> MountPointsBelow(string path);

    /// <summary>
    /// Where a path really leads: the same text for the same place whatever links and other mounts lead there, and the texts
    /// of what is below a directory begin with its own and a separator. No path to open. Null when there is nothing there.
    /// </summary>
    string? PlaceOf(string path);

    /// <summary>Bytes an ordinary user may still write on the file system that holds the path.</summary>
    long FreeSpace(string path);

    /// <summary>Files an ordinary user may still make on the file system that holds the path; null where that is not counted.</summary>
    long? FreeFiles(string path);

    /// <summary>Bytes in which the file system that holds the path gives room; what is usual where it does not tell.</summary>
    int BlockSize(string path) => 4096;

    /// <summary>Whether files at the path may take less room than what they hold: the file system may compress.</summary>
    bool MayCompress(string path);

    /// <summary>A temporary file without a name that goes with its handle: for lists too long to hold in memory.</summary>
    IFile CreateSpool();

    /// <summary>The name of a user or group as UTF-8 bytes, empty when unknown. Cached.</summary>
    ReadOnlyMemory<byte> UserName(uint userId);

    /// <inheritdoc cref="UserName"/>
    ReadOnlyMemory<byte> GroupName(uint groupId);

    /// <summary>What this file system and this process can do, so that callers need not try in vain for every file.</summary>
    FileSystemTraits Traits { get; }
}

/// <summary>What the platform and this process can do.</summary>
/// <param name="IsPrivileged">The process may give files to other owners and make device nodes.</param>
/// <param name="IsCaseSensitive">Names that differ in case only are different names.</param>
/// <param name="HasReservedNames">Windows rules: no CON, NUL, trailing dot or space, none of &lt;&gt;:"|?*, no backslash in names.</param>
/// <param name="UserId">Effective user id of the process.</param>
/// <param name="GroupId">Effective group id of the process.</param>
internal sealed record FileSystemTraits(
    bool IsPrivileged, bool IsCaseSensitive, bool HasReservedNames, uint UserId, uint GroupId)
{
    /// <summary>
    /// What is told in place of an owner that this process's user namespace has no number for; null when it has one for all
    /// (user_namespaces(7)).
    /// </summary>
    public uint? UnmappedUserId { get; init; }

    /// <inheritdoc cref="UnmappedUserId"/>
    public uint? UnmappedGroupId { get; init; }
}

/// <summary>How a file is opened.</summary>
internal enum FileAccessKind
{
    /// <summary>An existing file, for reading.</summary>
    Read,

    /// <summary>An existing file, for reading and writing, its content kept.</summary>
    ReadWrite,
}
