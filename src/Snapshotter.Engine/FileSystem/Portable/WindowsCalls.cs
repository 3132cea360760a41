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

    private const uint ReadAttributes = 0x80;
    private const uint ShareAll = 7;
    private const uint OpenExisting = 3;
    private const uint BackupSemantics = 0x0200_0000;
    private const uint OpenReparsePoint = 0x0020_0000;

    /// <summary>A handle good for asking only, also of a directory or link.</summary>
    public static SafeFileHandle OpenForStatus(string path, bool followLinks) => CreateFile(
        path, ReadAttributes, ShareAll, 0, OpenExisting, BackupSemantics | (followLinks ? 0 : OpenReparsePoint), 0);

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
