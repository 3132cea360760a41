using Snapshotter.Engine.Config;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Restoring;
using Snapshotter.Engine.Tests.FileSystem;
using Snapshotter.Engine.Tests.Support;
using Snapshotter.Fuzz;

namespace Snapshotter.Engine.Tests.Restoring;

/// <summary>No restore writes over, moves or removes the archive that it reads from, however that is reached.</summary>
public class OwnArchiveTests : IDisposable
{
    private readonly TempFolder folder = new();

    public static TheoryData<RestoreOptions> Ways =>
        [new RestoreOptions(), new RestoreOptions { InPlace = true }, new RestoreOptions { Include = ["**"] }];

    public void Dispose()
    {
        folder.Dispose();
        GC.SuppressFinalize(this);
    }

    [Theory]
    [InlineData("straight")]
    [InlineData("link")]
    [InlineData("link to it as the volume")]
    [InlineData("hard link")]
    [InlineData("mount")]
    public void It_is_no_file_volume_that_could_be_restored(string way)
    {
        string volume = folder["backup.tar"];
        string archive = folder["again.tar"];
        Write(volume, new ArchiveForge().Volume(volume, isDirectory: false).File("", "an old archive"));
        _ = way switch
        {
            "straight" => archive = volume,
            "hard link" => Tool.Run("ln", volume, archive).Succeeds().Output,
            "mount" => Mount(volume, archive),
            "link" => Tool.Run("ln", "-s", volume, archive).Succeeds().Output,
            _ => Tool.Bash(folder.Path, "mv backup.tar again.tar; ln -s again.tar backup.tar").Succeeds().Output,
        };
        try
        {
            byte[] before = File.ReadAllBytes(archive);
            var config = new VolumeConfig { Prefix = "volumes", Volumes = [new VolumeSpec { Target = volume }] };
            foreach (var options in new[] { new RestoreOptions(), new RestoreOptions { InPlace = true }, new RestoreOptions { Destination = "/" } })
            {
                var e = Assert.Throws<BackupException>(() => BackupTar.Restore(archive, config, options));

                // Below a destination no link is followed at all.
                Assert.Equal(options.Destination is null || way != "link to it as the volume" ? BackupError.ArchiveIsVolume : BackupError.UnsafeEntry, e.Error);
                Assert.Equal(before, File.ReadAllBytes(archive));
            }
        }
        finally
        {
            if (way == "mount")
            {
                MountedFolder.Unmount(archive);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void It_stays_in_a_volume_also_when_a_link_in_the_volume_leads_to_it(RestoreOptions options)
    {
        string volume = folder["volume"];
        string real = folder["volume", "sub", "real.tar"];
        Directory.CreateDirectory(folder["volume", "sub"]);
        Write(real, new ArchiveForge().Volume(volume).File("a").Directory("sub").File("sub/b").File("sub/real.tar", "old").File("to/c"));
        Tool.Bash(volume, "ln -s sub/real.tar link.tar; ln -s sub dir; echo old > sub/b").Succeeds();
        byte[] before = File.ReadAllBytes(real);
        var config = new VolumeConfig { Prefix = "volumes", Volumes = [new VolumeSpec { Target = volume }] };
        foreach (string path in new[] { "link.tar", "dir/real.tar", "sub/real.tar" })
        {
            var report = BackupTar.Restore(folder["volume", path], config, options).Single();
            Assert.Equal(before, File.ReadAllBytes(real));
            Assert.Equal("content", File.ReadAllText(folder["volume", "sub", "b"]));

            // It cannot come back as it was saved, and that is told.
            Assert.Contains(report.Warnings, n => n.Kind == BackupError.NotKept && n.Path.Contains("real.tar", StringComparison.Ordinal));
            Tool.Bash(volume, "ln -sfn sub/real.tar link.tar; ln -sfn sub dir").Succeeds();
        }
    }

    private static string Mount(string from, string to)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Mounting needs root.");
        File.WriteAllText(to, "");
        return Tool.Run("mount", "--bind", from, to).Succeeds().Output;
    }

    private static void Write(string path, ArchiveForge forge) => File.WriteAllBytes(path, forge.NativeManifest().ToArray());
}
