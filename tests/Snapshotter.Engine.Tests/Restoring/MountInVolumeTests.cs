using Snapshotter.Engine.Config;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Restoring;
using Snapshotter.Engine.Tests.FileSystem;
using Snapshotter.Engine.Tests.Support;
using Snapshotter.Fuzz;

namespace Snapshotter.Engine.Tests.Restoring;

/// <summary>
/// What is mounted in a volume is saved as a part of it. It comes back into what is mounted there, where nothing is removed,
/// or into the folder where nothing is mounted any more.
/// </summary>
public sealed class MountInVolumeTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly List<string> mounted = [];

    public MountInVolumeTests()
    {
        Assert.SkipUnless(!OperatingSystem.IsWindows() && Environment.IsPrivilegedProcess, "Mounting needs root.");
        folder.WriteFile("volume/a", "own");
        folder.WriteFile("volume/sub/beside", "own");
        folder.WriteFile("other/d/f", "mounted");
        folder.WriteFile("other/single", "mounted");
        folder.CreateFolder("volume", "sub", "mount");
        folder.WriteFile("volume/sub/single", "below");
        Mount("other", "volume/sub/mount");
        Mount("other/single", "volume/sub/single");
    }

    public static TheoryData<RestoreOptions> Ways =>
    [
        new RestoreOptions(), new RestoreOptions { InPlace = true }, new RestoreOptions { Include = ["sub"] },
        new RestoreOptions { Include = ["f", "single"] },
    ];

    private string Volume => folder["volume"];

    private string Archive => folder["backup.tar"];

    public void Dispose()
    {
        Unmount();
        folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void What_was_saved_is_put_into_what_is_mounted(RestoreOptions options)
    {
        BackUp();
        Tool.Bash(folder.Path, "rm -r other/d; echo changed > other/single; echo new > other/new; touch -d 2020-01-02 other").Succeeds();
        var report = Restore(options);
        Assert.True(report.Complete, string.Join("\n", report.Warnings));
        Assert.Equal("mounted", File.ReadAllText(folder["other", "d", "f"]));
        Assert.Equal("mounted", File.ReadAllText(folder["other", "single"]));
        Assert.Equal("new\n", File.ReadAllText(folder["other", "new"]));
        Assert.Equal(["sub/mount", "sub/single"], report.Warnings.Select(n => Path.GetRelativePath(Volume, n.Path)).Order());
        Assert.False(Directory.EnumerateFileSystemEntries(folder["other"], ".snapshotter*").Any());
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Where_nothing_is_mounted_any_more_it_comes_back_into_the_folder(RestoreOptions options)
    {
        BackUp();
        Unmount();
        var report = Restore(options);
        Assert.True(report.Complete, string.Join("\n", report.Warnings));
        Assert.Empty(report.Warnings);
        Assert.Equal("mounted", File.ReadAllText(folder["volume", "sub", "mount", "d", "f"]));
        Assert.Equal("mounted", File.ReadAllText(folder["volume", "sub", "single"]));
    }

    [Fact]
    public void A_mount_that_cannot_be_written_stays_and_is_told()
    {
        BackUp();
        Tool.Run("mount", "-o", "remount,bind,ro", folder["volume", "sub", "mount"]).Succeeds();
        File.WriteAllText(folder["volume", "a"], "changed");
        var report = Restore(new RestoreOptions());
        Assert.False(report.Complete);
        Assert.Contains(report.Warnings, n => n.Kind == BackupError.NotKept && n.Path.StartsWith("sub/mount", StringComparison.Ordinal));
        Assert.Equal("own", File.ReadAllText(folder["volume", "a"]));
    }

    [Fact]
    public void Names_of_one_file_on_both_sides_come_back_as_two_files()
    {
        Tool.Bash(folder.Path, "ln other/d/f volume/linked; ln volume/a other/linked").Succeeds();
        BackUp();
        foreach (var options in new[] { new RestoreOptions(), new RestoreOptions { InPlace = true } })
        {
            Tool.Bash(folder.Path, "rm volume/linked other/linked volume/a other/d/f").Succeeds();
            Assert.True(Restore(options).Complete);
            Assert.All(
                [("volume/linked", "mounted"), ("other/d/f", "mounted"), ("volume/a", "own"), ("other/linked", "own")],
                file => Assert.Equal(file.Item2, File.ReadAllText(folder[file.Item1])));
        }
    }

    [Fact]
    public void What_was_another_type_of_file_when_it_was_saved_is_told()
    {
        File.WriteAllBytes(Archive, new ArchiveForge().Volume(Volume)
            .File("sub/mount").Directory("sub/single").File("sub/single/in").File("a", "new").NativeManifest().ToArray());
        foreach (var options in new[] { new RestoreOptions(), new RestoreOptions { InPlace = true } })
        {
            var report = Restore(options);
            Assert.False(report.Complete);
            Assert.Equal(2, report.Warnings.Count(n => n.Kind == BackupError.NotKept));
            Assert.Equal("mounted", File.ReadAllText(folder["other", "d", "f"]));
            Assert.Equal("mounted", File.ReadAllText(folder["other", "single"]));
            Assert.Equal("new", File.ReadAllText(folder["volume", "a"]));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_nested_volume_comes_back_once_and_stays_when_it_is_not_asked_for(bool isForeign)
    {
        Unmount();
        string inner = folder["volume", "sub"];
        var forge = new ArchiveForge().Volume(Volume).File("a", "outer");
        _ = isForeign ? forge.File("sub/n", "of the outer one").Volume(inner).File("n", "inner").ForeignManifest()
            : forge.Volume(inner).File("n", "inner").NativeManifest();
        File.WriteAllBytes(Archive, forge.ToArray());

        // Not only a configuration that names both makes it a volume of its own: what the archive says does.
        foreach (var config in new[] { Config(Volume, inner), Config(Volume), Config() })
        {
            File.WriteAllText(folder["volume", "sub", "n"], "untouched");
            var outer = BackupTar.Restore(Archive, config, new RestoreOptions { Volumes = [Volume] }).Single();
            Assert.True(outer.Complete, string.Join("\n", outer.Warnings));
            Assert.Empty(outer.Warnings);
            Assert.Equal("outer", File.ReadAllText(folder["volume", "a"]));
            Assert.Equal("untouched", File.ReadAllText(folder["volume", "sub", "n"]));
        }

        Assert.All(BackupTar.Restore(Archive, Config(Volume, inner)), report => Assert.Empty(report.Warnings));
        Assert.Equal("inner", File.ReadAllText(folder["volume", "sub", "n"]));
        Assert.All(
            BackupTar.Restore(Archive, Config(), new RestoreOptions { Destination = folder["elsewhere"] }), report => Assert.Empty(report.Warnings));
        Assert.Equal("inner", File.ReadAllText(folder["elsewhere"] + inner + "/n"));
    }

    [Fact]
    public void A_link_put_on_the_way_to_a_mount_is_not_followed()
    {
        BackUp();
        folder.WriteFile("outside/mount/d/f", "outside");
        folder.WriteFile("outside/single", "outside");
        string before = TreeProof.Of(folder["outside"]);

        // Nothing was even made and removed again there.
        string Changes() => Tool.Bash(folder["outside"], "find . -printf '%P %C@\\n' | sort").Succeeds().Output;
        string changes = Changes();
        var options = new RestoreOptions { Include = ["sub"], Writers = 1 };
        bool isOver = false;
        for (int at = 0; !isOver; at++)
        {
            var racing = new RacingFileSystem(PlatformFileSystem.Current, moment =>
            {
                if (moment.Number == at)
                {
                    Directory.Move(folder["volume", "sub"], folder["volume", "sub.was"]);
                    Directory.CreateSymbolicLink(folder["volume", "sub"], folder["outside"]);
                }
            });
            var restore = new VolumeRestore(racing, Archive, Config(Volume), options);
            try
            {
                _ = restore.Execute(restore.Plan(CancellationToken.None), SilentReporter.Instance, CancellationToken.None).ToList();
            }
            catch (BackupException)
            {
                // As it should be, or too late to matter.
            }

            Assert.Equal(before, TreeProof.Of(folder["outside"]));
            isOver = racing.Calls <= at;
            if (!isOver)
            {
                // It may have been replaced by a folder: that is what was saved.
                Tool.Bash(folder["volume"], "[ -L sub ] && rm sub || rm -r sub; mv sub.was sub").Succeeds();
            }
        }

        Assert.Equal(changes, Changes());
    }

    private static VolumeConfig Config(params string[] targets) =>
        new() { Prefix = "volumes", Volumes = [.. targets.Select(t => new VolumeSpec { Target = t })] };

    private void BackUp()
    {
        BackupTar.Initialize(Archive);
        Assert.True(BackupTar.Backup(Archive, Config(Volume)).Complete);
    }

    private VolumeReport Restore(RestoreOptions options) => BackupTar.Restore(Archive, Config(Volume), options).Single();

    private void Mount(string from, string to)
    {
        Tool.Run("mount", "--bind", folder[from], folder[to]).Succeeds();
        mounted.Add(folder[to]);
    }

    private void Unmount()
    {
        foreach (string place in mounted)
        {
            MountedFolder.Unmount(place);
        }

        mounted.Clear();
    }
}
