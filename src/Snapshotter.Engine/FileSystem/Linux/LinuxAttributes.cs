using System.Buffers;
using System.Runtime.CompilerServices;

namespace Snapshotter.Engine.FileSystem.Linux;

/// <summary>Extended attributes of an open handle, or of a name by its path under /proc.</summary>
internal static unsafe class LinuxAttributes
{
    /// <summary>The kernel's bound on a list of names, and on a value.</summary>
    private const int LargestSize = 65536;
    private const int UsualSize = 1024;

    /// <summary>Appends the attributes of the target. One call when there are none.</summary>
    public static void Get(Target target, List<ExtendedAttribute> attributes)
    {
        var names = ListNames(target);
        while (NextName(ref names, out var name))
        {
            if (IsSaved(name[..^1]) && TryGetValue(target, name, out var value))
            {
                attributes.Add(new ExtendedAttribute(name[..^1].ToArray(), value));
            }
        }
    }

    /// <summary>Removes the attributes that are not in the list. Labels of security modules stay: they are the system's.</summary>
    public static void RemoveOthers(Target target, List<ExtendedAttribute>? wanted)
    {
        var names = ListNames(target);
        while (NextName(ref names, out var name))
        {
            if (IsRemovable(name[..^1]) && !Contains(wanted, name[..^1]))
            {
                target.Remove(name);
            }
        }
    }

    /// <summary>Sets either the ACLs (after the mode, which they refine) or all other attributes.</summary>
    public static MetadataLoss Set(Target target, List<ExtendedAttribute> attributes, bool accessLists)
    {
        var loss = MetadataLoss.None;
        foreach (var attribute in attributes)
        {
            if (IsAccessList(attribute.Name) == accessLists && !target.TrySet(attribute))
            {
                loss = MetadataLoss.Attributes;
            }
        }
        return loss;
    }

    private static bool IsAccessList(ReadOnlySpan<byte> name) => name.StartsWith("system.posix_acl_"u8);

    // Of "system." only ACLs: the rest (nfs4_acl, ntfs_acl...) says again, in a file system's own words, what the mode tells.
    private static bool IsSaved(ReadOnlySpan<byte> name) => !name.StartsWith("system."u8) || IsAccessList(name);

    private static bool IsRemovable(ReadOnlySpan<byte> name) =>
        IsSaved(name) && (!name.StartsWith("security."u8) || name.SequenceEqual("security.capability"u8));

    private static bool Contains(List<ExtendedAttribute>? attributes, ReadOnlySpan<byte> name)
    {
        if (attributes is not null)
        {
            foreach (var attribute in attributes)
            {
                if (name.SequenceEqual(attribute.Name))
                {
                    return true;
                }
            }
        }
        return false;
    }

    /// <summary>Takes the next name, with the NUL that ends it, off the list.</summary>
    private static bool NextName(ref ReadOnlySpan<byte> names, out ReadOnlySpan<byte> name)
    {
        name = names[..(names.IndexOf((byte)0) + 1)];
        names = names[name.Length..];
        return !name.IsEmpty;
    }

    [SkipLocalsInit]
    private static ReadOnlySpan<byte> ListNames(Target target)
    {
        Span<byte> usual = stackalloc byte[UsualSize];
        var size = target.List(usual);
        if (size != Target.TooSmall)
        {
            return size == 0 ? [] : usual[..size].ToArray();
        }
        var large = new byte[LargestSize];
        size = target.List(large);
        return large.AsSpan(0, Math.Max(size, 0));
    }

    [SkipLocalsInit]
    private static bool TryGetValue(Target target, ReadOnlySpan<byte> name, out byte[] value)
    {
        Span<byte> usual = stackalloc byte[UsualSize];
        var size = target.Get(name, usual);
        if (size >= 0)
        {
            value = usual[..size].ToArray();
            return true;
        }
        if (size == Target.TooSmall)
        {
            var large = ArrayPool<byte>.Shared.Rent(LargestSize);
            try
            {
                size = target.Get(name, large);
                if (size >= 0)
                {
                    value = large.AsSpan(0, size).ToArray();
                    return true;
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(large);
            }
        }
        value = [];
        return false;
    }

    /// <summary>Whose attributes: an open handle's, or those of a path (ended by NUL) whose last component is not followed.</summary>
    internal readonly ref struct Target
    {
        public const int TooSmall = -1;
        private const int Vanished = -2;
        private const long SurelyEnough = 1 << 20;

        private readonly LinuxHandle handle;
        private readonly ReadOnlySpan<byte> path;
        private readonly ReadOnlySpan<byte> name;

        public Target(LinuxHandle handle)
        {
            this.handle = handle;
        }

        /// <param name="directory">The directory, for messages.</param>
        /// <param name="path">The path under /proc.</param>
        /// <param name="name">The name in the directory, for messages.</param>
        public Target(LinuxHandle directory, ReadOnlySpan<byte> path, ReadOnlySpan<byte> name)
        {
            handle = directory;
            this.path = path;
            this.name = name;
        }

        private string DisplayPath => path.IsEmpty ? handle.DisplayPath : handle.DisplayPathOf(name);

        /// <summary>The size of the list of names; <see cref="TooSmall"/> when the buffer is.</summary>
        public int List(Span<byte> buffer)
        {
            fixed (byte* pathBytes = path, bytes = buffer)
            {
                var size = pathBytes == null
                    ? LibC.ListAttributes(handle, bytes, (nuint)buffer.Length)
                    : LibC.ListAttributes(pathBytes, bytes, (nuint)buffer.Length);
                return size >= 0 ? (int)size : LibC.LastError switch
                {
                    LinuxError.ERANGE => TooSmall,
                    LinuxError.EOPNOTSUPP or LinuxError.EPERM or LinuxError.ENOSYS => 0,
                    _ => throw LinuxError.Last("list attributes of", DisplayPath),
                };
            }
        }

        /// <summary>The size of the value; <see cref="TooSmall"/>, or another negative number when it is gone or secret.</summary>
        public int Get(ReadOnlySpan<byte> attribute, Span<byte> buffer)
        {
            fixed (byte* pathBytes = path, nameBytes = attribute, bytes = buffer)
            {
                var size = pathBytes == null
                    ? LibC.GetAttribute(handle, nameBytes, bytes, (nuint)buffer.Length)
                    : LibC.GetAttribute(pathBytes, nameBytes, bytes, (nuint)buffer.Length);
                return size >= 0 ? (int)size : LibC.LastError switch
                {
                    LinuxError.ERANGE => TooSmall,
                    LinuxError.ENODATA or LinuxError.EOPNOTSUPP or LinuxError.EPERM or LinuxError.EACCES => Vanished,
                    _ => throw LinuxError.Last("read an attribute of", DisplayPath),
                };
            }
        }

        /// <summary>False when the file system cannot hold it or the process may not set it.</summary>
        [SkipLocalsInit]
        public bool TrySet(ExtendedAttribute attribute)
        {
            Span<byte> buffer = stackalloc byte[CName.Size];
            if (attribute.Name.Length >= buffer.Length || attribute.Name.AsSpan().Contains((byte)0))
            {
                return false;
            }
            fixed (byte* pathBytes = path, nameBytes = CName.Terminate(attribute.Name, buffer), value = attribute.Value)
            {
                var size = (nuint)attribute.Value.Length;
                var result = pathBytes == null
                    ? LibC.SetAttribute(handle, nameBytes, value, size, 0)
                    : LibC.SetAttribute(pathBytes, nameBytes, value, size, 0);
                if (result == 0)
                {
                    return true;
                }
            }
            // Taken before anything else is asked, which would overwrite it.
            var error = LibC.LastError;
            return error switch
            {
                LinuxError.EACCES or LinuxError.E2BIG or LinuxError.ERANGE => false,
                // Some file systems say so when the attributes of one file outgrow their place.
                LinuxError.ENOSPC when handle.FreeSpace > SurelyEnough => false,
                _ when LinuxError.IsRefusal(error) => false,
                _ => throw LinuxError.Of(error, "set an attribute of", DisplayPath),
            };
        }

        public void Remove(ReadOnlySpan<byte> attribute)
        {
            fixed (byte* nameBytes = attribute)
            {
                // What cannot be removed is the system's own.
                _ = LibC.RemoveAttribute(handle, nameBytes);
            }
        }
    }
}
