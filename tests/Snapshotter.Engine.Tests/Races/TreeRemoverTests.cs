using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.FileSystem.Linux;
using Snapshotter.Engine.Jobs;
using Snapshotter.Engine.Restoring;
using Snapshotter.Engine.Restoring.Preflight;
using Snapshotter.Engine.Tests.FileSystem;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.Races;

/// <summary>Removing, and measuring before it, on the real file system.</summary>
public sealed class TreeRemoverTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly IFileSystem fileSystem = PlatformFileSystem.Current;

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_folder_moved_out_of_the_volume_is_not_followed()
    {
        // As tests/race does it by chance: here for certain, at the moment when the first name in it is gone.
        folder.CreateFolder("volume", "q", "victim");
        folder.WriteFile("shared/victim/important", "precious");
        for (int i = 0; i < 50; i++)
        {
            folder.CreateFolder("volume", "q", "zz", "z" + i);
        }

        var racing = new RacingFileSystem(fileSystem, moment =>
        {
            if (moment is { Operation: "RemoveDirectory", Name: "z7" })
            {
                Directory.Move(folder["volume", "q", "zz"], folder["shared", "zz"]);
            }
        });
        TreeRemover.RemoveContent(racing.OpenDirectory(folder["volume"]), new KeepTree());
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder["volume"]));
        Assert.Equal("precious", File.ReadAllText(folder["shared", "victim", "important"]));
        Assert.Equal(0, racing.Open);
    }

    [Fact]
    public void A_folder_exchanged_before_its_mode_is_changed_keeps_its_own()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "modes");
        folder.CreateFolder("volume", "shut", "inner");
        folder.CreateFolder("volume", "other");
        SetMode(folder["volume", "shut"], 0x140);
        SetMode(folder["volume", "other"], 0x100);
        var racing = new RacingFileSystem(fileSystem, moment =>
        {
            if (moment is { Operation: "SetMode", Name: "shut" })
            {
                Directory.Move(folder["volume", "shut"], folder["shut"]);
                Directory.Move(folder["volume", "other"], folder["volume", "shut"]);
            }
        });
        using var volume = racing.OpenDirectory(folder["volume"]);
        Assert.Equal(FileError.Moved, Assert.Throws<FileSystemException>(() => TreeRemover.Remove(volume, "shut"u8)).Error);
        Assert.True(volume.TryGetStatus("shut"u8, out var status));
        Assert.Equal(0x100, status.Mode);
        Assert.True(Directory.Exists(folder["shut"]));
    }

    [Fact]
    public void What_is_mounted_in_a_tree_is_not_emptied()
    {
        using var mounted = MountedFolder.Memory();
        File.WriteAllText(Path.Combine(mounted.FullPath, "file"), "of another file system");
        using var parent = fileSystem.OpenDirectory(mounted.Parent);
        Assert.Equal(FileError.Busy, Assert.Throws<FileSystemException>(() => TreeRemover.Remove(parent, "mounted"u8)).Error);
        Assert.Equal(
            FileError.Busy,
            Assert.Throws<FileSystemException>(() => TreeRemover.RemoveContent(fileSystem.OpenDirectory(mounted.Parent), new KeepTree())).Error);
        Assert.True(File.Exists(Path.Combine(mounted.FullPath, "file")));

        // Its size is not counted either: removing gives nothing of it back.
        File.WriteAllBytes(Path.Combine(mounted.FullPath, "large"), new byte[1 << 20]);
        Assert.InRange(TreeSurvey.Of(fileSystem.OpenDirectory(mounted.Parent), new KeepTree(), fileSystem.Traits).Bytes, 0, 1 << 19);
    }

    [Fact]
    public void A_mount_as_the_volume_itself_is_emptied()
    {
        using var mounted = MountedFolder.Memory();
        Directory.CreateDirectory(Path.Combine(mounted.FullPath, "a", "b"));
        TreeRemover.RemoveContent(fileSystem.OpenDirectory(mounted.FullPath), new KeepTree());
        Assert.Empty(Directory.EnumerateFileSystemEntries(mounted.FullPath));
    }

    [Fact]
    public void A_subvolume_is_removed_with_the_rest()
    {
        using var btrfs = MountedFolder.Btrfs();
        Tool.Run("btrfs", "subvolume", "create", Path.Combine(btrfs.FullPath, "sub")).Succeeds();
        File.WriteAllText(Path.Combine(btrfs.FullPath, "sub", "file"), "x");
        TreeRemover.RemoveContent(fileSystem.OpenDirectory(btrfs.FullPath), new KeepTree());
        Assert.Empty(Directory.EnumerateFileSystemEntries(btrfs.FullPath));
    }

    [Fact]
    public void What_is_kept_stays_with_the_folders_it_is_in()
    {
        folder.WriteFile("volume/a/b/kept/file", "x");
        folder.WriteFile("volume/a/b/beside/file", "x");
        folder.WriteFile("volume/a/kept/file", "x");
        folder.WriteFile("volume/kept/file", "x");
        var keep = KeepTree.Build(new NestedPlaces(fileSystem), folder["volume"], [folder["volume", "a", "b", "kept"]]);
        TreeRemover.RemoveContent(fileSystem.OpenDirectory(folder["volume"]), keep);
        Assert.Equal(
            [folder["volume", "a", "b", "kept", "file"]],
            Directory.EnumerateFiles(folder["volume"], "*", SearchOption.AllDirectories));
        Assert.Equal(3, Directory.EnumerateDirectories(folder["volume"], "*", SearchOption.AllDirectories).Count());
    }

    [Fact]
    public void An_ordinary_user_removes_what_is_shut()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "modes");
        OrdinaryUser.Run(() =>
        {
            using var own = new TempFolder();
            var linux = new LinuxFileSystem();
            own.WriteFile("volume/a/unreadable/b/file", "x");
            own.WriteFile("volume/a/read-only/file", "x");
            SetMode(own["volume", "a", "unreadable", "b"], 0);
            SetMode(own["volume", "a", "unreadable"], 0);
            SetMode(own["volume", "a", "read-only"], 0x140);
            TreeRemover.RemoveContent(linux.OpenDirectory(own["volume"]), new KeepTree());
            Assert.Empty(Directory.EnumerateFileSystemEntries(own["volume"]));
        });
    }

    private static void SetMode(string path, int mode) => Tool.Run("chmod", Convert.ToString(mode, 8), path).Succeeds();
}
