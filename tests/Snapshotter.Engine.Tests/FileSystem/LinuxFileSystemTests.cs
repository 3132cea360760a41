using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.FileSystem.Linux;

namespace Snapshotter.Engine.Tests.FileSystem;

public sealed class LinuxFileSystemTests : FileSystemContract
{
    private protected override IFileSystem FileSystem { get; } = new LinuxFileSystem();
}
