using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Jobs;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Restoring;

namespace Snapshotter.Engine.Tests.Faults;

/// <summary>
/// A restore that fails or crashes at any operation leaves each volume wholly old, or the next restore makes it wholly
/// new; and what is no part of the volumes (mount points, the archive) is never touched.
/// </summary>
public sealed class RestoreFaultTests(ITestOutputHelper output)
{
    private const string StagingStart = ".snapshotter-";

    /// <summary>What stands in the volumes before.</summary>
    public static TheoryData<string> Starts =>
        ["other content", "missing", "in place", "ordinary user", "a part", "incomplete", "incomplete, in place", "overlay", "union"];

    [Theory]
    [MemberData(nameof(Starts))]
    public void A_restore_that_fails_leaves_volumes_old_or_the_next_makes_them_new(string start)
    {
        var (disk, options) = Build(start);
        var check = new Check(disk, options);
        var faults = new FaultPoints(output);
        faults.Fail(disk.Clone, fileSystem => Scene.Restore(fileSystem, options), (fileSystem, thrown, isLasting) =>
        {
            Assert.True(thrown is BackupException or null, $"{thrown}");
            if (thrown is null)
            {
                check.IsNew(fileSystem);
            }
            check.IsEachFileOldOrNew(fileSystem);

            // Where the root's time cannot be set any more, it stays as the look at the place left it.
            check.IsOldOrMended(fileSystem, withRootTime: !isLasting);
        });
        faults.Report($"restore, {start}, failures");
    }

    [Theory]
    [MemberData(nameof(Starts))]
    public void A_restore_that_is_cut_off_by_a_crash_leaves_volumes_old_or_the_next_makes_them_new(string start)
    {
        var (disk, options) = Build(start);
        var check = new Check(disk, options);
        var faults = new FaultPoints(output);
        faults.Crash(disk.Clone, fileSystem => Scene.Restore(fileSystem, options), (fileSystem, done) =>
        {
            check.IsEachFileOldOrNew(done);
            check.IsOldOrMended(fileSystem, withRootTime: false);
        });
        faults.Report($"restore, {start}, crashes");
    }

    [Theory]
    [InlineData("other content")]
    [InlineData("union")]
    public void The_restore_that_mends_may_crash_too(string start)
    {
        var (disk, options) = Build(start);
        var check = new Check(disk, options);
        var faults = new FaultPoints(output);
        foreach (var at in new[] { 0.55, 0.75, 0.9 })
        {
            var counted = disk.Clone();
            Scene.Restore(counted, options);
            var crashed = disk.Clone();
            crashed.Faults = FaultPlan.CrashAt((long)(counted.Faults.Count * at));
            Assert.ThrowsAny<Exception>(() => Scene.Restore(crashed, options));
            var again = crashed.AfterCrash(CrashMode.Everything);
            faults.Crash(again.Clone, fileSystem => Scene.Restore(fileSystem, options), (fileSystem, _) => check.IsMended(fileSystem));
        }
        faults.Report("restore after a restore that crashed, crashes");
    }

    [Theory]
    [InlineData("other content", true)]
    [InlineData("other content", false)]
    [InlineData("overlay", true)]
    [InlineData("union", true)]
    public void What_a_program_puts_there_between_the_crash_and_the_next_restore_gives_way(string start, bool isSameKind)
    {
        var (disk, options) = Build(start);
        var check = new Check(disk, options);
        var counted = disk.Clone();
        Scene.Restore(counted, options);
        var finished = 0;
        for (var at = counted.Faults.Count * 2 / 5; at <= counted.Faults.Count; at++)
        {
            var crashed = disk.Clone();
            crashed.Faults = FaultPlan.CrashAt(at);
            Assert.ThrowsAny<Exception>(() => Scene.Restore(crashed, options));
            var again = crashed.AfterCrash(CrashMode.Everything);
            if (TreeSnapshot.Of(again, Scene.Folder).Names.Any(name => name.EndsWith("/swap", StringComparison.Ordinal)))
            {
                finished++;
                using (var folder = again.OpenDirectory(Scene.Folder))
                {
                    Put(folder, "inner"u8, isDirectory: isSameKind);
                    Put(folder, "same name"u8, isDirectory: !isSameKind);
                }
                again = again.Clone();
                Scene.Restore(again, options);
                check.IsNew(again);
            }
        }
        Assert.True(finished > 3);

        static void Put(IDirectory folder, ReadOnlySpan<byte> name, bool isDirectory)
        {
            if (!folder.TryGetStatus(name, out var status))
            {
                if (!isDirectory)
                {
                    folder.CreateFile(name, 0x180).Dispose();
                    return;
                }
                folder.CreateDirectory(name, 0x1C0);
            }
            else if (status.Kind != FileKind.Directory)
            {
                return;
            }
            using var made = folder.OpenDirectory(name);
            if (!made.TryGetStatus("put there"u8, out _))
            {
                made.CreateFile("put there"u8, 0x180).Dispose();
            }
        }
    }

    [Fact]
    public void A_disk_without_room_leaves_the_volumes_as_they_were()
    {
        var (disk, options) = Build("other content");
        var check = new Check(disk, options);
        var full = long.MaxValue / 2;
        disk.Capacity = full;
        var used = full - disk.FreeSpace("/");
        var (refused, restored) = (0, 0);
        for (long room = 0; restored < 3; room += 16 * 1024)
        {
            var fileSystem = disk.Clone();
            fileSystem.Capacity = used + room;
            try
            {
                Scene.Restore(fileSystem, options);
                restored++;
            }
            catch (BackupException exception)
            {
                refused++;
                Assert.Equal(BackupError.InsufficientSpace, exception.Error);
            }
            fileSystem.Capacity = null;
            check.IsOldOrMended(fileSystem);
        }
        Assert.True(refused > 3);
        output.WriteLine($"restore on a full disk: {refused} sizes refused, {restored} enough");
    }

    [Fact]
    public void A_folder_that_would_be_too_small_even_empty_is_not_emptied()
    {
        var (disk, _) = Build("missing");
        var check = new Check(disk, new RestoreOptions { InPlace = true });
        var full = long.MaxValue / 2;
        disk.Capacity = full;
        var before = full - disk.FreeSpace("/");
        disk.Capacity = before;
        var exception = Assert.Throws<BackupException>(() => Scene.Restore(disk, new RestoreOptions { InPlace = true }));
        Assert.Equal(BackupError.InsufficientSpace, exception.Error);
        disk.Capacity = full;
        Assert.Equal(before, full - disk.FreeSpace("/"));
        disk.Capacity = null;
        check.IsOldOrMended(disk);
    }

    [Fact]
    public void What_cannot_be_moved_out_stays_with_all_the_rest()
    {
        var (disk, options) = Build("other content");
        var old = TreeSnapshot.Of(disk, Scene.Folder);
        var counted = disk.Clone();
        Scene.Restore(counted, options);
        var putBack = 0;
        for (long at = 1; at <= counted.Faults.Count; at++)
        {
            var fileSystem = disk.Clone();
            fileSystem.Faults = FaultPlan.FailAt(at, FileError.AccessDenied);
            if (Record.Exception(() => Scene.Restore(fileSystem, options)) is not null
                && fileSystem.Faults.Hit is { } hit && hit.StartsWith("rename", StringComparison.Ordinal)
                && hit.Contains(Scene.Folder, StringComparison.Ordinal) && !hit.Contains(StagingStart, StringComparison.Ordinal))
            {
                putBack++;
                Assert.Equal("", old.Differences(TreeSnapshot.Of(fileSystem, Scene.Folder)));
            }
        }
        Assert.True(putBack > 3);
        output.WriteLine($"restore, {putBack} names that could not be moved out");
    }

    private static (MemoryFileSystem Disk, RestoreOptions Options) Build(string start)
    {
        var disk = Scene.Build("three generations", start.StartsWith("incomplete", StringComparison.Ordinal));
        if (start == "missing")
        {
            using var volumes = disk.OpenDirectory("/volumes");
            volumes.RemoveFile("text.txt"u8);
            using (var folder = disk.OpenDirectory(Scene.Folder))
            {
                TreeRemover.RemoveContent(disk.OpenDirectory(Scene.Folder), KeepTree.Build(new NestedPlaces(disk), Scene.Folder, [Scene.Nested]));
            }
            disk = disk.Clone();
        }
        if (start == "overlay")
        {
            disk.SinkDirectories();
        }
        if (start == "union")
        {
            disk.SinkAll();
        }
        if (start == "ordinary user")
        {
            disk.Traits = disk.Traits with { IsPrivileged = false };
        }
        return (disk, new RestoreOptions
        {
            InPlace = start.EndsWith("in place", StringComparison.Ordinal),
            Include = start == "a part" ? ["* name", "inner/**", "nested"] : [],
        });
    }

    private sealed class Check
    {
        private readonly RestoreOptions options;
        private readonly byte[] archive;
        private readonly Dictionary<string, TreeSnapshot> old;
        private readonly Dictionary<string, TreeSnapshot> restored;
        private readonly string[] precious;
        private readonly bool isMerged;

        public Check(MemoryFileSystem disk, RestoreOptions options)
        {
            this.options = options;
            archive = disk.ReadAllBytes(Scene.Archive);
            old = Snapshots(disk);
            var after = disk.Clone();
            Scene.Restore(after, options);
            restored = Snapshots(after);
            Assert.NotEqual(old[Scene.Folder], restored[Scene.Folder]);

            precious = old[Scene.Folder].Names.Where(name => name.EndsWith("/precious", StringComparison.Ordinal)).ToArray();
            isMerged = options.Include.Count > 0 || precious.Contains("/precious");
            if (!isMerged)
            {
                // What a restore gives is what was saved: the same as filling the volumes again.
                var filled = disk.Clone();
                Scene.Fill(filled, 3);
                Assert.Equal("", WithoutMount(Snapshots(filled)).WithoutTimes().Differences(WithoutMount(restored).WithoutTimes()));
            }
            Assert.Contains(Inside, restored[Scene.Folder].Names);
        }

        private static string Mount => Scene.Nested[Scene.Folder.Length..];

        private static string Inside => Mount + "/only in 3";

        public void IsNew(MemoryFileSystem fileSystem)
        {
            foreach (var (path, snapshot) in Snapshots(fileSystem))
            {
                // A part leaves the times of folders that it is in as they are: as the one before left them.
                Assert.Equal("", options.Include.Count == 0
                    ? restored[path].Differences(snapshot)
                    : restored[path].WithoutTimes().Differences(snapshot.WithoutTimes()));
            }
        }

        public void IsOldOrMended(MemoryFileSystem fileSystem, bool withRootTime = true)
        {
            if (!isMerged)
            {
                IsOldOrBegun(fileSystem, Scene.Folder, withRootTime);
            }
            IsEachFileOldOrNew(fileSystem);
            IsRestOfWorkInOnePlace(fileSystem);
            IsOldOrNew(fileSystem, Scene.Text);
            IsNothingPreciousGone(fileSystem);
            IsMended(fileSystem);
        }

        public void IsMended(MemoryFileSystem fileSystem)
        {
            Assert.Equal(archive, fileSystem.ReadAllBytes(Scene.Archive));
            var mended = fileSystem.Clone();
            Scene.Restore(mended, options);
            IsNew(mended);
            Assert.DoesNotContain(TreeSnapshot.Of(mended, "/volumes").Names, name => name.Contains(StagingStart, StringComparison.Ordinal));
            Assert.Equal(archive, mended.ReadAllBytes(Scene.Archive));
        }

        /// <summary>What no archive has is there, where nothing may be removed.</summary>
        private void IsNothingPreciousGone(MemoryFileSystem fileSystem)
        {
            var now = TreeSnapshot.Of(fileSystem, Scene.Folder);
            Assert.All(precious, name => Assert.Equal(old[Scene.Folder][name], now[name]));
        }

        /// <summary>
        /// What is replaced in one step is there all the time, with one content or the other.
        /// </summary>
        public void IsEachFileOldOrNew(MemoryFileSystem fileSystem)
        {
            var now = TreeSnapshot.Of(fileSystem, Scene.Folder);
            foreach (var name in old[Scene.Folder].Names.Where(name => isMerged || name.StartsWith(Mount + "/", StringComparison.Ordinal)))
            {
                Assert.Contains(now.ContentOf(name), new[] { old[Scene.Folder].ContentOf(name), restored[Scene.Folder].ContentOf(name) });
            }
        }

        private static TreeSnapshot WithoutMount(Dictionary<string, TreeSnapshot> snapshots) => snapshots[Scene.Folder].Without(Mount);

        /// <summary>A file volume that can be replaced is never in between.</summary>
        private void IsOldOrNew(MemoryFileSystem fileSystem, string path)
        {
            var now = TreeSnapshot.Of(fileSystem, path);
            Assert.True(now.Equals(old[path]) || now.Equals(restored[path]), $"neither old nor new: {now}");
        }

        /// <summary>What is half old and half new, or half empty, is not saved as if it were whole.</summary>
        private static void IsRefused(MemoryFileSystem fileSystem)
        {
            var refused = Assert.Throws<BackupException>(() => Scene.Backup(fileSystem.Clone()));
            Assert.Equal(BackupError.RestoreInterrupted, refused.Error);
        }

        /// <summary>Nothing is left below the root of the volume or of a mount in it.</summary>
        private static void IsRestOfWorkInOnePlace(MemoryFileSystem fileSystem) =>
            Assert.All(TreeSnapshot.Of(fileSystem, Scene.Folder).Names, name =>
            {
                var start = name.IndexOf(StagingStart, StringComparison.Ordinal);
                Assert.True(start < 0 || name[..start] is "/" || name[..start] == Mount + "/", name);
            });

        /// <summary>Without a journal a folder is as it was, or new, but for the staging folder and the root's time.</summary>
        private void IsOldOrBegun(MemoryFileSystem fileSystem, string path, bool withRootTime)
        {
            var now = TreeSnapshot.Of(fileSystem, path);
            if (now.Names.Any(name => name.StartsWith($"/{StagingStart}", StringComparison.Ordinal)
                && (name.EndsWith("/swap", StringComparison.Ordinal) || name.EndsWith("/half", StringComparison.Ordinal))))
            {
                IsRefused(fileSystem);
                return;
            }
            var rest = now.Without($"/{StagingStart}");
            var isStaged = rest.Count < now.Count;
            rest = rest.Without(Mount);
            Assert.True(
                IsSame(rest, WithoutMount(old), isStaged, withRootTime) || IsSame(rest, WithoutMount(restored), isStaged, withRootTime),
                $"neither old nor new: {rest.Differences(WithoutMount(old))}");
        }

        private static bool IsSame(TreeSnapshot now, TreeSnapshot wanted, bool isStaged, bool withRootTime) => isStaged
            ? now.WithoutTimes().Equals(wanted.WithoutTimes())
            : now.WithoutTimes(withRootTime ? null : "/").Equals(wanted.WithoutTimes(withRootTime ? null : "/"));

        private static Dictionary<string, TreeSnapshot> Snapshots(MemoryFileSystem fileSystem) =>
            new[] { Scene.Folder, Scene.Text, Scene.Mounted }.ToDictionary(path => path, path => TreeSnapshot.Of(fileSystem, path));
    }
}
