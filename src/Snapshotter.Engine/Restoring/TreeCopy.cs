using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Restoring;

/// <summary>Copies what cannot be renamed, with all its metadata and its holes, and puts it in its place in one step.</summary>
internal static class TreeCopy
{
    private const int Step = 256 * 1024;

    /// <summary>Copies something that is no directory.</summary>
    /// <param name="from">The directory it is in.</param>
    /// <param name="name">Its name, there and then here.</param>
    /// <param name="to">Where it goes.</param>
    /// <param name="before">What it was when it was looked at.</param>
    /// <param name="links">Learns of a file of several names, before the copy is one of them.</param>
    /// <param name="durable">It is on the disk afterwards.</param>
    public static void Copy(IDirectory from, ReadOnlySpan<byte> name, MovePlace to, in FileStatus before, KeptLinks links, bool durable)
    {
        if (before.Kind == FileKind.Regular)
        {
            CopyFile(from, name, to, before, durable);
        }
        else
        {
            CopyOther(from, name, to, before);
        }

        if (before.LinkCount > 1)
        {
            links.Note(before.Id, to.Aside, MovePlace.Name);
        }

        to.Aside.Rename(MovePlace.Name, to.Directory, name);
        if (durable)
        {
            to.Directory.Flush();
        }
    }

    /// <summary>Makes a directory, which its owner may fill, and opens it.</summary>
    public static IDirectory MakeDirectory(MovePlace to, ReadOnlySpan<byte> name, FileMetadata metadata, FileSystemTraits traits)
    {
        if (!traits.IsPrivileged)
        {
            metadata.Mode |= Ownership.OwnerOnly;
        }

        to.Aside.CreateDirectory(MovePlace.Name, Ownership.OwnerOnly);
        var directory = to.Aside.OpenDirectory(MovePlace.Name);
        try
        {
            directory.SetMetadata(metadata);

            // Whatever its name stands for in a moment, and whatever number a union gives it there, the handle is that of the
            // directory that was made.
            to.Aside.Rename(MovePlace.Name, to.Directory, name);
            return directory;
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    private static void CopyFile(IDirectory from, ReadOnlySpan<byte> name, MovePlace to, in FileStatus before, bool durable)
    {
        using var source = from.OpenFile(name);
        source.GetStatus(out var status);
        if (status.Id != before.Id || status.Kind != FileKind.Regular)
        {
            throw Moved(source.DisplayPath);
        }

        using var copy = to.Aside.CreateFile(MovePlace.Name, 0x180);
        for (long data = source.NextData(0); data < status.Size;)
        {
            long end = Math.Min(source.NextHole(data), status.Size);
            CopyBytes(source, copy, data, end);
            data = end < status.Size ? source.NextData(end) : end;
        }

        copy.SetLength(status.Size);
        var attributes = new List<ExtendedAttribute>();
        source.GetAttributes(attributes);
        copy.SetMetadata(MetadataOf(status, attributes));
        if (durable)
        {
            copy.Flush();
        }
    }

    private static void CopyBytes(IFile source, IFile target, long offset, long end)
    {
        if (offset >= end)
        {
            throw Shorter(source);
        }

        byte[]? buffer = null;
        while (offset < end)
        {
            long copied = buffer is null ? target.CopyFrom(source, offset, offset, end - offset) : -1;
            if (copied < 0)
            {
                buffer ??= new byte[Step];
                copied = source.Read(buffer.AsSpan(0, (int)Math.Min(Step, end - offset)), offset);
                target.Write(buffer.AsSpan(0, (int)copied), offset);
            }

            offset += copied > 0 ? copied : throw Shorter(source);
        }
    }

    private static void CopyOther(IDirectory from, ReadOnlySpan<byte> name, MovePlace to, in FileStatus status)
    {
        if (status.Kind == FileKind.SymbolicLink)
        {
            to.Aside.CreateSymbolicLink(MovePlace.Name, from.ReadLink(name));
        }
        else
        {
            to.Aside.CreateNode(MovePlace.Name, status.Kind, status.Mode & 0x1FF, status.DeviceMajor, status.DeviceMinor);
        }

        var attributes = new List<ExtendedAttribute>();
        from.GetAttributes(name, attributes);
        to.Aside.SetMetadata(MovePlace.Name, MetadataOf(status, attributes));
    }

    private static FileMetadata MetadataOf(in FileStatus status, List<ExtendedAttribute> attributes) => new()
    {
        Kind = status.Kind,
        Mode = status.Mode,
        SetOwner = true,
        UserId = status.UserId,
        GroupId = status.GroupId,
        ModifiedAt = status.ModifiedAt,
        Attributes = attributes,
    };

    private static FileSystemException Moved(string path) =>
        new(FileError.Moved, "copy", path, "it was exchanged while it was being copied");

    private static FileSystemException Shorter(IFile source) =>
        new(FileError.Moved, "copy", source.DisplayPath, "it became shorter while it was being copied");
}
