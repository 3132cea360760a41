using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]

namespace Snapshotter.Benchmarks;

/// <summary>The few libc calls that .NET has no method for.</summary>
internal static partial class Posix
{
    private const int RUsageChildren = -1;
    private const int DoNotNeed = 4;

    public static void HardLink(string existing, string name) => Check(link(existing, name), "link", name);

    public static void SetAttribute(string path, string name, ReadOnlySpan<byte> value) =>
        Check(lsetxattr(path, name, value, (nuint)value.Length, 0), "lsetxattr", path);

    /// <summary>Writes out all dirty pages, so that a run does not pay for the one before.</summary>
    public static void Sync() => sync();

    /// <summary>Takes a file, written out before, out of the page cache: posix_fadvise(2), POSIX_FADV_DONTNEED.</summary>
    public static void DropCache(SafeFileHandle file)
    {
        int error = posix_fadvise(file, 0, 0, DoNotNeed);
        if (error != 0)
        {
            throw new IOException($"posix_fadvise: {Marshal.GetPInvokeErrorMessage(error)}");
        }
    }

    public static bool IsRoot => geteuid() == 0;

    /// <summary>User and system seconds of all children waited for so far, and of theirs.</summary>
    public static double ChildCpuSeconds()
    {
        Check(getrusage(RUsageChildren, out var usage), "getrusage", "children");
        return usage.UserSeconds + usage.SystemSeconds + ((usage.UserMicroseconds + usage.SystemMicroseconds) / 1e6);
    }

    private static void Check(int result, string call, string path)
    {
        if (result != 0)
        {
            throw new IOException($"{call} '{path}': {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        }
    }

    // struct rusage of getrusage(2) on 64-bit Linux: two timevals, then 14 longs.
    [StructLayout(LayoutKind.Sequential, Size = 144)]
    private struct ResourceUsage
    {
        public long UserSeconds;
        public long UserMicroseconds;
        public long SystemSeconds;
        public long SystemMicroseconds;
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int link(string existing, string name);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int lsetxattr(string path, string name, ReadOnlySpan<byte> value, nuint size, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getrusage(int who, out ResourceUsage usage);

    [LibraryImport("libc")]
    private static partial int posix_fadvise(SafeFileHandle file, long offset, long length, int advice);

    [LibraryImport("libc")]
    private static partial void sync();

    [LibraryImport("libc")]
    private static partial uint geteuid();
}
