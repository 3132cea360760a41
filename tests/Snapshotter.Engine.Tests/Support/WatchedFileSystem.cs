using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Tests.Support;

/// <summary>
/// The real file system, with somebody at work on the files while they are read: before each read the test is called with
/// the file's path and the offset, and may change the file or fail the read.
/// </summary>
internal sealed class WatchedFileSystem(IFileSystem real, Action<string, long> beforeRead) : IFileSystem
{
    public FileSystemTraits Traits { get; init; } = real.Traits;

    /// <summary>Says how much of a read of so many bytes at an offset is done at all; may fail it.</summary>
    public Func<string, long, int, int>? LimitRead { get; init; }

    /// <summary>Called before each write to, and flush of, a file that is opened by its path.</summary>
    public Action? BeforeWrite { get; init; }

    /// <summary>False for a file system that refuses locks.</summary>
    public bool HasLocks { get; init; } = true;

    public IDirectory OpenDirectory(string path) => new WatchedDirectory(real.OpenDirectory(path), beforeRead);

    public IFile OpenFile(string path, FileAccessKind access) => new WatchedFile(real.OpenFile(path, access), beforeRead) { LimitRead = LimitRead, BeforeWrite = BeforeWrite, HasNoLocks = !HasLocks };

    public bool TryGetStatus(string path, out FileStatus status) => real.TryGetStatus(path, out status);

    public bool MayFollow(IDirectory directory, in FileStatus link) => true;

    public void CreateDirectories(string path) => real.CreateDirectories(path);

    public IReadOnlyList<string> MountPointsBelow(string path) => real.MountPointsBelow(path);

    public string? PlaceOf(string path) => real.PlaceOf(path);

    public long FreeSpace(string path) => real.FreeSpace(path);

    public long? FreeFiles(string path) => real.FreeFiles(path);

    public bool MayCompress(string path) => real.MayCompress(path);

    public IFile CreateSpool() => real.CreateSpool();

    public ReadOnlyMemory<byte> UserName(uint userId) => real.UserName(userId);

    public ReadOnlyMemory<byte> GroupName(uint groupId) => real.GroupName(groupId);

    private sealed class WatchedDirectory(IDirectory real, Action<string, long> beforeRead) : IDirectory
    {
        public string DisplayPath => real.DisplayPath;

        public void GetStatus(out FileStatus status) => real.GetStatus(out status);

        public bool TryGetStatus(ReadOnlySpan<byte> name, out FileStatus status) => real.TryGetStatus(name, out status);

        public FileError? AskForWriting(ReadOnlySpan<byte> name) => real.AskForWriting(name);

        public DirectoryListing List() => real.List();

        public IDirectory OpenDirectory(ReadOnlySpan<byte> name) => new WatchedDirectory(real.OpenDirectory(name), beforeRead);

        public IDirectory Reopen() => new WatchedDirectory(real.Reopen(), beforeRead);

        public IDirectory OpenParent() => new WatchedDirectory(real.OpenParent(), beforeRead);

        public IFile OpenFile(ReadOnlySpan<byte> name)
        {
            // Between the listing and the opening is a moment too: offset -1.
            beforeRead(DisplayPath + "/" + System.Text.Encoding.UTF8.GetString(name), -1);
            return new WatchedFile(real.OpenFile(name), beforeRead);
        }

        public IFile OpenFileForWriting(ReadOnlySpan<byte> name) => real.OpenFileForWriting(name);

        public IFile CreateFile(ReadOnlySpan<byte> name, int mode) => real.CreateFile(name, mode);

        public void CreateDirectory(ReadOnlySpan<byte> name, int mode) => real.CreateDirectory(name, mode);

        public void CreateSymbolicLink(ReadOnlySpan<byte> name, ReadOnlySpan<byte> target) => real.CreateSymbolicLink(name, target);

        public void CreateHardLink(ReadOnlySpan<byte> name, IDirectory existingDirectory, ReadOnlySpan<byte> existingName) =>
            real.CreateHardLink(name, existingDirectory is WatchedDirectory watched ? watched.Real : existingDirectory, existingName);

        public void CreateNode(ReadOnlySpan<byte> name, FileKind kind, int mode, uint major, uint minor) =>
            real.CreateNode(name, kind, mode, major, minor);

        public byte[] ReadLink(ReadOnlySpan<byte> name) => real.ReadLink(name);

        public void Rename(ReadOnlySpan<byte> name, IDirectory newDirectory, ReadOnlySpan<byte> newName) =>
            real.Rename(name, newDirectory is WatchedDirectory watched ? watched.Real : newDirectory, newName);

        public void RemoveFile(ReadOnlySpan<byte> name) => real.RemoveFile(name);

        public void RemoveDirectory(ReadOnlySpan<byte> name) => real.RemoveDirectory(name);

        public void GetAttributes(ReadOnlySpan<byte> name, List<ExtendedAttribute> attributes) => real.GetAttributes(name, attributes);

        public void GetAttributes(List<ExtendedAttribute> attributes) => real.GetAttributes(attributes);

        public MetadataLoss SetMetadata(ReadOnlySpan<byte> name, in FileMetadata metadata) => real.SetMetadata(name, metadata);

        public void SetMode(ReadOnlySpan<byte> name, in FileStatus of, int mode) => real.SetMode(name, of, mode);

        public MetadataLoss SetMetadata(in FileMetadata metadata) => real.SetMetadata(metadata);

        public void Flush() => real.Flush();

        public void FlushFileSystem() => real.FlushFileSystem();

        public void Dispose() => real.Dispose();

        private IDirectory Real => real;
    }

    private sealed class WatchedFile(IFile real, Action<string, long> beforeRead) : IFile
    {
        public string DisplayPath => real.DisplayPath;

        public long Length => real.Length;

        public void GetStatus(out FileStatus status) => real.GetStatus(out status);

        public Func<string, long, int, int>? LimitRead { get; init; }

        public Action? BeforeWrite { get; init; }

        public bool HasNoLocks { get; init; }

        public int Read(Span<byte> buffer, long offset)
        {
            beforeRead(DisplayPath, offset);
            int limit = LimitRead?.Invoke(DisplayPath, offset, buffer.Length) ?? buffer.Length;
            int read = real.Read(buffer[..limit], offset);
            return read < limit || limit == buffer.Length ? read : read + Read(buffer[limit..], offset + limit);
        }

        public void Write(ReadOnlySpan<byte> buffer, long offset)
        {
            BeforeWrite?.Invoke();
            real.Write(buffer, offset);
        }

        public void SetLength(long length) => real.SetLength(length);

        public void Flush()
        {
            BeforeWrite?.Invoke();
            real.Flush();
        }

        public long CopyFrom(IFile source, long sourceOffset, long offset, long count) => -1;

        public bool TryClone(IFile source, long sourceOffset, long offset, long count) => false;

        public long NextData(long offset) => real.NextData(offset);

        public long NextHole(long offset) => real.NextHole(offset);

        public bool TryCollapse(long offset, long count) => real.TryCollapse(offset, count);

        public bool TryLock(FileLock kind) => HasNoLocks || real.TryLock(kind);

        public void Unlock(FileLock kind) => real.Unlock(kind);

        public bool IsLocked(FileLock kind) => real.IsLocked(kind);

        public void GetAttributes(List<ExtendedAttribute> attributes) => real.GetAttributes(attributes);

        public MetadataLoss SetMetadata(in FileMetadata metadata) => real.SetMetadata(metadata);

        public void Dispose() => real.Dispose();
    }
}
