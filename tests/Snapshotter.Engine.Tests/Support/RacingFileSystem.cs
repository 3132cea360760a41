using System.Text;
using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Tests.Support;

/// <summary>One call on a directory that is about to be made.</summary>
/// <param name="Number">How many were made before it.</param>
/// <param name="Operation">The member of <see cref="IDirectory"/>.</param>
/// <param name="At">The directory.</param>
/// <param name="Name">The name it is about; empty when it is about the directory itself.</param>
internal readonly record struct Moment(int Number, string Operation, IDirectory At, string Name)
{
    /// <summary>The directory's path for messages.</summary>
    public string Directory => At.DisplayPath;
}

/// <summary>
/// A file system with somebody else at work in it: before each call on a directory the test is told, and may change what it
/// likes in the file system behind. Counts the directories that are open at once.
/// </summary>
internal sealed class RacingFileSystem(IFileSystem real, Action<Moment> before) : IFileSystem
{
    private int calls;
    private int open;

    /// <summary>Directories open at once, at most.</summary>
    public int MostOpen { get; private set; }

    /// <summary>Directories open now.</summary>
    public int Open => open;

    /// <summary>Calls made so far.</summary>
    public int Calls => calls;

    public FileSystemTraits Traits => real.Traits;

    public IDirectory OpenDirectory(string path) => new RacingDirectory(this, real.OpenDirectory(path));

    public IFile OpenFile(string path, FileAccessKind access) => real.OpenFile(path, access);

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

    private void Tell(IDirectory directory, string operation, ReadOnlySpan<byte> name) =>
        before(new Moment(Interlocked.Increment(ref calls) - 1, operation, directory, Encoding.UTF8.GetString(name)));

    private sealed class RacingDirectory : IDirectory
    {
        private readonly RacingFileSystem owner;
        private readonly IDirectory real;
        private bool isClosed;

        public RacingDirectory(RacingFileSystem owner, IDirectory real)
        {
            this.owner = owner;
            this.real = real;
            owner.MostOpen = Math.Max(owner.MostOpen, Interlocked.Increment(ref owner.open));
        }

        public string DisplayPath => real.DisplayPath;

        public void GetStatus(out FileStatus status)
        {
            Tell(nameof(GetStatus));
            real.GetStatus(out status);
        }

        public bool TryGetStatus(ReadOnlySpan<byte> name, out FileStatus status)
        {
            Tell(nameof(TryGetStatus), name);
            return real.TryGetStatus(name, out status);
        }

        public FileError? AskForWriting(ReadOnlySpan<byte> name) => real.AskForWriting(name);

        public DirectoryListing List()
        {
            Tell(nameof(List));
            return real.List();
        }

        public IDirectory OpenDirectory(ReadOnlySpan<byte> name)
        {
            Tell(nameof(OpenDirectory), name);
            return new RacingDirectory(owner, real.OpenDirectory(name));
        }

        public IDirectory Reopen()
        {
            Tell(nameof(Reopen));
            return new RacingDirectory(owner, real.Reopen());
        }

        public IDirectory OpenParent()
        {
            Tell(nameof(OpenParent));
            return new RacingDirectory(owner, real.OpenParent());
        }

        public IFile OpenFile(ReadOnlySpan<byte> name)
        {
            Tell(nameof(OpenFile), name);
            return real.OpenFile(name);
        }

        public IFile OpenFileForWriting(ReadOnlySpan<byte> name)
        {
            Tell(nameof(OpenFileForWriting), name);
            return real.OpenFileForWriting(name);
        }

        public IFile CreateFile(ReadOnlySpan<byte> name, int mode)
        {
            Tell(nameof(CreateFile), name);
            return real.CreateFile(name, mode);
        }

        public void CreateDirectory(ReadOnlySpan<byte> name, int mode)
        {
            Tell(nameof(CreateDirectory), name);
            real.CreateDirectory(name, mode);
        }

        public void CreateSymbolicLink(ReadOnlySpan<byte> name, ReadOnlySpan<byte> target)
        {
            Tell(nameof(CreateSymbolicLink), name);
            real.CreateSymbolicLink(name, target);
        }

        public void CreateHardLink(ReadOnlySpan<byte> name, IDirectory existingDirectory, ReadOnlySpan<byte> existingName)
        {
            Tell(nameof(CreateHardLink), name);
            real.CreateHardLink(name, Behind(existingDirectory), existingName);
        }

        public void CreateNode(ReadOnlySpan<byte> name, FileKind kind, int mode, uint major, uint minor)
        {
            Tell(nameof(CreateNode), name);
            real.CreateNode(name, kind, mode, major, minor);
        }

        public byte[] ReadLink(ReadOnlySpan<byte> name)
        {
            Tell(nameof(ReadLink), name);
            return real.ReadLink(name);
        }

        public void Rename(ReadOnlySpan<byte> name, IDirectory newDirectory, ReadOnlySpan<byte> newName)
        {
            Tell(nameof(Rename), name);
            real.Rename(name, Behind(newDirectory), newName);
        }

        public void RemoveFile(ReadOnlySpan<byte> name)
        {
            Tell(nameof(RemoveFile), name);
            real.RemoveFile(name);
        }

        public void RemoveDirectory(ReadOnlySpan<byte> name)
        {
            Tell(nameof(RemoveDirectory), name);
            real.RemoveDirectory(name);
        }

        public void GetAttributes(ReadOnlySpan<byte> name, List<ExtendedAttribute> attributes)
        {
            Tell(nameof(GetAttributes), name);
            real.GetAttributes(name, attributes);
        }

        public void GetAttributes(List<ExtendedAttribute> attributes)
        {
            Tell(nameof(GetAttributes));
            real.GetAttributes(attributes);
        }

        public MetadataLoss SetMetadata(ReadOnlySpan<byte> name, in FileMetadata metadata)
        {
            Tell(nameof(SetMetadata), name);
            return real.SetMetadata(name, metadata);
        }

        public void SetMode(ReadOnlySpan<byte> name, in FileStatus of, int mode)
        {
            Tell(nameof(SetMode), name);
            real.SetMode(name, of, mode);
        }

        public MetadataLoss SetMetadata(in FileMetadata metadata)
        {
            Tell(nameof(SetMetadata));
            return real.SetMetadata(metadata);
        }

        public void Flush()
        {
            Tell(nameof(Flush));
            real.Flush();
        }

        public void FlushFileSystem()
        {
            Tell(nameof(FlushFileSystem));
            real.FlushFileSystem();
        }

        public void Dispose()
        {
            if (!isClosed)
            {
                isClosed = true;
                Interlocked.Decrement(ref owner.open);
            }

            real.Dispose();
        }

        private static IDirectory Behind(IDirectory directory) => directory is RacingDirectory racing ? racing.real : directory;

        private void Tell(string operation, ReadOnlySpan<byte> name = default) => owner.Tell(real, operation, name);
    }
}
