using System.Text;
using Snapshotter.Engine.Config;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Restoring;
using Snapshotter.Engine.Saving;
using Snapshotter.Engine.Tests.Faults;

namespace Snapshotter.Engine.Tests.Restoring;

/// <summary>
/// Directories that take several names for one, as those of ext4 do that are told to ignore case. What an archive has is never
/// restored one over the other, and before anything is touched both names are told.
/// </summary>
public sealed class FoldedNamesTests
{
    private const string Archive = "/archives/backup.tar";

    private static readonly VolumeConfig config = new() { Prefix = "p", Volumes = [new VolumeSpec { Target = "/v" }] };

    public static TheoryData<RestoreOptions> Ways => [new RestoreOptions(), new RestoreOptions { InPlace = true }, new RestoreOptions { Include = ["**"] }];

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_root_that_ignores_case(RestoreOptions options)
    {
        var disk = Build(["sub/readme", "sub/README", "Logs/x", "logs/x"]);
        disk.Fold("/v", name => name.ToUpperInvariant());
        var before = TreeSnapshot.Of(disk, "/v");
        var e = Assert.Throws<BackupException>(() => Restore(disk, options));
        Assert.Equal(BackupError.UnsafeEntry, e.Error);
        Assert.All(["'sub/readme'", "README'", "'logs'", "'Logs'"], name => Assert.Contains(name, e.Message, StringComparison.Ordinal));
        Assert.Equal("", before.Differences(TreeSnapshot.Of(disk, "/v")));
    }

    [Theory]
    [InlineData("sub/readme", "sub/README")]
    [InlineData("sub/new/readme", "sub/new/README")]
    [InlineData("sub/Logs/x", "sub/logs/x")]
    [InlineData("sub/\u00e9", "sub/e\u0301")]
    public void A_folder_that_ignores_case_below_a_root_that_does_not(string one, string other)
    {
        var disk = Build([one, other]);
        disk.Fold("/v/sub", name => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(name)).Normalize().ToUpperInvariant());
        var before = TreeSnapshot.Of(disk, "/v");

        // Over what is there: what the folder cannot hold is told.
        var e = Assert.Throws<BackupException>(() => Restore(disk, new RestoreOptions { Include = ["**"] }));
        Assert.Equal(BackupError.UnsafeEntry, e.Error);
        Assert.Equal(Remedy.LeaveOut, e.Remedy);
        Assert.Equal("", before.Differences(TreeSnapshot.Of(disk, "/v")));

        foreach (var options in new[] { new RestoreOptions(), new RestoreOptions { InPlace = true } })
        {
            // Beside it, or once it is gone, the folder is made anew, and does not ignore case.
            var again = disk.Clone();
            Assert.True(Restore(again, options).Single().Complete);
            Assert.All([one, other], name => Assert.Equal(name, Encoding.UTF8.GetString(again.ReadAllBytes("/v/" + name))));
        }
    }

    [Theory]
    [InlineData("file0", "fileo")]
    [InlineData("d/file0", "d/fileo")]
    [InlineData("dir0/a", "diro/b")]
    [InlineData("name0/a", "nameo")]
    public void What_no_trial_knew_of_is_found_while_it_is_staged(string one, string other)
    {
        // Taken for one for a reason of its own.
        var disk = Build([one, other]);
        disk.Fold("/v", name => name.Replace('0', 'o'));
        var before = TreeSnapshot.Of(disk, "/v");
        var e = Assert.Throws<BackupException>(() => Restore(disk, new RestoreOptions()));
        Assert.Equal(BackupError.UnsafeEntry, e.Error);
        Assert.Contains("/v/", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(".snapshotter-", e.Message, StringComparison.Ordinal);
        Assert.All(new[] { one, other }.Select(Differing), name => Assert.Contains(name + "'", e.Message, StringComparison.Ordinal));
        Assert.Equal("", before.Differences(TreeSnapshot.Of(disk, "/v")));

        static string Differing(string path) => path.Split('/').First(name => name != "d");
    }

    /// <summary>A disk with an archive that has the names, each with itself as content, and a volume in which only folders stand.</summary>
    private static MemoryFileSystem Build(string[] names)
    {
        var disk = new MemoryFileSystem();
        disk.CreateDirectories("/archives");
        using (var archive = disk.OpenOrCreate(Archive))
        {
            archive.Write(new byte[1024], 0);
        }

        foreach (string name in names)
        {
            disk.CreateDirectories(Path.GetDirectoryName("/v/" + name)!);
            using var file = Create(disk, "/v/" + name);
            file.Write(Encoding.UTF8.GetBytes(name), 0);
        }

        Assert.True(new VolumeBackup(disk, config, new BackupOptions { Readers = 1 }, SilentReporter.Instance).Run(Archive, CancellationToken.None).Complete);
        TreeRemover.RemoveContent(disk.OpenDirectory("/v"), new KeepTree());
        disk.CreateDirectories("/v/sub");
        Create(disk, "/v/sub/old").Dispose();
        return disk.Clone();
    }

    /// <summary>A path of any characters: the disk's own keep to those of one byte.</summary>
    private static IFile Create(MemoryFileSystem disk, string path)
    {
        using var folder = disk.OpenDirectory(Path.GetDirectoryName(path)!);
        return folder.CreateFile(Encoding.UTF8.GetBytes(Path.GetFileName(path)), 0x180);
    }

    private static List<VolumeReport> Restore(MemoryFileSystem disk, RestoreOptions options)
    {
        var restore = new VolumeRestore(disk, Archive, config, options with { Writers = 1 });
        return [.. restore.Execute(restore.Plan(CancellationToken.None), SilentReporter.Instance, CancellationToken.None)];
    }
}
