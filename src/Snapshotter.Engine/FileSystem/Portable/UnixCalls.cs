using System.Runtime.InteropServices;

namespace Snapshotter.Engine.FileSystem.Portable;

/// <summary>What System.IO lacks on macOS: calls that are spelled alike on every Unix, and macOS's own stat.</summary>
internal static unsafe partial class UnixCalls
{
    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Rename(string path, string newPath);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Link(string existingPath, string path);

    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int ChangeOwner(string path, uint user, uint group);

    [LibraryImport("libc", EntryPoint = "sync")]
    public static partial void Sync();

    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint EffectiveUser();

    [LibraryImport("libc", EntryPoint = "getegid")]
    public static partial uint EffectiveGroup();

    /// <summary>stat or lstat of macOS, with 64-bit inode numbers.</summary>
    public static int GetStatus(string path, bool followLinks, out DarwinStatus status)
    {
        if (RuntimeInformation.ProcessArchitecture == Architecture.Arm64)
        {
            return followLinks ? stat(path, out status) : lstat(path, out status);
        }
        return followLinks ? stat64(path, out status) : lstat64(path, out status);
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int stat(string path, out DarwinStatus status);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int lstat(string path, out DarwinStatus status);

    [LibraryImport("libc", EntryPoint = "stat$INODE64", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int stat64(string path, out DarwinStatus status);

    [LibraryImport("libc", EntryPoint = "lstat$INODE64", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int lstat64(string path, out DarwinStatus status);

    /// <summary>struct stat of macOS.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 144)]
    internal struct DarwinStatus
    {
        [FieldOffset(0)] public int Device;
        [FieldOffset(4)] public ushort Mode;
        [FieldOffset(6)] public ushort LinkCount;
        [FieldOffset(8)] public ulong Inode;
        [FieldOffset(16)] public uint UserId;
        [FieldOffset(20)] public uint GroupId;
        [FieldOffset(24)] public int NodeDevice;
        [FieldOffset(48)] public long ModifiedSeconds;
        [FieldOffset(56)] public long ModifiedNanoseconds;
        [FieldOffset(64)] public long ChangedSeconds;
        [FieldOffset(72)] public long ChangedNanoseconds;
        [FieldOffset(96)] public long Size;
        [FieldOffset(104)] public long Blocks;
    }
}
