using Snapshotter.Engine.Config;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Patterns;
using Snapshotter.Engine.Saving;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.Saving;

/// <summary>The total that progress is measured by is what the backup saves.</summary>
public sealed class SavedSizeTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void What_is_left_out_does_not_count()
    {
        folder.WriteFile("volume/file", new byte[1_000]);
        folder.WriteFile("volume/file.tmp", new byte[1 << 20]);
        folder.WriteFile("volume/cache/file", new byte[1 << 20]);
        folder.WriteFile("volume/deep/nested/file", new byte[20_000]);
        folder.WriteFile("volume/deep/beside", new byte[3_000]);
        folder.WriteFile("file", new byte[4_000]);
        AssertEqual(["volume", "volume/deep/nested", "file"], ["*.tmp", "/cache"]);
    }

    [Fact]
    public void Every_file_counts_once_however_deep_and_whatever_names_and_holes_it_has()
    {
        string path = "volume";
        for (int i = 0; i < 300; i++)
        {
            path += "/" + (i % 10);
        }

        folder.WriteFile(path + "/file", new byte[50_000]);
        string large = folder.WriteFile("volume/large", new byte[3 << 20]);
        if (!OperatingSystem.IsWindows())
        {
            Tool.Run("ln", large, folder["volume", "twin"]).Succeeds();
            Tool.Run("truncate", "-s", "200M", folder["volume", "holes"]).Succeeds();
            File.CreateSymbolicLink(folder["volume", "link"], large);
        }

        AssertEqual(["volume"], []);
    }

    [Fact]
    public void The_archive_in_the_volume_does_not_count()
    {
        folder.WriteFile("volume/file", new byte[1_000]);
        AssertEqual(["volume"], [], "volume/backup.tar");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Random_trees_are_measured_as_they_are_saved(int seed)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "names and types of other systems");
        new RandomTree(seed, Environment.IsPrivilegedProcess).FillIn(folder.CreateFolder("volume"));
        AssertEqual(["volume"], ["a*", "**/b*"]);
    }

    private void AssertEqual(string[] volumes, string[] exclude, string archiveName = "backup.tar")
    {
        var fileSystem = PlatformFileSystem.Current;
        var config = new VolumeConfig
        {
            Prefix = "volumes",
            Volumes = [.. volumes.Select(name => new VolumeSpec { Target = folder[name.Split('/')] })],
            Exclude = exclude,
        };
        string archive = folder[archiveName.Split('/')];
        BackupTar.Initialize(archive);
        long expected = 0;
        using (var sources = VolumeSources.Open(fileSystem, config))
        {
            Assert.True(fileSystem.TryGetStatus(archive, out var status));
            var size = new SavedSize(
                fileSystem, GlobSet.Create(exclude, fileSystem.Traits.IsCaseSensitive), status.Id, CancellationToken.None);
            foreach (var volume in sources.Volumes)
            {
                expected += size.Of(volume);
            }
        }

        var report = BackupTar.Backup(archive, config);
        Assert.Equal(report.Volumes.Sum(volume => volume.Bytes), expected);
    }
}
