using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Restoring;

/// <summary>Reads a directory's metadata in the form in which it is set.</summary>
internal static class DirectoryMetadata
{
    /// <summary>The mode rwx------.</summary>
    public const int OwnerOnly = 0x1C0;

    /// <summary>The mode rwxr-xr-x, less the umask: of a directory that nothing is known about.</summary>
    public const int Usual = 0x1ED;

    /// <summary>
    /// Makes sure that its owner may list and change a directory that was looked at, and none that was put in its place.
    /// Nothing else about it changes.
    /// </summary>
    public static void OpenToOwner(this IDirectory parent, ReadOnlySpan<byte> name, in FileStatus status)
    {
        if ((status.Mode & OwnerOnly) != OwnerOnly)
        {
            parent.SetMode(name, status, status.Mode | OwnerOnly);
        }
    }

    /// <summary>All of it, to give to another directory.</summary>
    public static FileMetadata ReadMetadata(this IDirectory directory)
    {
        directory.GetStatus(out var status);
        var attributes = new List<ExtendedAttribute>();
        directory.GetAttributes(attributes);
        return new FileMetadata
        {
            Kind = FileKind.Directory,
            Mode = status.Mode,
            SetOwner = true,
            UserId = status.UserId,
            GroupId = status.GroupId,
            ModifiedAt = status.ModifiedAt,
            WindowsAttributes = status.WindowsAttributes,
            CreatedAt = status.WindowsAttributes is null ? null : status.CreatedAt,
            Attributes = attributes,
        };
    }

    /// <summary>The same where something else matters more.</summary>
    public static void SetTimeQuietly(this IDirectory directory, in FileStatus before)
    {
        try
        {
            directory.SetTime(before);
        }
        catch (FileSystemException)
        {
            // What made it fail before is told, or makes the next step fail.
        }
    }

    /// <summary>Puts the time of modification back to what it was.</summary>
    public static void SetTime(this IDirectory directory, in FileStatus before)
    {
        var metadata = directory.ReadMetadata();
        metadata.ModifiedAt = before.ModifiedAt;
        directory.SetMetadata(metadata);
    }
}
