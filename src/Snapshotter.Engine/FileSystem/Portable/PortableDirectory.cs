using System.IO.Enumeration;
using System.Runtime.InteropServices;
using System.Text;

namespace Snapshotter.Engine.FileSystem.Portable;

/// <summary>
/// A directory by its full path, on Windows one that begins with \\?\. Names are checked and links looked for before each step; unlike with handles (as on
/// Linux), another process that swaps a directory for a link at the right moment is not noticed.
/// </summary>
internal sealed class PortableDirectory(string path) : IDirectory
{
    private bool isDisposed;

    public string DisplayPath => PortablePath.Shown(path);

    public void GetStatus(out FileStatus status)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        if (!PortableStatus.TryGet(path, followLinks: true, out status, withUnkept: true))
        {
            throw PortableError.Of(FileError.NotFound, "stat", path, "removed meanwhile");
        }
    }

    public bool TryGetStatus(ReadOnlySpan<byte> name, out FileStatus status) =>
        PortableStatus.TryGet(PathOf(name, "stat"), followLinks: false, out status);

    public FileError? AskForWriting(ReadOnlySpan<byte> name)
    {
        var child = PathOf(name, "ask for writing to");
        if (!OperatingSystem.IsWindows())
        {
            return null;
        }
        using var handle = WindowsCalls.OpenForMoving(child);
        if (!handle.IsInvalid)
        {
            return null;
        }
        var error = PortableError.OfSystem(Marshal.GetLastPInvokeError(), "open", child).Error;
        return error is FileError.InUse or FileError.AccessDenied ? error : null;
    }

    public DirectoryListing List()
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        return PortableError.Run("list", path, () =>
        {
            var options = new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = false };
            var names = new MemoryStream();
            var entries = new List<ListedName>();
            foreach (var (name, kind) in new FileSystemEnumerable<(string, FileKind)>(path, Transform, options))
            {
                var bytes = Encoding.UTF8.GetBytes(name);
                entries.Add(new ListedName((int)names.Length, bytes.Length, kind));
                names.Write(bytes);
            }
            return new DirectoryListing(names.ToArray(), entries.ToArray());
        });

        // A reparse point may be a link or a file kept elsewhere, and on macOS what is no directory may be a FIFO: to be asked.
        static (string, FileKind) Transform(ref FileSystemEntry entry) => (
            entry.FileName.ToString(),
            (entry.Attributes & FileAttributes.ReparsePoint) != 0 ? FileKind.Unknown
                : entry.IsDirectory ? FileKind.Directory
                : OperatingSystem.IsWindows() ? FileKind.Regular : FileKind.Unknown);
    }

    public IDirectory OpenDirectory(ReadOnlySpan<byte> name)
    {
        var child = PathOf(name, "open");
        Demand(child, FileKind.Directory, "open");
        // As a handle would be refused by one without the right to list it.
        PortableError.Run("open", child, () => Directory.EnumerateFileSystemEntries(child).GetEnumerator().Dispose());
        return new PortableDirectory(child);
    }

    public IDirectory Reopen()
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        return new PortableDirectory(path);
    }

    public IDirectory OpenParent()
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        return new PortableDirectory(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(path)) ?? path);
    }

    public IFile OpenFile(ReadOnlySpan<byte> name)
    {
        var child = PathOf(name, "open");
        Demand(child, FileKind.Regular, "open");
        return new PortableFile(child, FileMode.Open, FileAccess.Read);
    }

    public IFile OpenFileForWriting(ReadOnlySpan<byte> name)
    {
        var child = PathOf(name, "open");
        Demand(child, FileKind.Regular, "open");
        return new PortableFile(child, FileMode.Open, FileAccess.ReadWrite);
    }

    public IFile CreateFile(ReadOnlySpan<byte> name, int mode) =>
        new PortableFile(PathOf(name, "create"), FileMode.CreateNew, FileAccess.ReadWrite, createMode: mode);

    public void CreateDirectory(ReadOnlySpan<byte> name, int mode)
    {
        var child = PathOf(name, "create directory");
        DemandNothing(child, "create directory");
        PortableError.Run("create directory", child, () => OperatingSystem.IsWindows()
            ? Directory.CreateDirectory(child)
            : Directory.CreateDirectory(child, (UnixFileMode)(mode & 0x1FF)));
    }

    public void CreateSymbolicLink(ReadOnlySpan<byte> name, ReadOnlySpan<byte> target) =>
        CreateSymbolicLink(name, target, LinkKind.Unknown);

    public void CreateSymbolicLink(ReadOnlySpan<byte> name, ReadOnlySpan<byte> target, LinkKind kind)
    {
        var child = PathOf(name, "link");
        DemandNothing(child, "link");
        var text = Encoding.UTF8.GetString(target);
        PortableError.Run("link", child, () =>
        {
            if (!OperatingSystem.IsWindows())
            {
                File.CreateSymbolicLink(child, text);
                return;
            }
            // Windows follows its own separator only, and wants to know whether a directory is meant.
            text = text.Replace('/', '\\');
            if (kind == LinkKind.Junction && Path.IsPathFullyQualified(text))
            {
                Junction.Create(child, text);
            }
            else if (kind == LinkKind.Unknown ? Directory.Exists(Path.GetFullPath(Path.Combine(PortablePath.Shown(path), text))) : kind != LinkKind.File)
            {
                Directory.CreateSymbolicLink(child, text);
            }
            else
            {
                File.CreateSymbolicLink(child, text);
            }
        });
    }

    public void CreateHardLink(ReadOnlySpan<byte> name, IDirectory existingDirectory, ReadOnlySpan<byte> existingName)
    {
        var child = PathOf(name, "link");
        var existing = Own(existingDirectory, "link").PathOf(existingName, "link");
        var isDone = OperatingSystem.IsWindows()
            ? WindowsCalls.CreateHardLink(child, existing, 0)
            : UnixCalls.Link(existing, child) == 0;
        if (!isDone)
        {
            throw PortableError.OfSystem(Marshal.GetLastPInvokeError(), $"link to '{existing}'", child);
        }
    }

    public void CreateNode(ReadOnlySpan<byte> name, FileKind kind, int mode, uint major, uint minor) =>
        throw PortableError.Of(FileError.NotSupported, "create node", PathOf(name, "create node"), "this platform has none");

    public byte[] ReadLink(ReadOnlySpan<byte> name)
    {
        var child = PathOf(name, "read link");
        if (!PortableStatus.TryGet(child, followLinks: false, out _))
        {
            throw PortableError.Of(FileError.NotFound, "read link", child, "nothing of that name");
        }
        var target = PortableError.Run("read link", child, () => new FileInfo(child).LinkTarget)
            ?? throw PortableError.Of(FileError.InvalidArgument, "read link", child, "not a link");
        return Encoding.UTF8.GetBytes(OperatingSystem.IsWindows() ? target.Replace('\\', '/') : target);
    }

    public void Rename(ReadOnlySpan<byte> name, IDirectory newDirectory, ReadOnlySpan<byte> newName)
    {
        var from = PathOf(name, "rename");
        var to = Own(newDirectory, "rename").PathOf(newName, "rename");
        if (!OperatingSystem.IsWindows())
        {
            if (UnixCalls.Rename(from, to) < 0)
            {
                throw PortableError.OfSystem(Marshal.GetLastPInvokeError(), $"rename to '{to}'", from);
            }
            return;
        }
        // Windows replaces files only, and has one error for all that it does not replace.
        if (PortableStatus.TryGet(to, followLinks: false, out var target) && PortableStatus.TryGet(from, followLinks: false, out var source)
            && source.Id != target.Id)
        {
            switch (source.Kind == FileKind.Directory, target.Kind == FileKind.Directory)
            {
                case (true, true):
                    PortableError.Run("rename", to, () => Directory.Delete(to));
                    break;
                case (false, true):
                    throw PortableError.Of(FileError.IsADirectory, $"rename to '{to}'", from, "a directory stands there");
                case (true, false):
                    throw PortableError.Of(FileError.NotADirectory, $"rename to '{to}'", from, "something else than a directory stands there");
            }
        }
        var error = WindowsCalls.Rename(from, to);
        if (error != 0)
        {
            throw PortableError.OfSystem(error, $"rename to '{to}'", from);
        }
    }

    public void RemoveFile(ReadOnlySpan<byte> name)
    {
        var child = PathOf(name, "remove");
        if (!PortableStatus.TryGet(child, followLinks: false, out var status))
        {
            throw PortableError.Of(FileError.NotFound, "remove", child, "nothing of that name");
        }
        if (status.Kind == FileKind.Directory)
        {
            throw PortableError.Of(FileError.IsADirectory, "remove", child, "a directory");
        }
        PortableError.Run("remove", child, () =>
        {
            if (OperatingSystem.IsWindows() && File.GetAttributes(child).HasFlag(FileAttributes.Directory))
            {
                // A link to a directory.
                Directory.Delete(child);
                return;
            }
            File.Delete(child);
        });
    }

    public void RemoveDirectory(ReadOnlySpan<byte> name)
    {
        var child = PathOf(name, "remove");
        if (!PortableStatus.TryGet(child, followLinks: false, out var status))
        {
            throw PortableError.Of(FileError.NotFound, "remove", child, "nothing of that name");
        }
        if (status.Kind != FileKind.Directory)
        {
            throw PortableError.Of(FileError.NotADirectory, "remove", child, "not a directory");
        }
        PortableError.Run("remove", child, () => Directory.Delete(child));
    }

    public void GetAttributes(ReadOnlySpan<byte> name, List<ExtendedAttribute> attributes) => _ = PathOf(name, "list attributes of");

    public void GetAttributes(List<ExtendedAttribute> attributes) => ObjectDisposedException.ThrowIf(isDisposed, this);

    public MetadataLoss SetMetadata(ReadOnlySpan<byte> name, in FileMetadata metadata) =>
        PortableMetadata.Set(PathOf(name, "set metadata of"), null, metadata);

    public void SetMode(ReadOnlySpan<byte> name, in FileStatus of, int mode)
    {
        var child = PathOf(name, "chmod");
        if (!PortableStatus.TryGet(child, followLinks: false, out var status) || status.Id != of.Id)
        {
            throw PortableError.Of(FileError.Moved, "chmod", child, "something else stands there meanwhile");
        }
        PortableMetadata.SetMode(child, mode);
    }

    public MetadataLoss SetMetadata(in FileMetadata metadata)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        return PortableMetadata.Set(path, null, metadata);
    }

    public void Flush() => FlushFileSystem();

    public void FlushFileSystem()
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        if (!OperatingSystem.IsWindows())
        {
            UnixCalls.Sync();
        }
    }

    public void Dispose() => isDisposed = true;

    private static void Demand(string child, FileKind kind, string operation)
    {
        if (!PortableStatus.TryGet(child, followLinks: false, out var status))
        {
            throw PortableError.Of(FileError.NotFound, operation, child, "nothing of that name");
        }
        if (status.Kind != kind)
        {
            throw status.Kind switch
            {
                FileKind.SymbolicLink => PortableError.Of(FileError.SymbolicLink, operation, child, "a symbolic link"),
                FileKind.Directory => PortableError.Of(FileError.IsADirectory, operation, child, "a directory"),
                _ when kind == FileKind.Directory => PortableError.Of(FileError.NotADirectory, operation, child, "not a directory"),
                _ => PortableError.Of(FileError.NotSupported, operation, child, "not a regular file"),
            };
        }
    }

    private static void DemandNothing(string child, string operation)
    {
        if (PortableStatus.TryGet(child, followLinks: false, out _))
        {
            throw PortableError.Of(FileError.Exists, operation, child, "exists already");
        }
    }

    private PortableDirectory Own(IDirectory directory, string operation) =>
        directory as PortableDirectory ?? throw PortableError.Of(FileError.CrossDevice, operation, path, "another kind of file system");

    private string PathOf(ReadOnlySpan<byte> name, string operation)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        var isText = PortablePath.TryDecode(name, OperatingSystem.IsWindows(), out var text);
        if (name.Length > PortablePath.LongestName || (OperatingSystem.IsWindows() && text.Length > PortablePath.LongestOnWindows))
        {
            throw PortableError.Of(FileError.NameTooLong, operation, Path.Join(path, Encoding.UTF8.GetString(name)), "a name too long");
        }
        return isText
            ? Path.Join(path, text)
            : throw PortableError.Of(
                FileError.InvalidArgument, operation, Path.Join(path, Encoding.UTF8.GetString(name)), "not a name this platform can hold");
    }
}
