using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Entries;

/// <summary>Turns what the file system says of a file into an entry.</summary>
internal sealed class EntryFactory(IFileSystem fileSystem, UnkeptLog unkept)
{
    private readonly FileSystemTraits traits = fileSystem.Traits;

    /// <summary>Fills the entry but for its name, link name and sparse map.</summary>
    /// <returns>False when the attributes were too many to keep (beyond <see cref="TarLayout.MaxPaxBody"/>) and were left out.</returns>
    public bool Fill(TarEntry entry, in FileStatus status, List<ExtendedAttribute> attributes)
    {
        entry.Clear();
        entry.Type = status.Kind switch
        {
            FileKind.Directory => TypeFlag.Directory,
            FileKind.SymbolicLink => TypeFlag.SymbolicLink,
            FileKind.Fifo => TypeFlag.Fifo,
            FileKind.CharacterDevice => TypeFlag.CharacterDevice,
            FileKind.BlockDevice => TypeFlag.BlockDevice,
            _ => TypeFlag.Regular,
        };
        entry.Mode = status.Mode;
        if (status.UserId == traits.UnmappedUserId || status.GroupId == traits.UnmappedGroupId)
        {
            unkept.HasUnmappedOwners = true;
        }

        entry.UserId = status.UserId;
        entry.GroupId = status.GroupId;
        entry.UserName = fileSystem.UserName(status.UserId);
        entry.GroupName = fileSystem.GroupName(status.GroupId);
        entry.ModifiedSeconds = Math.Max(status.ModifiedAt.Seconds, -long.MaxValue);
        entry.ModifiedNanoseconds = status.ModifiedAt.Nanoseconds;
        if (status.WindowsAttributes is not null)
        {
            entry.WindowsAttributes = status.WindowsAttributes;
            entry.IsJunction = status.IsJunction;
            entry.CreatedSeconds = Math.Max(status.CreatedAt.Seconds, -long.MaxValue);
            entry.CreatedNanoseconds = status.CreatedAt.Nanoseconds;
            unkept.Note(status.Unkept);
        }

        entry.DeviceMajor = status.DeviceMajor;
        entry.DeviceMinor = status.DeviceMinor;
        entry.Size = status.Kind == FileKind.Regular ? status.Size : 0;
        return attributes.Count == 0 || AddAttributes(entry, attributes);
    }

    private static bool AddAttributes(TarEntry entry, List<ExtendedAttribute> attributes)
    {
        long total = 0;
        foreach (var attribute in attributes)
        {
            total += attribute.Name.Length + (2L * attribute.Value.Length) + 64;
        }

        if (total > TarLayout.MaxPaxBody / 2)
        {
            return false;
        }

        foreach (var attribute in attributes)
        {
            if (attribute.Name.AsSpan().SequenceEqual(PosixAcl.AccessAttribute) && PosixAcl.TryFormat(attribute.Value, out byte[] access))
            {
                entry.AccessAcl = access;
            }
            else if (attribute.Name.AsSpan().SequenceEqual(PosixAcl.DefaultAttribute) && PosixAcl.TryFormat(attribute.Value, out byte[] inherited))
            {
                entry.DefaultAcl = inherited;
            }
            else
            {
                entry.Attributes.Add(new TarAttribute(attribute.Name, attribute.Value));
            }
        }

        return true;
    }
}
