using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Snapshotter.Engine.FileSystem.Linux;

/// <summary>Linux, by its system calls.</summary>
internal sealed unsafe class LinuxFileSystem : IFileSystem
{
    private readonly OwnerNames userNames = new(static id => LookUp(id, &LibC.GetUser));
    private readonly OwnerNames groupNames = new(static id => LookUp(id, &LibC.GetGroup));

    public FileSystemTraits Traits { get; init; } = new(
        IsPrivileged: ProcessIdentity.Current.MayChangeOwners,
        IsCaseSensitive: true,
        HasReservedNames: false,
        UserId: ProcessIdentity.Current.UserId,
        GroupId: ProcessIdentity.Current.GroupId)
    {
        UnmappedUserId = ProcessIdentity.UnmappedId("uid"),
        UnmappedGroupId = ProcessIdentity.UnmappedId("gid"),
    };

    public IDirectory OpenDirectory(string path) => new LinuxDirectory(LinuxPath.Open(path, LibC.DirectoryOnly, "open"), path);

    public IFile OpenFile(string path, FileAccessKind access)
    {
        var flags = access == FileAccessKind.Read ? LibC.ReadOnly : LibC.ReadWrite;
        var file = new LinuxFile(LinuxPath.Open(path, flags | LibC.NonBlocking, "open"), path);
        file.GetStatus(out var status);
        if (status.Kind == FileKind.Directory)
        {
            file.Dispose();
            throw LinuxError.Of(LinuxError.EISDIR, "open", path);
        }
        return file;
    }

    public bool TryGetStatus(string path, out FileStatus status)
    {
        try
        {
            using var handle = new LinuxFile(LinuxPath.Open(path, LibC.PathOnly, "stat"), path);
            handle.GetStatus(out status);
            return true;
        }
        catch (FileSystemException exception) when (exception.Error is FileError.NotFound or FileError.NotADirectory)
        {
            status = default;
            return false;
        }
    }

    public bool MayFollow(IDirectory directory, in FileStatus link)
    {
        directory.GetStatus(out var status);
        return LinuxPath.IsTrusted(status, link);
    }

    public void CreateDirectories(string path)
    {
        if (TryGetStatus(path, out var status))
        {
            if (status.Kind != FileKind.Directory)
            {
                throw LinuxError.Of(LinuxError.ENOTDIR, "create directory", path);
            }
            return;
        }
        path = Path.TrimEndingDirectorySeparator(path);
        var parent = Path.GetDirectoryName(path);
        if (string.IsNullOrEmpty(parent))
        {
            throw LinuxError.Of(LinuxError.ENOENT, "create directory", path);
        }
        CreateDirectories(parent);
        using var directory = OpenDirectory(parent);
        try
        {
            directory.CreateDirectory(Encoding.UTF8.GetBytes(Path.GetFileName(path)), 0x1ED);
        }
        catch (FileSystemException exception) when (exception.Error == FileError.Exists)
        {
            // Somebody was faster.
        }
    }

    public IReadOnlyList<string> MountPointsBelow(string path) => MountTable.Below(path, RealPath(path));

    public string? PlaceOf(string path) => TryGetStatus(path, out _) ? MountTable.PlaceOf(RealPath(path)) : null;

    public long FreeSpace(string path) => OfDrive(path, "ask for the free space of", drive => drive.AvailableFreeSpace);

    [SkipLocalsInit]
    public long? FreeFiles(string path)
    {
        Span<byte> buffer = stackalloc byte[CName.PathSize];
        fixed (byte* pathBytes = CName.Path(path, buffer, "ask for the free files of"))
        {
            return LibC.FreeFiles(pathBytes, out var free, out var all) < 0
                ? throw LinuxError.Last("ask for the free files of", path)
                : all == 0 ? null : (long)Math.Min(free, long.MaxValue);
        }
    }

    [SkipLocalsInit]
    public int BlockSize(string path)
    {
        Span<byte> buffer = stackalloc byte[CName.PathSize];
        fixed (byte* pathBytes = CName.Path(path, buffer, "ask for the block size of"))
        {
            return LibC.BlockSize(pathBytes, out var size) < 0
                ? throw LinuxError.Last("ask for the block size of", path)
                : (int)Math.Min(size, int.MaxValue);
        }
    }

    public bool MayCompress(string path) => OfDrive(path, "ask for the kind of file system of", drive => drive.DriveFormat is "btrfs" or "zfs");

    private static T OfDrive<T>(string path, string operation, Func<DriveInfo, T> ask)
    {
        try
        {
            return ask(new DriveInfo(path));
        }
        catch (DriveNotFoundException)
        {
            throw LinuxError.Of(LinuxError.ENOENT, operation, path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FileSystemException(FileError.Other, operation, path, SystemWords.Of(exception));
        }
    }

    public IFile CreateSpool()
    {
        Span<byte> buffer = stackalloc byte[CName.PathSize];
        var folder = Path.GetTempPath();
        fixed (byte* pathBytes = CName.Path(folder, buffer, "create a temporary file in"))
        {
            var fd = LibC.Open(pathBytes, LibC.ReadWrite | LibC.TemporaryFile | LibC.Exclusive, 0x180);
            if (fd >= 0)
            {
                return new LinuxFile(fd, folder);
            }
        }
        // The file system of the temporary folder has no files without a name.
        var path = Path.Join(folder, $"snapshotter-{Guid.NewGuid():N}");
        fixed (byte* pathBytes = CName.Path(path, buffer, "create"))
        {
            var fd = LibC.Open(pathBytes, LibC.ReadWrite | LibC.Create | LibC.Exclusive | LibC.NoFollow, 0x180);
            if (fd < 0)
            {
                throw LinuxError.Last("create", path);
            }
            _ = LibC.Unlink(pathBytes);
            return new LinuxFile(fd, path);
        }
    }

    public ReadOnlyMemory<byte> UserName(uint userId) => userNames.Of(userId);

    public ReadOnlyMemory<byte> GroupName(uint groupId) => groupNames.Of(groupId);

    /// <summary>The path without links; the path itself when there is no such directory.</summary>
    [SkipLocalsInit]
    private static string RealPath(string path)
    {
        Span<byte> buffer = stackalloc byte[CName.PathSize];
        fixed (byte* pathBytes = CName.Path(path, buffer, "resolve"))
        {
            var fd = LibC.Open(pathBytes, LibC.PathOnly, 0);
            if (fd < 0)
            {
                return path;
            }
            using var handle = new LinuxDirectory(fd, path);
            fixed (byte* link = CName.ProcessPath(fd, [], stackalloc byte[64]))
            {
                var length = LibC.ReadLink(link, pathBytes, CName.PathSize);
                return length > 0 ? Encoding.UTF8.GetString(buffer[..(int)length]) : path;
            }
        }
    }

    private static ReadOnlyMemory<byte> LookUp(uint id, delegate*<uint, byte**, byte*, nuint, void**, int> query)
    {
        // struct passwd and struct group begin with the name and are smaller than this.
        var entry = stackalloc byte*[16];
        for (var size = 1024; size <= 1 << 20; size *= 4)
        {
            var buffer = new byte[size];
            fixed (byte* bytes = buffer)
            {
                void* result = null;
                var error = query(id, entry, bytes, (nuint)size, &result);
                if (error is LinuxError.ERANGE or LinuxError.EINTR)
                {
                    continue;
                }
                return result == null
                    ? ReadOnlyMemory<byte>.Empty
                    : MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entry[0]).ToArray();
            }
        }
        return ReadOnlyMemory<byte>.Empty;
    }
}
