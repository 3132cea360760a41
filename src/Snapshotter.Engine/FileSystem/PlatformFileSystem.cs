using Snapshotter.Engine.FileSystem.Linux;
using Snapshotter.Engine.FileSystem.Portable;

namespace Snapshotter.Engine.FileSystem;

/// <summary>The file system of the machine this runs on.</summary>
internal static class PlatformFileSystem
{
    private static readonly AsyncLocal<IFileSystem?> Substitute = new();

    private static readonly IFileSystem Platform =
        OperatingSystem.IsLinux() && Environment.Is64BitProcess ? new LinuxFileSystem()
        : OperatingSystem.IsWindows() ? new PatientFileSystem(new PortableFileSystem(), Patience.Usual)
        : new PortableFileSystem();

    public static IFileSystem Current => Substitute.Value ?? Platform;

    /// <summary>Puts another in its place for what is called from here: for tests. Null puts it back.</summary>
    public static void Replace(IFileSystem? fileSystem) => Substitute.Value = fileSystem;
}
