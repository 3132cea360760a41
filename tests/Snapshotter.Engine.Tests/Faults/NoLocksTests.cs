using Snapshotter.Engine.Config;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Saving;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.Faults;

/// <summary>Two backups to one archive at once, where the file system gives no locks: who reports success has it in the archive, or an error of the other tells of it.</summary>
public sealed class NoLocksTests : IDisposable
{
    private readonly TempFolder folder = new();

    public NoLocksTests()
    {
        foreach (string volume in new[] { "first", "second" })
        {
            for (int i = 0; i < 6; i++)
            {
                folder.WriteFile($"{volume}/{i}", new string((char)('a' + i), i % 2 == 0 ? 200_000 : 3000));
            }
        }

        folder.WriteFile("small/x", "x");
    }

    private string Archive => folder["backup.tar"];

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("second")]
    [InlineData("small")]
    public void No_success_is_reported_that_is_not_in_the_archive(string other)
    {
        bool isDone = false;
        for (int step = 0; !isDone; step++)
        {
            File.Delete(Archive);
            BackupTar.Initialize(Archive);
            int steps = 0;
            bool hasOther = false;
            var disk = new WatchedFileSystem(PlatformFileSystem.Current, (_, _) => { })
            {
                HasLocks = false,
                BeforeWrite = () => hasOther |= Interlocked.Increment(ref steps) == step + 1
                    && TryBackup(new WatchedFileSystem(PlatformFileSystem.Current, (_, _) => { }) { HasLocks = false }, other),
            };
            bool hasFirst = TryBackup(disk, "first");
            isDone = steps <= step;
            var passed = BackupTar.Test(Archive).Where(result => result.Passed).Select(result => result.Target).ToList();
            Assert.True(!hasFirst || passed.Contains(folder["first"]), $"Step {step}: the first is not there.");

            // Between a look and a write nothing keeps the first from writing over the other once. Then it is an error of the first.
            Assert.True(!hasFirst || !hasOther || passed.Contains(folder[other]), $"Step {step}: the other is not there, and nobody says so.");
        }
    }

    [Fact]
    public void That_there_are_no_locks_is_told_once()
    {
        BackupTar.Initialize(Archive);
        var disk = new WatchedFileSystem(PlatformFileSystem.Current, (_, _) => { }) { HasLocks = false };
        var told = new Told();
        new VolumeBackup(disk, Config("small"), new BackupOptions(), told).Run(Archive, CancellationToken.None);
        Assert.Equal(BackupError.ArchiveLocked, Assert.Single(told.Warnings).Kind);
    }

    private bool TryBackup(IFileSystem disk, string volume)
    {
        try
        {
            new VolumeBackup(disk, Config(volume), new BackupOptions { Readers = 1 }, SilentReporter.Instance).Run(Archive, CancellationToken.None);
            return true;
        }
        catch (BackupException)
        {
            return false;
        }
    }

    private VolumeConfig Config(string volume) => new() { Prefix = volume, Volumes = [new VolumeSpec { Target = folder[volume] }] };

    private sealed class Told : IReporter
    {
        public List<Notice> Warnings { get; } = [];

        public void Warn(Notice notice) => Warnings.Add(notice);
    }
}
