using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.FileSystem;

/// <summary>
/// A file system of a wanted kind, mounted for one test. Where mounting is impossible (not root, a container
/// without the right) the test is skipped, and the runner counts it.
/// </summary>
internal sealed class MountedFolder : IDisposable
{
    private readonly TempFolder folder = new();

    private MountedFolder(string name)
    {
        FullPath = folder[name];
        Directory.CreateDirectory(FullPath);
    }

    public string FullPath { get; }

    /// <summary>The folder that the mounted one is in.</summary>
    public string Parent => folder.Path;

    public static MountedFolder Xfs() => OfImage("mkfs.xfs", "-q", "-m", "reflink=1");

    public static MountedFolder Ext4() => OfImage("mkfs.ext4", "-q", "-F", "-b", "4096");

    public static MountedFolder Btrfs() => OfImage("mkfs.btrfs", "-q");

    public static MountedFolder Memory(string name = "mounted")
    {
        var mounted = new MountedFolder(name);
        mounted.Mount("-t", "tmpfs", "-o", "size=4m", "none");
        return mounted;
    }

    public void Dispose()
    {
        Tool.Run("umount", FullPath).Succeeds();
        folder.Dispose();
    }

    private static MountedFolder OfImage(string makeFileSystem, params string[] options)
    {
        var mounted = new MountedFolder("mounted");
        var image = mounted.folder["image"];
        using (var file = File.Create(image))
        {
            file.SetLength(512L << 20);
        }
        var (_, exitCode, _, errors) = Tool.Run(makeFileSystem, [.. options, image]);
        if (exitCode != 0)
        {
            mounted.folder.Dispose();
            Assert.Fail($"{makeFileSystem} failed: {errors}");
        }
        mounted.Mount("-o", "loop", image);
        return mounted;
    }

    private void Mount(params string[] arguments)
    {
        var (_, exitCode, _, errors) = Tool.Run("mount", [.. arguments, FullPath]);
        if (exitCode != 0)
        {
            folder.Dispose();
            Assert.Skip($"cannot mount here: {errors}");
        }
    }
}
