using Snapshotter.Engine.FileSystem.Linux;

namespace Snapshotter.Engine.FileSystem;

/// <summary>The file system of the machine this runs on.</summary>
internal static class PlatformFileSystem
{
    public static IFileSystem Current { get; } = OperatingSystem.IsLinux() && Environment.Is64BitProcess
        ? new LinuxFileSystem()
        : throw new PlatformNotSupportedException();
}
