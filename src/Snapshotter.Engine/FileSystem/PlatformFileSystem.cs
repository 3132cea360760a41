using Snapshotter.Engine.FileSystem.Linux;
using Snapshotter.Engine.FileSystem.Portable;

namespace Snapshotter.Engine.FileSystem;

/// <summary>The file system of the machine this runs on.</summary>
internal static class PlatformFileSystem
{
    public static IFileSystem Current { get; } = OperatingSystem.IsLinux() && Environment.Is64BitProcess
        ? new LinuxFileSystem()
        : new PortableFileSystem();
}
