using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.FileSystem.Portable;

namespace Snapshotter.Engine.Tests.Strict;

/// <summary>
/// Refuses what NTFS refuses, over the portable file system: to rename over or below an open handle, to replace or remove what
/// is read-only, to open what another has open without sharing it, and to use a name that was removed and is still open. It
/// tells what Windows tells: neither owners nor modes. On request, others lock things for moments all the while, as scanners
/// do. Wine does none of this. Programs that are not the engine open files by <see cref="OpenElsewhere"/>; what tests do by
/// System.IO is not seen.
/// </summary>
internal sealed class StrictFileSystem : IFileSystem
{
    private readonly PortableFileSystem real = new();
    private readonly List<OpenHandle> handles = [];
    private readonly HashSet<string> removed = new(StringComparer.Ordinal);
    private readonly HashSet<FileId> readOnlyFolders = [];
    private readonly Lock gate = new();
    private Random? scanner;
    private double likelihood;

    public FileSystemTraits Traits { get; } =
        new(IsPrivileged: false, IsCaseSensitive: true, HasReservedNames: true, UserId: 0, GroupId: 0);

    /// <summary>Whether files may be replaced while they are open, as on NTFS since Windows 10 (not on FAT or shares).</summary>
    public bool ReplacesOpenFiles { get; init; } = true;

    /// <summary>How often somebody was in the way.</summary>
    public int Refusals { get; private set; }

    /// <summary>The symbolic links that were made, by their targets, with what they were said to lead to.</summary>
    public Dictionary<string, LinkKind> LinksMade { get; } = [];

    /// <summary>Called before a name is renamed, with its path.</summary>
    public Action<string>? BeforeRename { get; set; }

    /// <summary>From now on others have things open for moments, at random.</summary>
    public void BeginScanning(int seed, double likelihood)
    {
        scanner = new Random(seed);
        this.likelihood = likelihood;
    }

    /// <summary>Another program opens a file, until the result is disposed.</summary>
    public IDisposable OpenElsewhere(string path, FileShare share)
    {
        Assert.True(real.TryGetStatus(path, out var status));
        lock (gate)
        {
            var handle = new OpenHandle(this, status.Id, path, FileAccess.Read, share, null);
            handles.Add(handle);
            return handle;
        }
    }

    /// <summary>Sets the attribute of a folder.</summary>
    public void MakeReadOnly(string folder)
    {
        Assert.True(real.TryGetStatus(folder, out var status));
        readOnlyFolders.Add(status.Id);
    }

    public bool IsReadOnly(string folder) => real.TryGetStatus(folder, out var status) && readOnlyFolders.Contains(status.Id);

    public IDirectory OpenDirectory(string path) => new StrictDirectory(this, real.OpenDirectory(path));

    public IFile OpenFile(string path, FileAccessKind access) => Open(
        Path.GetFullPath(path), access == FileAccessKind.Read ? FileAccess.Read : FileAccess.ReadWrite, () => real.OpenFile(path, access));

    public bool TryGetStatus(string path, out FileStatus status)
    {
        DemandStanding(Path.GetFullPath(path), "stat");
        bool exists = real.TryGetStatus(path, out status);
        status = exists ? AsWindowsTells(status) : status;
        return exists;
    }

    public bool MayFollow(IDirectory directory, in FileStatus link) => true;

    public void CreateDirectories(string path) => real.CreateDirectories(path);

    public IReadOnlyList<string> MountPointsBelow(string path) => [];

    public string? PlaceOf(string path) => real.PlaceOf(path);

    public long FreeSpace(string path) => real.FreeSpace(path);

    public long? FreeFiles(string path) => real.FreeFiles(path);

    public bool MayCompress(string path) => real.MayCompress(path);

    public IFile CreateSpool() => real.CreateSpool();

    public ReadOnlyMemory<byte> UserName(uint userId) => default;

    public ReadOnlyMemory<byte> GroupName(uint groupId) => default;

    internal FileStatus AsWindowsTells(FileStatus status)
    {
        status.IsReadOnly = status.Kind == FileKind.Directory ? readOnlyFolders.Contains(status.Id) : (status.Mode & 0x80) == 0;
        status.Mode = PortableStatus.ModeOnWindows(status.Kind, status.IsReadOnly);
        status.UserId = status.GroupId = 0;
        status.ChangedAt = default;
        status.IsMountRoot = null;
        return status;
    }

    internal void SetReadOnly(in FileStatus status, string path, bool value)
    {
        if (status.Kind != FileKind.Directory)
        {
            File.SetAttributes(path, value ? FileAttributes.ReadOnly : FileAttributes.Normal);
        }
        else if (value)
        {
            readOnlyFolders.Add(status.Id);
        }
        else
        {
            readOnlyFolders.Remove(status.Id);
        }
    }

    internal void NoteLink(string target, LinkKind kind)
    {
        lock (gate)
        {
            LinksMade[target] = kind;
        }
    }

    internal IFile Open(string path, FileAccess access, Func<IFile> open)
    {
        lock (gate)
        {
            DemandStanding(path, "open");
            Scan("open", path, mayBeDenied: false);
            if (real.TryGetStatus(path, out var status))
            {
                if (access != FileAccess.Read && (status.Mode & 0x80) == 0)
                {
                    throw Denied("open", path);
                }

                var share = access == FileAccess.Read ? FileShare.Read : FileShare.ReadWrite;
                if (handles.Exists(h => h.Id == status.Id && (h.Share & share) != share))
                {
                    throw InUse("open", path);
                }
            }

            var file = open();
            file.GetStatus(out status);
            var handle = new OpenHandle(this, status.Id, path, access, FileShare.ReadWrite | FileShare.Delete, file);
            handles.Add(handle);
            return new StrictFile(this, file, handle);
        }
    }

    /// <summary>What another has open without sharing its removal.</summary>
    internal bool IsHeld(FileId id) => handles.Exists(h => h.Id == id && (h.Share & FileShare.Delete) == 0);

    internal FileError? Ask(string path, in FileStatus status)
    {
        lock (gate)
        {
            return IsHeld(status.Id) || IsScanned() ? FileError.InUse : null;
        }
    }

    internal void Rename(string from, in FileStatus source, string to, FileStatus? target, Action rename)
    {
        BeforeRename?.Invoke(from);
        lock (gate)
        {
            DemandStanding(from, "rename");
            DemandStanding(to, "rename");
            Scan("rename", from, mayBeDenied: true);
            if (IsHeld(source.Id))
            {
                throw InUse("rename", from);
            }

            if (source.Kind == FileKind.Directory && handles.Exists(h => IsBelow(h.Path, from)))
            {
                throw Denied("rename", from);
            }

            if (target is { } replaced && replaced.Id != source.Id)
            {
                if (AsWindowsTells(replaced).IsReadOnly || (replaced.Kind != FileKind.Directory && source.Kind != FileKind.Directory
                    && (IsHeld(replaced.Id) || (!ReplacesOpenFiles && handles.Exists(h => h.Id == replaced.Id)))))
                {
                    throw Denied("rename", from);
                }
            }

            rename();
            var id = source.Id;
            handles.ForEach(h => h.Path = h.Id == id && h.Path == from ? to : h.Path);
        }
    }

    internal void Remove(string path, in FileStatus status, Action remove)
    {
        lock (gate)
        {
            DemandStanding(path, "remove");
            Scan("remove", path, mayBeDenied: true);
            if (AsWindowsTells(status).IsReadOnly)
            {
                throw Denied("remove", path);
            }

            if (IsHeld(status.Id))
            {
                throw InUse("remove", path);
            }

            var id = status.Id;
            if (handles.Exists(h => h.Id == id && h.Path == path))
            {
                removed.Add(path);
                return;
            }

            remove();
        }
    }

    internal void RemoveDirectory(string path, in FileStatus status, Action remove)
    {
        lock (gate)
        {
            Scan("remove", path, mayBeDenied: true);
            if (readOnlyFolders.Contains(status.Id))
            {
                throw Denied("remove", path);
            }

            if (removed.Any(name => IsBelow(name, path)))
            {
                throw new FileSystemException(FileError.NotEmpty, "remove", path, "The directory is not empty");
            }

            remove();
        }
    }

    /// <summary>A removed name is nobody's until it is closed.</summary>
    internal void DemandStanding(string path, string operation)
    {
        lock (gate)
        {
            if (removed.Contains(path))
            {
                throw Denied(operation, path);
            }
        }
    }

    private static bool IsBelow(string path, string folder) =>
        path.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    private FileSystemException Denied(string operation, string path)
    {
        Refusals++;
        return new FileSystemException(FileError.AccessDenied, operation, path, "Access is denied");
    }

    private FileSystemException InUse(string operation, string path)
    {
        Refusals++;
        return new FileSystemException(FileError.InUse, operation, path, "The process cannot access the file");
    }

    private bool IsScanned() => scanner is { } random && random.NextDouble() < likelihood;

    private void Scan(string operation, string path, bool mayBeDenied)
    {
        if (IsScanned())
        {
            throw mayBeDenied && scanner!.Next(2) == 0 ? Denied(operation, path) : InUse(operation, path);
        }
    }

    private void Close(OpenHandle handle)
    {
        lock (gate)
        {
            if (handles.Remove(handle) && !handles.Exists(h => h.Id == handle.Id && h.Path == handle.Path) && removed.Remove(handle.Path))
            {
                File.Delete(handle.Path);
            }
        }
    }

    internal sealed class OpenHandle(StrictFileSystem owner, FileId id, string path, FileAccess access, FileShare share, IFile? file) : IDisposable
    {
        public FileId Id => id;

        public string Path { get; set; } = path;

        public FileAccess Access => access;

        public FileShare Share => share;

        public void Dispose()
        {
            file?.Dispose();
            owner.Close(this);
        }
    }
}
