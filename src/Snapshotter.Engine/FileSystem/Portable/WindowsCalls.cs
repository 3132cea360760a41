using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Snapshotter.Engine.FileSystem.Portable;

/// <summary>What System.IO lacks on Windows.</summary>
internal static partial class WindowsCalls
{
    public const int ReplaceExisting = 1;
    public const uint LockExclusive = 2;
    public const uint LockFailImmediately = 1;
    public const int LockViolation = 33;

    private const int StandardInfo = 1;
    private const int StreamInfo = 7;
    private const int AttributeTagInfo = 9;
    private const int IdInfo = 18;
    private const uint SetReparsePointCode = 0x0009_00A4;
    private const uint QueryAllocatedCode = 0x0009_40CF;
    private const uint SetSparseCode = 0x0009_00C4;
    private const uint GenericWrite = 0x4000_0000;
    private const int MoreData = 234;
    private const int RenameInfoEx = 22;
    private const uint RenameReplace = 0x01;
    private const uint RenamePosix = 0x02;
    private const uint RenameIgnoreReadOnly = 0x40;
    private const int InvalidFunction = 1;
    private const int NotSupported = 50;
    private const int InvalidParameter = 87;
    private const int CallNotImplemented = 120;
    private const int InvalidLevel = 124;

    private const uint Delete = 0x0001_0000;
    private const uint ReadAttributes = 0x80;
    private const uint ShareAll = 7;
    private const uint OpenExisting = 3;
    private const uint BackupSemantics = 0x0200_0000;
    private const uint OpenReparsePoint = 0x0020_0000;

    /// <summary>A handle good for asking only, also of a directory or link.</summary>
    public static SafeFileHandle OpenForStatus(string path, bool followLinks) => CreateFile(
        path, ReadAttributes, ShareAll, 0, OpenExisting, BackupSemantics | (followLinks ? 0 : OpenReparsePoint), 0);

    /// <summary>A handle good for moving or removing what the name stands for, itself and not what it links to.</summary>
    public static SafeFileHandle OpenForMoving(string path) => CreateFile(
        path, Delete | ReadAttributes, ShareAll, 0, OpenExisting, BackupSemantics | OpenReparsePoint, 0);

    /// <summary>
    /// Renames over whatever file stands there, be it open or read-only: as Unix does, where the file system knows that (NTFS
    /// of Windows 10 and later); else as <see cref="Move"/> does, which neither open nor read-only targets stand.
    /// </summary>
    /// <returns>0, or the error of the system.</returns>
    public static int Rename(string path, string newPath)
    {
        using (var handle = OpenForMoving(path))
        {
            if (handle.IsInvalid)
            {
                return Marshal.GetLastPInvokeError();
            }

            foreach (uint flags in (ReadOnlySpan<uint>)[RenameReplace | RenamePosix | RenameIgnoreReadOnly, RenameReplace | RenamePosix])
            {
                int error = Rename(handle, newPath, flags);
                if (error is not (InvalidFunction or NotSupported or InvalidParameter or CallNotImplemented or InvalidLevel))
                {
                    return error;
                }
            }
        }

        return Move(path, newPath, ReplaceExisting) ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <summary>Volume and 128 bits of file; null where the file system does not tell (FAT).</summary>
    public static unsafe FileId? GetId(SafeFileHandle file)
    {
        ulong* id = stackalloc ulong[3];
        return GetInformation(file, IdInfo, id, 3 * sizeof(ulong)) ? new FileId(id[0], id[1], id[2]) : null;
    }

    /// <summary>A handle good for making a directory a junction.</summary>
    public static SafeFileHandle OpenForReparse(string path) => CreateFile(
        path, GenericWrite, ShareAll, 0, OpenExisting, BackupSemantics | OpenReparsePoint, 0);

    public static unsafe bool SetReparsePoint(SafeFileHandle directory, ReadOnlySpan<byte> data)
    {
        fixed (byte* input = data)
        {
            return Control(directory, SetReparsePointCode, input, (uint)data.Length, null, 0, out _, 0);
        }
    }

    /// <summary>Lets a file have holes; without effect where the file system has none.</summary>
    public static unsafe void SetSparse(SafeFileHandle file) => Control(file, SetSparseCode, null, 0, null, 0, out _, 0);

    /// <summary>The first part of a file, from an offset on, that has room on the disk: data, for what has none reads as zeros.</summary>
    /// <returns>False where the file system does not tell.</returns>
    public static unsafe bool FindAllocated(SafeFileHandle file, long offset, long length, out (long Start, long Length)? range)
    {
        long* asked = stackalloc long[2];
        long* found = stackalloc long[2];
        asked[0] = offset;
        asked[1] = length;
        bool isTold = Control(file, QueryAllocatedCode, asked, 2 * sizeof(long), found, 2 * sizeof(long), out uint returned, 0)
            || Marshal.GetLastPInvokeError() == MoreData;
        range = isTold && returned == 2 * sizeof(long) ? (found[0], found[1]) : null;
        return isTold;
    }

    /// <summary>The tag of a reparse point; 0 when it cannot be had.</summary>
    public static unsafe uint ReparseTag(SafeFileHandle file)
    {
        uint* information = stackalloc uint[2];
        return GetInformation(file, AttributeTagInfo, information, 2 * sizeof(uint)) ? information[1] : 0;
    }

    /// <summary>Whether a file has streams besides its content, or a directory any. False where that is not told.</summary>
    public static unsafe bool HasStreams(SafeFileHandle file)
    {
        // FILE_STREAM_INFO: where the next begins, length of the name, two sizes, the name.
        const int size = 512;
        const int nameOffset = 24;
        ulong* aligned = stackalloc ulong[size / sizeof(ulong)];
        byte* information = (byte*)aligned;
        if (!GetInformation(file, StreamInfo, information, size))
        {
            return Marshal.GetLastPInvokeError() == MoreData;
        }

        var name = new ReadOnlySpan<char>(information + nameOffset, Math.Min(*(int*)(information + 4), size - nameOffset) / sizeof(char));
        return *(uint*)information != 0 || (name.Length > 0 && !name.SequenceEqual("::$DATA"));
    }

    /// <summary>Bytes that a file takes on the disk; null where that is not told.</summary>
    public static unsafe long? AllocatedSize(SafeFileHandle file)
    {
        // FILE_STANDARD_INFO: allocated, length, count of links and two flags.
        long* standard = stackalloc long[3];
        return GetInformation(file, StandardInfo, standard, 3 * sizeof(long)) ? standard[0] : null;
    }

    private static unsafe int Rename(SafeFileHandle file, string newPath, uint flags)
    {
        // FILE_RENAME_INFO: flags, padding, a root directory that is not used, the name's length and the name with its end.
        int nameOffset = (2 * nint.Size) + sizeof(uint);
        byte[] buffer = new byte[nameOffset + ((newPath.Length + 1) * sizeof(char))];
        BitConverter.TryWriteBytes(buffer, flags);
        BitConverter.TryWriteBytes(buffer.AsSpan(2 * nint.Size), newPath.Length * sizeof(char));
        MemoryMarshal.AsBytes(newPath.AsSpan()).CopyTo(buffer.AsSpan(nameOffset));
        fixed (byte* information = buffer)
        {
            return SetInformation(file, RenameInfoEx, information, (uint)buffer.Length) ? 0 : Marshal.GetLastPInvokeError();
        }
    }

    [LibraryImport("kernel32", EntryPoint = "DeviceIoControl", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static unsafe partial bool Control(
        SafeFileHandle file, uint code, void* input, uint inputSize, void* output, uint outputSize, out uint returned, nint overlapped);

    [LibraryImport("kernel32", EntryPoint = "GetFileInformationByHandleEx", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static unsafe partial bool GetInformation(SafeFileHandle file, int kind, void* information, uint size);

    [LibraryImport("kernel32", EntryPoint = "SetFileInformationByHandle", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static unsafe partial bool SetInformation(SafeFileHandle file, int kind, void* information, uint size);

    [LibraryImport("kernel32", EntryPoint = "GetFileInformationByHandle", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool GetInformation(SafeFileHandle file, out FileInformation information);

    [LibraryImport("kernel32", EntryPoint = "CreateHardLinkW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool CreateHardLink(string path, string existingPath, nint security);

    [LibraryImport("kernel32", EntryPoint = "MoveFileExW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool Move(string path, string newPath, int flags);

    [LibraryImport("kernel32", EntryPoint = "GetDiskFreeSpaceExW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool GetFreeSpace(string folder, out long available, out long total, out long free);

    [LibraryImport("kernel32", EntryPoint = "LockFileEx", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool Lock(SafeFileHandle file, uint flags, uint reserved, uint lengthLow, uint lengthHigh, in Range range);

    [LibraryImport("kernel32", EntryPoint = "UnlockFileEx", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool Unlock(SafeFileHandle file, uint reserved, uint lengthLow, uint lengthHigh, in Range range);

    [LibraryImport("kernel32", EntryPoint = "CreateFileW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    private static partial SafeFileHandle CreateFile(
        string path, uint access, uint share, nint security, uint disposition, uint flags, nint template);

    /// <summary>BY_HANDLE_FILE_INFORMATION.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    internal struct FileInformation
    {
        public uint Attributes;
        public long CreatedAt;
        public long AccessedAt;
        public long ModifiedAt;
        public uint VolumeSerialNumber;
        public uint SizeHigh;
        public uint SizeLow;
        public uint LinkCount;
        public uint IndexHigh;
        public uint IndexLow;
    }

    /// <summary>OVERLAPPED, used for its offset.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Range
    {
        public nint Internal;
        public nint InternalHigh;
        public uint OffsetLow;
        public uint OffsetHigh;
        public nint Event;
    }
}
