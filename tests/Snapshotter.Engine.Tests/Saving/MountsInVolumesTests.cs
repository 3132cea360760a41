using Snapshotter.Engine.Config;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Tests.FileSystem;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.Saving;

/// <summary>What is mounted within a volume is saved as a part of it, and that is said.</summary>
public sealed class MountsInVolumesTests
{
    [Fact]
    public void Each_mount_that_is_crossed_is_named_once()
    {
        using var mounted = MountedFolder.Memory();
        File.WriteAllText(Path.Combine(mounted.FullPath, "file"), "content");
        Directory.CreateDirectory(Path.Combine(mounted.FullPath, "folder"));
        string bound = Path.Combine(mounted.Parent, "bound");
        File.WriteAllText(bound, "");
        Tool.Run("mount", "--bind", Path.Combine(mounted.FullPath, "file"), bound).Succeeds();
        try
        {
            using var elsewhere = new TempFolder();
            string archive = elsewhere["backup.tar"];
            BackupTar.Initialize(archive);
            var listener = new Listener();
            var report = BackupTar.Backup(
                archive, new VolumeConfig { Prefix = "p", Volumes = [new VolumeSpec { Target = mounted.Parent }] }, reporter: listener);
            Assert.True(report.Complete);
            Assert.Empty(report.Volumes[0].Warnings);
            Assert.Single(listener.Details, detail => detail.Contains($"'{mounted.FullPath}'", StringComparison.Ordinal));
            Assert.Single(listener.Details, detail => detail.Contains($"'{bound}'", StringComparison.Ordinal));
            Assert.Contains(BackupTar.ListEntries(archive), entry => entry.Path == "mounted/file");
        }
        finally
        {
            MountedFolder.Unmount(bound);
        }
    }

    private sealed class Listener : IReporter
    {
        public List<string> Details { get; } = [];

        public void Detail(string message) => Details.Add(message);
    }
}
