using Snapshotter.Engine.Config;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Saving;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.Saving;

/// <summary>Files whose status does not say how much they hold, as in /proc and /sys.</summary>
public sealed class UntoldSizeTests : IDisposable
{
    private readonly TempFolder folder = new();

    private string Archive => folder["backup.tar"];

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("/proc/version")]
    [InlineData("/proc/filesystems")]
    [InlineData("/proc/kallsyms")]
    [InlineData("/sys/kernel/mm/transparent_hugepage/enabled")]
    [InlineData("/sys/class/net/lo/mtu")]
    public void A_file_is_saved_with_all_that_it_holds(string path)
    {
        if (!File.Exists(path))
        {
            Assert.Skip($"there is no {path} here");
        }

        byte[] content = Tool.Run("cat", path).Succeeds().OutputBytes;
        Assert.NotEmpty(content);
        foreach (var checksum in Enum.GetValues<ChecksumAlgorithm>())
        {
            BackupTar.Initialize(Archive, force: true);
            var report = BackupTar.Backup(Archive, Config(path), new BackupOptions { Checksum = checksum });
            Assert.True(report.Complete, string.Join("\n", report.Volumes[0].Warnings));
            Assert.Equal(content.Length, report.Volumes[0].Bytes);
            Assert.All(BackupTar.Test(Archive), test => Assert.True(test.Passed, string.Join("\n", test.Errors)));
            string id = Snapshotter.Engine.Archive.EntryNames.IdOf(path);
            Assert.Equal(content, Tool.Run("tar", "-xOf", Archive, $"p/{id}").SucceedsSilently().OutputBytes);
        }
    }

    [Fact]
    public void In_a_folder_too()
    {
        const string path = "/proc/sys/kernel";
        if (!Directory.Exists(path))
        {
            Assert.Skip($"there is no {path} here");
        }

        BackupTar.Initialize(Archive);
        BackupTar.Backup(Archive, Config(path));
        string id = Snapshotter.Engine.Archive.EntryNames.IdOf(path);
        Assert.Equal(
            File.ReadAllBytes(path + "/ostype"), Tool.Run("tar", "-xOf", Archive, $"p/{id}/ostype").SucceedsSilently().OutputBytes);
    }

    private static VolumeConfig Config(string path) => new() { Prefix = "p", Volumes = [new VolumeSpec { Target = path }] };
}
