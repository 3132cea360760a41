using System.Text;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.FileSystem.Portable;

namespace Snapshotter.Engine.Tests.Strict;

/// <summary>A directory of a <see cref="StrictFileSystem"/>.</summary>
internal sealed class StrictDirectory(StrictFileSystem owner, IDirectory real) : IDirectory
{
    public string DisplayPath => real.DisplayPath;

    public void GetStatus(out FileStatus status)
    {
        real.GetStatus(out status);
        status = owner.AsWindowsTells(status);
    }

    public bool TryGetStatus(ReadOnlySpan<byte> name, out FileStatus status)
    {
        string path = PathOf(name);
        owner.DemandStanding(path, "stat");
        bool exists = real.TryGetStatus(name, out status);
        status = exists ? owner.AsWindowsTells(status) : status;
        return exists;
    }

    public FileError? AskForWriting(ReadOnlySpan<byte> name)
    {
        string path = PathOf(name);
        owner.DemandStanding(path, "open");
        return real.TryGetStatus(name, out var status) ? owner.Ask(path, status) : null;
    }

    public DirectoryListing List() => real.List();

    public IDirectory OpenDirectory(ReadOnlySpan<byte> name)
    {
        owner.DemandStanding(PathOf(name), "open");
        return new StrictDirectory(owner, real.OpenDirectory(name));
    }

    public IDirectory Reopen() => new StrictDirectory(owner, real.Reopen());

    public IDirectory OpenParent() => new StrictDirectory(owner, real.OpenParent());

    public IFile OpenFile(ReadOnlySpan<byte> name)
    {
        byte[] opened = name.ToArray();
        return owner.Open(PathOf(name), FileAccess.Read, () => real.OpenFile(opened));
    }

    public IFile OpenFileForWriting(ReadOnlySpan<byte> name)
    {
        byte[] opened = name.ToArray();
        return owner.Open(PathOf(name), FileAccess.ReadWrite, () => real.OpenFileForWriting(opened));
    }

    public IFile CreateFile(ReadOnlySpan<byte> name, int mode)
    {
        byte[] created = name.ToArray();
        return real.TryGetStatus(name, out _)
            ? real.CreateFile(name, mode)
            : owner.Open(PathOf(name), FileAccess.ReadWrite, () => real.CreateFile(created, 0x1A4));
    }

    public void CreateDirectory(ReadOnlySpan<byte> name, int mode)
    {
        owner.DemandStanding(PathOf(name), "create directory");
        real.CreateDirectory(name, 0x1ED);
    }

    public void CreateSymbolicLink(ReadOnlySpan<byte> name, ReadOnlySpan<byte> target) =>
        CreateSymbolicLink(name, target, LinkKind.Unknown);

    public void CreateSymbolicLink(ReadOnlySpan<byte> name, ReadOnlySpan<byte> target, LinkKind kind)
    {
        owner.DemandStanding(PathOf(name), "link");
        owner.NoteLink(Encoding.UTF8.GetString(target), kind);
        real.CreateSymbolicLink(name, target);
    }

    public void CreateHardLink(ReadOnlySpan<byte> name, IDirectory existingDirectory, ReadOnlySpan<byte> existingName)
    {
        owner.DemandStanding(PathOf(name), "link");
        real.CreateHardLink(name, Behind(existingDirectory), existingName);
    }

    public void CreateNode(ReadOnlySpan<byte> name, FileKind kind, int mode, uint major, uint minor) =>
        real.CreateNode(name, kind, mode, major, minor);

    public byte[] ReadLink(ReadOnlySpan<byte> name) => real.ReadLink(name);

    public void Rename(ReadOnlySpan<byte> name, IDirectory newDirectory, ReadOnlySpan<byte> newName)
    {
        byte[] from = name.ToArray();
        byte[] to = newName.ToArray();
        var target = (StrictDirectory)newDirectory;
        string toPath = target.PathOf(newName);
        bool exists = real.TryGetStatus(name, out var source);
        bool replaces = target.Real.TryGetStatus(newName, out var replaced);
        if (!exists)
        {
            real.Rename(name, target.Real, newName);
            return;
        }

        owner.Rename(PathOf(name), source, toPath, replaces ? replaced : null, () => real.Rename(from, target.Real, to));
    }

    public void RemoveFile(ReadOnlySpan<byte> name)
    {
        byte[] removed = name.ToArray();
        if (!real.TryGetStatus(name, out var status) || status.Kind == FileKind.Directory)
        {
            real.RemoveFile(name);
            return;
        }

        owner.Remove(PathOf(name), status, () => real.RemoveFile(removed));
    }

    public void RemoveDirectory(ReadOnlySpan<byte> name)
    {
        byte[] removed = name.ToArray();
        if (!real.TryGetStatus(name, out var status) || status.Kind != FileKind.Directory)
        {
            real.RemoveDirectory(name);
            return;
        }

        owner.RemoveDirectory(PathOf(name), status, () => real.RemoveDirectory(removed));
    }

    public void GetAttributes(ReadOnlySpan<byte> name, List<ExtendedAttribute> attributes)
    {
    }

    public void GetAttributes(List<ExtendedAttribute> attributes)
    {
    }

    public MetadataLoss SetMetadata(ReadOnlySpan<byte> name, in FileMetadata metadata) =>
        real.SetMetadata(name, AsWindowsTakes(metadata, out var loss)) | loss;

    public void SetMode(ReadOnlySpan<byte> name, in FileStatus of, int mode)
    {
        if (!real.TryGetStatus(name, out var status) || status.Id != of.Id)
        {
            throw new FileSystemException(FileError.Moved, "chmod", PathOf(name), "something else stands there");
        }

        owner.SetReadOnly(status, PathOf(name), (mode & 0x80) == 0);
    }

    public MetadataLoss SetMetadata(in FileMetadata metadata) => real.SetMetadata(AsWindowsTakes(metadata, out var loss)) | loss;

    public void Flush()
    {
    }

    public void FlushFileSystem()
    {
    }

    public void Dispose() => real.Dispose();

    internal static FileMetadata AsWindowsTakes(FileMetadata metadata, out MetadataLoss loss)
    {
        int mode = PortableStatus.ModeOnWindows(metadata.Kind, isReadOnly: (metadata.Mode & 0x80) == 0);
        loss = metadata.SetOwner && (metadata.UserId != 0 || metadata.GroupId != 0) ? MetadataLoss.Owner : MetadataLoss.None;
        loss |= metadata.Kind != FileKind.SymbolicLink && mode != metadata.Mode ? MetadataLoss.Mode : MetadataLoss.None;
        metadata.Mode = mode;
        metadata.SetOwner = false;
        return metadata;
    }

    private IDirectory Real => real;

    private static IDirectory Behind(IDirectory directory) => directory is StrictDirectory strict ? strict.Real : directory;

    /// <exception cref="FileSystemException">A name that Windows refuses.</exception>
    private string PathOf(ReadOnlySpan<byte> name) => PortablePath.TryDecode(name, windowsRules: true, out string text)
        ? Path.Join(real.DisplayPath, text)
        : throw new FileSystemException(
            FileError.InvalidArgument, "open", Path.Join(real.DisplayPath, Encoding.UTF8.GetString(name)), "no name of Windows");
}
