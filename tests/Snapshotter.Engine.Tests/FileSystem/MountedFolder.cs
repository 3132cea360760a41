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

    public static MountedFolder Ext4(params string[] options) => OfImage("mkfs.ext4", ["-q", "-F", "-b", "4096", .. options]);

    public static MountedFolder Btrfs() => OfImage("mkfs.btrfs", "-q");

    public static MountedFolder Memory(string name = "mounted", string options = "size=4m")
    {
        var mounted = new MountedFolder(name);
        mounted.Mount("-t", "tmpfs", "-o", options, "none");
        return mounted;
    }

    /// <summary>A file system of FUSE that takes a call to set one of a file's times for one to set neither.</summary>
    public static MountedFolder Union()
    {
        Tool.Require("unionfs-fuse");
        var mounted = new MountedFolder("mounted");
        var raw = mounted.folder.CreateFolder("raw");
        mounted.Demand(Tool.Run("unionfs-fuse", $"{raw}=RW", mounted.FullPath));
        return mounted;
    }

    /// <summary>NTFS, with options of its driver: "ignore_case", "windows_names".</summary>
    public static MountedFolder Ntfs(string options)
    {
        Tool.Require("mkfs.ntfs", "lowntfs-3g");
        var mounted = new MountedFolder("mounted");
        var image = mounted.MakeImage(64L << 20);
        Tool.Run("mkfs.ntfs", "-F", "-q", "-Q", image).Succeeds();
        mounted.Demand(Tool.Run("lowntfs-3g", "-o", options, image, mounted.FullPath));
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
        var image = mounted.MakeImage(512L << 20);
        var (_, exitCode, _, errors) = Tool.Run(makeFileSystem, [.. options, image]);
        if (exitCode != 0)
        {
            mounted.folder.Dispose();
            Assert.Fail($"{makeFileSystem} failed: {errors}");
        }
        mounted.Mount("-o", "loop", image);
        return mounted;
    }

    private string MakeImage(long size)
    {
        var image = folder["image"];
        using var file = File.Create(image);
        file.SetLength(size);
        return image;
    }

    private void Mount(params string[] arguments) => Demand(Tool.Run("mount", [.. arguments, FullPath]));

    private void Demand(ToolResult mount)
    {
        if (mount.ExitCode != 0)
        {
            folder.Dispose();
            Assert.Skip($"cannot mount here: {mount.Error}");
        }
    }
}
