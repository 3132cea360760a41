using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Snapshotter.Engine.FileSystem.Linux;

namespace Snapshotter.Engine.FileSystem.Portable;

/// <summary>The status of a path by each platform's own call, since System.IO tells neither identity nor link count.</summary>
internal static class PortableStatus
{
    private const int FileNotFound = 2;
    private const int PathNotFound = 3;
    private const int InvalidName = 123;
    private const int NotADirectory = 20;

    /// <summary>False when there is nothing of that name.</summary>
    public static bool TryGet(string path, bool followLinks, out FileStatus status, bool withUnkept = false)
    {
        status = default;
        if (OperatingSystem.IsWindows())
        {
            using var handle = WindowsCalls.OpenForStatus(PortablePath.ToNative(path), followLinks);
            if (handle.IsInvalid)
            {
                var error = Marshal.GetLastPInvokeError();
                return error is FileNotFound or PathNotFound or InvalidName ? false : throw PortableError.OfSystem(error, "stat", path);
            }
            status = OfWindows(handle, path, withUnkept);
            return true;
        }
        if (OperatingSystem.IsMacOS())
        {
            if (UnixCalls.GetStatus(path, followLinks, out var darwin) < 0)
            {
                var error = Marshal.GetLastPInvokeError();
                return error is FileNotFound or NotADirectory ? false : throw PortableError.OfSystem(error, "stat", path);
            }
            status = OfDarwin(darwin);
            return true;
        }
        return LinuxHandle.TryGetStatus(path, followLinks, out status);
    }

    public static FileStatus OfWindows(SafeFileHandle handle, string path, bool withUnkept)
    {
        if (!WindowsCalls.GetInformation(handle, out var information))
        {
            throw PortableError.OfSystem(Marshal.GetLastPInvokeError(), "stat", path);
        }
        var attributes = (FileAttributes)information.Attributes;
        var isDirectory = attributes.HasFlag(FileAttributes.Directory);
        var isReadOnly = attributes.HasFlag(FileAttributes.ReadOnly);
        var target = attributes.HasFlag(FileAttributes.ReparsePoint) ? new FileInfo(path).LinkTarget : null;
        var kind = target is not null ? FileKind.SymbolicLink : isDirectory ? FileKind.Directory : FileKind.Regular;
        var size = ((long)information.SizeHigh << 32) | information.SizeLow;
        return new FileStatus
        {
            Kind = kind,
            Mode = ModeOnWindows(kind, isReadOnly),
            Size = kind switch
            {
                FileKind.Regular => size,
                FileKind.SymbolicLink => Encoding.UTF8.GetByteCount(target!),
                _ => 0,
            },
            Allocated = (attributes & (FileAttributes.SparseFile | FileAttributes.Compressed)) != 0 ? WindowsCalls.AllocatedSize(handle) ?? size : size,
            IsReadOnly = isReadOnly,
            WindowsAttributes = information.Attributes,
            IsJunction = target is not null && WindowsCalls.ReparseTag(handle) == Junction.Tag,
            Unkept = withUnkept ? UnkeptOf(handle, attributes) : Unkept.None,
            CreatedAt = PortableTime.FromFileTime(information.CreatedAt),
            ModifiedAt = PortableTime.FromFileTime(information.ModifiedAt),
            LinkCount = information.LinkCount,
            Id = WindowsCalls.GetId(handle)
                ?? new FileId(information.VolumeSerialNumber, ((ulong)information.IndexHigh << 32) | information.IndexLow),
        };
    }

    private static Unkept UnkeptOf(SafeFileHandle handle, FileAttributes attributes) =>
        (WindowsCalls.HasStreams(handle) ? Unkept.Streams : Unkept.None)
        | (attributes.HasFlag(FileAttributes.Encrypted) ? Unkept.Encryption : Unkept.None)
        | (attributes.HasFlag(FileAttributes.Compressed) ? Unkept.Compression : Unkept.None);

    /// <summary>The permission bits that stand for what Windows has of them: whether a file may be written.</summary>
    public static int ModeOnWindows(FileKind kind, bool isReadOnly) => kind switch
    {
        FileKind.Regular when isReadOnly => 0x124, // r--r--r--
        FileKind.Regular => 0x1A4, // rw-r--r--
        _ => 0x1ED, // rwxr-xr-x
    };

    private static FileStatus OfDarwin(in UnixCalls.DarwinStatus darwin)
    {
        var kind = LinuxHandle.KindOfMode(darwin.Mode);
        return new FileStatus
        {
            Kind = kind,
            Mode = darwin.Mode & 0xFFF,
            UserId = darwin.UserId,
            GroupId = darwin.GroupId,
            Size = kind is FileKind.Regular or FileKind.SymbolicLink ? darwin.Size : 0,
            Allocated = darwin.Blocks * 512,
            ModifiedAt = new Timestamp(darwin.ModifiedSeconds, (int)darwin.ModifiedNanoseconds),
            ChangedAt = new Timestamp(darwin.ChangedSeconds, (int)darwin.ChangedNanoseconds),
            LinkCount = darwin.LinkCount,
            Id = new FileId((uint)darwin.Device, darwin.Inode),
            DeviceMajor = (uint)darwin.NodeDevice >> 24,
            DeviceMinor = (uint)darwin.NodeDevice & 0xFFFFFF,
        };
    }
}
