using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.FileSystem;

/// <summary>
/// A file system of a wanted kind, mounted for one test. Where mounting is impossible (not root, a container
/// without the right) the test is skipped, and the runner counts it.
/// </summary>
internal sealed class MountedFolder : IDisposable
{
    private readonly TempFolder folder = new();

    /// <summary>What is mounted for the other, and goes after it.</summary>
    private string? below;

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

    /// <summary>An overlay; its lower layer holds what the script makes.</summary>
    public static MountedFolder Overlay(string script)
    {
        var mounted = new MountedFolder("mounted");
        var layers = mounted.folder.CreateFolder("layers");
        mounted.Demand(Tool.Run("mount", "-t", "tmpfs", "none", layers));
        mounted.below = layers;
        Tool.Bash(layers, $"mkdir lower upper work; cd lower; {script}").Succeeds();
        var result = Tool.Run("mount", "-t", "overlay", "-o", $"lowerdir={layers}/lower,upperdir={layers}/upper,workdir={layers}/work", "none", mounted.FullPath);
        if (result.ExitCode != 0)
        {
            Tool.Run("umount", layers);
        }
        mounted.Demand(result);
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

    /// <summary>
    /// A union of two branches that makes new names on the first, in directories that are there; what the script makes is on the
    /// second. What stands there cannot be renamed into what is new.
    /// </summary>
    public static MountedFolder Branches(string script)
    {
        Tool.Require("mergerfs");
        var mounted = new MountedFolder("mounted");
        var (first, second) = (mounted.folder.CreateFolder("first"), mounted.folder.CreateFolder("second"));
        Tool.Bash(second, script).Succeeds();
        Tool.Bash(first, "cd ../second; find . -mindepth 1 -maxdepth 1 -type d -exec mkdir ../first/{} ';'").Succeeds();
        mounted.Demand(Tool.Run("mergerfs", "-o", "category.create=epff,cache.files=off,cache.attr=0,cache.entry=0,use_ino,inodecalc=devino-hash", $"{first}:{second}", mounted.FullPath));
        return mounted;
    }

    /// <summary>A union that copies what is changed of the second branch, which holds what the script makes, to the first.</summary>
    public static MountedFolder CopyOnWrite(string script)
    {
        Tool.Require("unionfs-fuse");
        var mounted = new MountedFolder("mounted");
        var (first, second) = (mounted.folder.CreateFolder("first"), mounted.folder.CreateFolder("second"));
        Tool.Bash(second, script).Succeeds();
        mounted.Demand(Tool.Run("unionfs-fuse", "-o", "cow", $"{first}=RW:{second}=RO", mounted.FullPath));
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
        Unmount(FullPath);
        if (below is not null)
        {
            Unmount(below);
        }
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

    /// <summary>Another test that starts a program holds open what is open here, for a moment.</summary>
    internal static void Unmount(string place) =>
        Tool.Bash(null, "for i in $(seq 50); do umount \"$1\" 2>/dev/null && exit; sleep 0.1; done; umount \"$1\"", place).Succeeds();

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
