using System.Runtime.InteropServices;

namespace Snapshotter.Engine.FileSystem.Portable;

/// <summary>Windows and macOS, by System.IO and the few calls that it lacks.</summary>
internal sealed class PortableFileSystem : IFileSystem
{
    public FileSystemTraits Traits { get; } = OperatingSystem.IsWindows()
        ? new(IsPrivileged: false, IsCaseSensitive: false, HasReservedNames: true, UserId: 0, GroupId: 0)
        : new(
            IsPrivileged: Environment.IsPrivilegedProcess,
            IsCaseSensitive: !OperatingSystem.IsMacOS(),
            HasReservedNames: false,
            UserId: UnixCalls.EffectiveUser(),
            GroupId: UnixCalls.EffectiveGroup());

    public IDirectory OpenDirectory(string path)
    {
        var status = Find(path, "open", out var fullPath);
        return status.Kind == FileKind.Directory
            ? new PortableDirectory(fullPath)
            : throw PortableError.Of(FileError.NotADirectory, "open", path, "not a directory");
    }

    public IFile OpenFile(string path, FileAccessKind access)
    {
        if (TryGetStatus(path, out var status) && status.Kind == FileKind.Directory)
        {
            throw PortableError.Of(FileError.IsADirectory, "open", path, "a directory");
        }
        return new PortableFile(
            FullPath(path, "open"),
            FileMode.Open,
            access == FileAccessKind.Read ? FileAccess.Read : FileAccess.ReadWrite,
            createMode: 0x180);
    }

    public bool TryGetStatus(string path, out FileStatus status) =>
        PortableStatus.TryGet(FullPath(path, "stat"), followLinks: true, out status);

    public bool MayFollow(IDirectory directory, in FileStatus link) => true;

    public void CreateDirectories(string path)
    {
        if (TryGetStatus(path, out var status) && status.Kind != FileKind.Directory)
        {
            throw PortableError.Of(FileError.NotADirectory, "create directory", path, "not a directory");
        }
        string fullPath = FullPath(path, "create directory");
        PortableError.Run("create directory", path, () => Directory.CreateDirectory(fullPath));
    }

    public IReadOnlyList<string> MountPointsBelow(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return [];
        }
        var below = Path.TrimEndingDirectorySeparator(path) + Path.DirectorySeparatorChar;
        return PortableError.Run("list mount points below", path, () => DriveInfo.GetDrives()
            .Select(drive => Path.TrimEndingDirectorySeparator(drive.Name))
            .Where(name => name.Length > below.Length && name.StartsWith(below, StringComparison.Ordinal))
            .Distinct()
            .Order(StringComparer.Ordinal)
            .ToList());
    }

    public string? PlaceOf(string path) =>
        TryGetStatus(path, out _) ? PortableError.Run("resolve", path, () => PortablePath.WithoutLinks(PortablePath.FullPath(path))) : null;

    public long FreeSpace(string path)
    {
        var status = Find(path, "ask for the free space of", out var fullPath);
        if (!OperatingSystem.IsWindows())
        {
            return PortableError.Run("ask for the free space of", path, () => new DriveInfo(fullPath).AvailableFreeSpace);
        }
        var folder = status.Kind == FileKind.Directory ? fullPath : Path.GetDirectoryName(fullPath)!;
        return WindowsCalls.GetFreeSpace(Path.EndsInDirectorySeparator(folder) ? folder : folder + '\\', out var available, out _, out _)
            ? available
            : throw PortableError.OfSystem(Marshal.GetLastPInvokeError(), "ask for the free space of", path);
    }

    public long? FreeFiles(string path) => null;

    public bool MayCompress(string path)
    {
        Find(path, "ask for the attributes of", out var fullPath);
        return PortableError.Run("ask for the attributes of", path, () => File.GetAttributes(fullPath).HasFlag(FileAttributes.Compressed));
    }

    public IFile CreateSpool() => new PortableFile(
        Path.Join(Path.GetTempPath(), $"snapshotter-{Guid.NewGuid():N}"),
        FileMode.CreateNew,
        FileAccess.ReadWrite,
        FileOptions.DeleteOnClose,
        createMode: 0x180);

    public ReadOnlyMemory<byte> UserName(uint userId) => default;

    public ReadOnlyMemory<byte> GroupName(uint groupId) => default;

    private static FileStatus Find(string path, string operation, out string fullPath)
    {
        fullPath = FullPath(path, operation);
        return PortableStatus.TryGet(fullPath, followLinks: true, out var status)
            ? status
            : throw PortableError.Of(FileError.NotFound, operation, path, "nothing of that name");
    }

    private static string FullPath(string path, string operation) => PortableError.Run(operation, path, () => PortablePath.FullPath(path));
}
