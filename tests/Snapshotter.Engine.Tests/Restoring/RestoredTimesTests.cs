using Snapshotter.Engine.Config;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Restoring;
using Snapshotter.Engine.Tests.FileSystem;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.Restoring;

/// <summary>Times come back, or it is told that they did not: not every file system does what its calls say.</summary>
public sealed class RestoredTimesTests : IDisposable
{
    private readonly TempFolder folder = new();

    private string Volume => folder.CreateFolder("volume");

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Times_are_set_where_one_cannot_be_set_alone(bool inPlace)
    {
        Tool.Bash(Volume, "mkdir d; echo x > d/f; ln -s f d/link; touch -h -d 2018-01-02T03:04:05.5Z d/link d/f; touch -d 2017-01-02 d .").Succeeds();
        using var mounted = MountedFolder.Union();
        var report = Restore(mounted, inPlace);
        const string list = "find . -printf '%p %T@\\n' | sort";
        Assert.Equal(Tool.Bash(Volume, list).Output, Tool.Bash(Restored(mounted), list).Output);
        Assert.True(report.Complete, string.Join("\n", report.Warnings));
    }

    [Fact]
    public void Times_that_are_not_kept_are_told_under_the_path_that_exists()
    {
        Tool.Bash(Volume, "mkdir d; for i in 1 2 3; do echo x > d/$i; done; touch -d 2250-01-02 d/2").Succeeds();
        using var mounted = MountedFolder.Ext4("-I", "128");
        var report = Restore(mounted);
        Assert.False(report.Complete);
        var notice = Assert.Single(report.Warnings, n => n.Path.EndsWith("/d/2", StringComparison.Ordinal));
        Assert.Equal(BackupError.NotKept, notice.Kind);
        Assert.True(File.Exists(notice.Path), notice.Path);
    }

    [Fact]
    public void Times_that_are_kept_less_exactly_are_told_and_are_no_loss()
    {
        Tool.Bash(Volume, "echo x > f; touch -d 2018-01-02T03:04:05.5Z f; touch -d 2018-01-02 .").Succeeds();
        using var mounted = MountedFolder.Ext4("-I", "128");
        var report = Restore(mounted);
        Assert.True(report.Complete, string.Join("\n", report.Warnings));
        Assert.Equal(Path.Join(Restored(mounted), "f"), Assert.Single(report.Warnings).Path);
    }

    private string Restored(MountedFolder mounted) => mounted.FullPath + Volume;

    private VolumeReport Restore(MountedFolder mounted, bool inPlace = false)
    {
        var config = new VolumeConfig { Prefix = "p", Volumes = [new VolumeSpec { Target = Volume }] };
        string archive = folder["backup.tar"];
        BackupTar.Initialize(archive);
        Assert.True(BackupTar.Backup(archive, config).Complete);
        return BackupTar.Restore(archive, config, new RestoreOptions { Destination = mounted.FullPath, InPlace = inPlace }).Single();
    }
}
