using System.Runtime.InteropServices;

namespace Snapshotter.Engine.FileSystem.Linux;

/// <summary>
/// The system calls in use, by libc's own names. For 64-bit processes only: there off_t, time_t and the structures
/// below are the same on every architecture. Calls that a signal may interrupt are repeated.
/// </summary>
internal static unsafe partial class LibC
{
    public const int ReadOnly = 0;
    public const int ReadWrite = 2;
    public const int Create = 0x40;
    public const int Exclusive = 0x80;
    public const int NonBlocking = 0x800;
    public const int NoAccessTime = 0x40000;
    public const int CloseOnExec = 0x80000;
    public const int PathOnly = 0x200000;

    public const int CurrentDirectory = -100;
    public const int AtSymlinkNoFollow = 0x100;
    public const int AtEffectiveUser = 0x200;
    public const int AtRemoveDirectory = 0x200;
    public const int AtNoAutomount = 0x800;
    public const int AtEmptyPath = 0x1000;

    public const int SeekSet = 0;
    public const int SeekData = 3;
    public const int SeekHole = 4;

    public const int CollapseRange = 8;

    public const uint TypeMask = 0xF000;
    public const uint TypeFifo = 0x1000;
    public const uint TypeSocket = 0xC000;
    public const uint TypeCharacterDevice = 0x2000;
    public const uint TypeDirectory = 0x4000;
    public const uint TypeBlockDevice = 0x6000;
    public const uint TypeRegular = 0x8000;
    public const uint TypeSymbolicLink = 0xA000;

    /// <summary>STATX_ATTR_IMMUTABLE.</summary>
    public const ulong AttributeImmutable = 0x10;

    /// <summary>STATX_ATTR_APPEND.</summary>
    public const ulong AttributeAppend = 0x20;

    /// <summary>STATX_ATTR_MOUNT_ROOT.</summary>
    public const ulong AttributeMountRoot = 0x2000;

    public const short ReadLock = 0;
    public const short WriteLock = 1;
    public const short NoLock = 2;

    /// <summary>STATX_BTIME, in the mask of what was asked for and of what was found.</summary>
    public const uint StatxCreatedAt = 0x800;

    private const uint StatxWanted = 0x7FF | StatxCreatedAt;
    private const int GetOpenFileLock = 36;
    private const int SetOpenFileLock = 37;
    private const ulong CloneRangeRequest = 0x4020940D;
    private const ulong ExtentMapRequest = 0xC020660B;

    // These two, O_TMPFILE (which contains O_DIRECTORY) and the number of getdents64 differ by architecture.
    public static readonly int DirectoryOnly = UsesArmFlags ? 0x4000 : 0x10000;
    public static readonly int NoFollow = UsesArmFlags ? 0x8000 : 0x20000;
    public static readonly int TemporaryFile = 0x400000 | DirectoryOnly;

    private static readonly nint GetDirectoryEntriesNumber = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 217,
        Architecture.S390x => 220,
        Architecture.Ppc64le => 202,
        _ => 61,
    };

    private const nint OpenHowNumber = 437;
    private const ulong ResolveNoLinks = 4;
    private const nint ProcMagic = 0x9FA0;

    private static bool UsesArmFlags => RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Ppc64le;

    /// <summary>The error number of the last call that failed on this thread.</summary>
    public static int LastError => Marshal.GetLastPInvokeError();

    private static bool Interrupted(nint result) => result < 0 && LastError == LinuxError.EINTR;

    public static int Open(byte* path, int flags, uint mode)
    {
        int fd;
        do
        {
            fd = open(path, flags | CloseOnExec, mode);
        }
        while (Interrupted(fd));
        return fd;
    }

    /// <summary>Opens a path on which no symbolic link may be (openat2 with RESOLVE_NO_SYMLINKS, from Linux 5.6 on): ELOOP when there is one.</summary>
    public static int OpenWithoutLinks(byte* path, int flags)
    {
        var how = new OpenHow
        {
            Flags = (uint)(flags | CloseOnExec),
            Mode = 0,
            Resolve = ResolveNoLinks,
        };
        int fd;
        do
        {
            fd = (int)syscall(OpenHowNumber, CurrentDirectory, path, &how, (nuint)sizeof(OpenHow));
        }
        while (Interrupted(fd));
        return fd;
    }

    /// <summary>Whether a handle is of the file system /proc, some of whose links no path stands for.</summary>
    public static bool IsProcFileSystem(SafeHandle handle)
    {
        // struct statfs begins with the type and is smaller than this.
        var status = stackalloc nint[64];
        return fstatfs(handle, status) == 0 && status[0] == ProcMagic;
    }

    public static int OpenAt(SafeHandle directory, byte* name, int flags, uint mode)
    {
        int fd;
        do
        {
            fd = openat(directory, name, flags | CloseOnExec, mode);
        }
        while (Interrupted(fd));
        return fd;
    }

    public static int Status(SafeHandle handle, byte* name, int flags, Statx* status) =>
        statx(handle, name, flags | AtNoAutomount, StatxWanted, status);

    public static int Status(byte* path, int flags, Statx* status) =>
        statx(CurrentDirectory, path, flags | AtNoAutomount, StatxWanted, status);

    public static nint ReadAt(SafeHandle file, byte* buffer, nuint count, long offset)
    {
        nint read;
        do
        {
            read = pread(file, buffer, count, offset);
        }
        while (Interrupted(read));
        return read;
    }

    public static nint WriteAt(SafeHandle file, byte* buffer, nuint count, long offset)
    {
        nint written;
        do
        {
            written = pwrite(file, buffer, count, offset);
        }
        while (Interrupted(written));
        return written;
    }

    public static int Truncate(SafeHandle file, long length)
    {
        int result;
        do
        {
            result = ftruncate(file, length);
        }
        while (Interrupted(result));
        return result;
    }

    public static int SyncData(SafeHandle file)
    {
        int result;
        do
        {
            result = fdatasync(file);
        }
        while (Interrupted(result));
        return result;
    }

    public static int Sync(SafeHandle handle)
    {
        int result;
        do
        {
            result = fsync(handle);
        }
        while (Interrupted(result));
        return result;
    }

    public static nint CopyRange(SafeHandle source, long* sourceOffset, SafeHandle target, long* offset, nuint count)
    {
        nint copied;
        do
        {
            copied = copy_file_range(source, sourceOffset, target, offset, count, 0);
        }
        while (Interrupted(copied));
        return copied;
    }

    public static int Allocate(SafeHandle file, int mode, long offset, long length)
    {
        int result;
        do
        {
            result = fallocate(file, mode, offset, length);
        }
        while (Interrupted(result));
        return result;
    }

    public static int Clone(SafeHandle target, CloneRange* range) => ioctl(target, CloneRangeRequest, range);

    /// <summary>Asks where a file lies on the disk (FIEMAP).</summary>
    public static int MapExtents(SafeHandle file, void* map) => ioctl(file, ExtentMapRequest, map);

    /// <summary>Takes a lock that belongs to the open file (not to the process), without waiting.</summary>
    public static int Lock(SafeHandle file, short kind, long start, long length)
    {
        var request = new FileLockRequest { Type = kind, Start = start, Length = length };
        int result;
        do
        {
            result = fcntl(file, SetOpenFileLock, &request);
        }
        while (Interrupted(result));
        return result;
    }

    /// <summary>Whether another open file has a lock that conflicts; false where that cannot be told.</summary>
    public static bool IsLocked(SafeHandle file, short kind, long start, long length)
    {
        var request = new FileLockRequest { Type = kind, Start = start, Length = length };
        int result;
        do
        {
            result = fcntl(file, GetOpenFileLock, &request);
        }
        while (Interrupted(result));
        return result == 0 && request.Type != NoLock;
    }

    /// <summary>Releases all locks of the open file, also while a child process that is just being started shares it.</summary>
    public static void Unlock(int fd)
    {
        var request = new FileLockRequest { Type = NoLock };
        _ = fcntl(fd, SetOpenFileLock, &request);
    }

    /// <summary>Reads directory entries (struct linux_dirent64) into the buffer. A system call by number: not every libc exports it.</summary>
    public static nint GetDirectoryEntries(SafeHandle directory, byte* buffer, nuint size) =>
        syscall(GetDirectoryEntriesNumber, directory, buffer, size);

    [LibraryImport("libc", EntryPoint = "close")]
    public static partial int Close(int fd);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    public static partial long Seek(SafeHandle file, long offset, int whence);

    /// <summary>Asks for the right to write (W_OK) as the effective user, a link not followed.</summary>
    public static int AskForWriting(SafeHandle directory, byte* name) => faccessat(directory, name, 2, AtEffectiveUser | AtSymlinkNoFollow);

    /// <summary>Free files of a file system as an ordinary user may use them, and all it has room for: 0 where it does not count them.</summary>
    public static int FreeFiles(byte* path, out ulong free, out ulong all) => AskFor(path, out free, out all, out _);

    /// <summary>Bytes of a block (f_frsize).</summary>
    public static int BlockSize(byte* path, out ulong size) => AskFor(path, out _, out _, out size);

    private static int AskFor(byte* path, out ulong free, out ulong all, out ulong block)
    {
        var status = stackalloc ulong[32];
        int result;
        do
        {
            result = statvfs(path, status);
        }
        while (Interrupted(result));
        // struct statvfs: f_bsize, f_frsize, f_blocks, f_bfree, f_bavail, f_files, f_ffree, f_favail.
        (block, all, free) = (status[1], status[5], status[7]);
        return result;
    }

    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    public static partial int SyncFileSystem(SafeHandle handle);

    [LibraryImport("libc", EntryPoint = "mkdir", SetLastError = true)]
    public static partial int MakeDirectory(byte* path, uint mode);

    [LibraryImport("libc", EntryPoint = "mkdirat", SetLastError = true)]
    public static partial int MakeDirectoryAt(SafeHandle directory, byte* name, uint mode);

    [LibraryImport("libc", EntryPoint = "mknodat", SetLastError = true)]
    public static partial int MakeNodeAt(SafeHandle directory, byte* name, uint mode, ulong device);

    [LibraryImport("libc", EntryPoint = "symlinkat", SetLastError = true)]
    public static partial int SymbolicLinkAt(byte* target, SafeHandle directory, byte* name);

    [LibraryImport("libc", EntryPoint = "linkat", SetLastError = true)]
    public static partial int LinkAt(SafeHandle oldDirectory, byte* oldName, SafeHandle newDirectory, byte* newName, int flags);

    [LibraryImport("libc", EntryPoint = "renameat", SetLastError = true)]
    public static partial int RenameAt(SafeHandle oldDirectory, byte* oldName, SafeHandle newDirectory, byte* newName);

    [LibraryImport("libc", EntryPoint = "unlinkat", SetLastError = true)]
    public static partial int UnlinkAt(SafeHandle directory, byte* name, int flags);

    [LibraryImport("libc", EntryPoint = "unlink", SetLastError = true)]
    public static partial int Unlink(byte* path);

    [LibraryImport("libc", EntryPoint = "readlinkat", SetLastError = true)]
    public static partial nint ReadLinkAt(SafeHandle directory, byte* name, byte* buffer, nuint size);

    [LibraryImport("libc", EntryPoint = "readlink", SetLastError = true)]
    public static partial nint ReadLink(byte* path, byte* buffer, nuint size);

    [LibraryImport("libc", EntryPoint = "fchown", SetLastError = true)]
    public static partial int ChangeOwner(SafeHandle handle, uint user, uint group);

    [LibraryImport("libc", EntryPoint = "fchownat", SetLastError = true)]
    public static partial int ChangeOwnerAt(SafeHandle directory, byte* name, uint user, uint group, int flags);

    [LibraryImport("libc", EntryPoint = "fchmod", SetLastError = true)]
    public static partial int ChangeMode(SafeHandle handle, uint mode);

    [LibraryImport("libc", EntryPoint = "chmod", SetLastError = true)]
    public static partial int ChangeMode(byte* path, uint mode);

    [LibraryImport("libc", EntryPoint = "futimens", SetLastError = true)]
    public static partial int SetTimes(SafeHandle handle, TimeSpecification* accessedAndModified);

    [LibraryImport("libc", EntryPoint = "utimensat", SetLastError = true)]
    public static partial int SetTimesAt(SafeHandle directory, byte* name, TimeSpecification* accessedAndModified, int flags);

    [LibraryImport("libc", EntryPoint = "flistxattr", SetLastError = true)]
    public static partial nint ListAttributes(SafeHandle handle, byte* names, nuint size);

    [LibraryImport("libc", EntryPoint = "llistxattr", SetLastError = true)]
    public static partial nint ListAttributes(byte* path, byte* names, nuint size);

    [LibraryImport("libc", EntryPoint = "fgetxattr", SetLastError = true)]
    public static partial nint GetAttribute(SafeHandle handle, byte* name, byte* value, nuint size);

    [LibraryImport("libc", EntryPoint = "lgetxattr", SetLastError = true)]
    public static partial nint GetAttribute(byte* path, byte* name, byte* value, nuint size);

    [LibraryImport("libc", EntryPoint = "fsetxattr", SetLastError = true)]
    public static partial int SetAttribute(SafeHandle handle, byte* name, byte* value, nuint size, int flags);

    [LibraryImport("libc", EntryPoint = "lsetxattr", SetLastError = true)]
    public static partial int SetAttribute(byte* path, byte* name, byte* value, nuint size, int flags);

    [LibraryImport("libc", EntryPoint = "fremovexattr", SetLastError = true)]
    public static partial int RemoveAttribute(SafeHandle handle, byte* name);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint EffectiveUser();

    [LibraryImport("libc", EntryPoint = "getegid")]
    public static partial uint EffectiveGroup();

    /// <summary>The first field of struct passwd is a pointer to the name; the rest is left alone. Returns the error number.</summary>
    [LibraryImport("libc", EntryPoint = "getpwuid_r")]
    public static partial int GetUser(uint user, byte** entry, byte* buffer, nuint size, void** result);

    /// <inheritdoc cref="GetUser"/>
    [LibraryImport("libc", EntryPoint = "getgrgid_r")]
    public static partial int GetGroup(uint group, byte** entry, byte* buffer, nuint size, void** result);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int open(byte* path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int openat(SafeHandle directory, byte* name, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int statx(SafeHandle directory, byte* name, int flags, uint mask, Statx* status);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int statx(int directory, byte* name, int flags, uint mask, Statx* status);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int faccessat(SafeHandle directory, byte* name, int mode, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int statvfs(byte* path, ulong* status);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pread(SafeHandle file, byte* buffer, nuint count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pwrite(SafeHandle file, byte* buffer, nuint count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ftruncate(SafeHandle file, long length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fdatasync(SafeHandle file);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(SafeHandle handle);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint copy_file_range(
        SafeHandle source, long* sourceOffset, SafeHandle target, long* targetOffset, nuint count, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fallocate(SafeHandle file, int mode, long offset, long length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(SafeHandle file, ulong request, void* argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(SafeHandle file, int command, FileLockRequest* argument);

    [LibraryImport("libc")]
    private static partial int fcntl(int fd, int command, FileLockRequest* argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, SafeHandle directory, byte* buffer, nuint size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, int directory, byte* path, OpenHow* how, nuint size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fstatfs(SafeHandle handle, nint* status);

    /// <summary>struct open_how.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct OpenHow
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }

    /// <summary>struct statx, as far as it is used.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    internal struct Statx
    {
        [FieldOffset(0)] public uint Mask;
        [FieldOffset(8)] public ulong Attributes;
        [FieldOffset(16)] public uint LinkCount;
        [FieldOffset(20)] public uint UserId;
        [FieldOffset(24)] public uint GroupId;
        [FieldOffset(28)] public ushort Mode;
        [FieldOffset(32)] public ulong Inode;
        [FieldOffset(40)] public ulong Size;
        [FieldOffset(48)] public ulong Blocks;
        [FieldOffset(56)] public ulong AttributesMask;
        [FieldOffset(80)] public StatxTime CreatedAt;
        [FieldOffset(96)] public StatxTime ChangedAt;
        [FieldOffset(112)] public StatxTime ModifiedAt;
        [FieldOffset(128)] public uint NodeMajor;
        [FieldOffset(132)] public uint NodeMinor;
        [FieldOffset(136)] public uint DeviceMajor;
        [FieldOffset(140)] public uint DeviceMinor;
    }

    /// <summary>struct statx_timestamp.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct StatxTime
    {
        public long Seconds;
        public uint Nanoseconds;
        public int Reserved;
    }

    /// <summary>struct timespec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct TimeSpecification
    {
        public long Seconds;
        public long Nanoseconds;
    }

    /// <summary>struct file_clone_range.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct CloneRange
    {
        public long SourceFile;
        public ulong SourceOffset;
        public ulong Length;
        public ulong Offset;
    }

    /// <summary>struct flock.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct FileLockRequest
    {
        public short Type;
        public short Whence;
        public long Start;
        public long Length;
        public int Process;
    }
}
