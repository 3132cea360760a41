using Snapshotter.Engine.Config;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Jobs;
using Snapshotter.Engine.Reading;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Restoring;
using Snapshotter.Engine.Retention;
using Snapshotter.Engine.Tests.Faults;

namespace Snapshotter.Engine.Tests.Readers;

/// <summary>
/// Somebody reads after each single step of a writer, as another process may: every reader finds a whole archive, the old
/// one up to the commit and the new one from there on.
/// </summary>
public sealed class EveryStepTests(ITestOutputHelper output)
{
    [Theory]
    [MemberData(nameof(Scene.Shapes), MemberType = typeof(Scene))]
    public void A_backup_is_invisible_until_it_is_committed(string shape)
    {
        var disk = Scene.Build(shape);
        int before = Rows(disk).Count;
        var seen = new List<int>();
        disk.Faults = FaultPlan.None();
        disk.Faults.Watch = step => seen.Add(Look(disk, step, before == 0));
        Scene.Backup(disk);
        disk.Faults = FaultPlan.None();

        output.WriteLine($"{shape}: {seen.Count} looks");
        Assert.All(seen, rows => Assert.True(rows == before || rows == before + 3, $"{rows} rows."));
        Assert.Equal(seen.Order(), seen);
        Assert.Equal(before + 3, Look(disk, "the end", isEmpty: false));
        Assert.Contains(before, seen);
    }

    [Fact]
    public void A_backup_that_is_taken_back_was_never_there()
    {
        var start = Scene.Build("one generation");
        int operations = 0;
        var probe = start.Clone();
        probe.Faults.Watch = _ => operations++;
        Scene.Backup(probe);
        for (int at = 1; at <= operations; at += 3)
        {
            var disk = start.Clone();
            disk.Faults = FaultPlan.FailAt(at, FileError.InputOutput);
            disk.Faults.Watch = step => Assert.Equal(3, Look(disk, step, isEmpty: false));
            try
            {
                Scene.Backup(disk);
            }
            catch (BackupException)
            {
                // As planned; what matters is what was seen meanwhile.
            }
            catch (Xunit.Sdk.XunitException) when (disk.Faults.Hit is null)
            {
                // The commit came before the fault.
            }
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_stays_is_there_at_every_step_of_a_removal(bool inPlace)
    {
        var disk = Scene.Build("three generations");
        disk.CanShareAndCollapse = inPlace;
        var numbers = new List<string>();
        int skipped = 0;
        disk.Faults = FaultPlan.None();
        disk.Faults.Watch = step =>
        {
            using (var file = disk.OpenFile(Scene.Archive, FileAccessKind.Read))
            {
                if (file.IsLocked(FileLock.Reader))
                {
                    // Readers wait here.
                    skipped++;
                    return;
                }
            }

            Look(disk, step, isEmpty: false);
            numbers.Add(string.Join(",", Rows(disk).Select(r => r.Generation).Distinct()));
        };
        new OptimizeJob(disk, Scene.Archive, new OptimizeOptions { Keep = new RetentionPolicy { Last = 1 } })
            .Plan(CancellationToken.None).Execute(SilentReporter.Instance, CancellationToken.None);
        disk.Faults = FaultPlan.None();

        output.WriteLine($"{numbers.Count} looks, {skipped} waits: {string.Join(" ", numbers.Distinct())}");
        Assert.All(numbers, n => Assert.EndsWith("3", n, StringComparison.Ordinal));
        Assert.Equal([3], Rows(disk).Select(r => r.Generation).Distinct());

        // To remove in place, and to find out that this cannot be done, readers are kept out for a moment.
        Assert.InRange(skipped, 1, inPlace ? 12 : 2);
    }

    [Fact]
    public void A_living_writer_is_told_from_a_dead_one()
    {
        var disk = Scene.Build("one generation");
        int steps = 0;
        disk.Faults = FaultPlan.None();
        MemoryFileSystem? after = null;
        disk.Faults.Watch = step => after = ++steps == 6 ? disk.AfterCrash(CrashMode.Everything) : after;
        Scene.Backup(disk);

        // Nobody holds its lock any more: that backup is dead.
        Assert.Contains(Tested(after!), r => !r.Passed && r.Errors[0].Message.Contains("interrupted", StringComparison.Ordinal));
        Assert.Equal(3, Rows(after!).Count);

        using var writer = after!.OpenFile(Scene.Archive, FileAccessKind.ReadWrite);
        Assert.True(writer.TryLock(FileLock.Writer));
        Assert.All(Tested(after), r => Assert.True(r.Passed));
        Assert.Equal(3, Rows(after).Count);
    }

    /// <summary>Lists, tests and plans a restore. Returns the number of rows.</summary>
    private static int Look(MemoryFileSystem disk, string step, bool isEmpty)
    {
        try
        {
            int rows = Rows(disk).Count;
            var tested = isEmpty && rows == 0 ? [] : Tested(disk);
            Assert.True(tested.Count == rows, $"After {step}: {tested.Count} of {rows} volumes are tested.");
            Assert.All(tested, r => Assert.True(r.Passed, $"After {step}: {string.Join("; ", r.Errors.Select(e => e.Message))}"));
            if (rows > 0)
            {
                Assert.Equal(3, new VolumeRestore(disk, Scene.Archive, new VolumeConfig { Prefix = "volumes" }, new RestoreOptions())
                    .Plan(CancellationToken.None).Count);
            }

            return rows;
        }
        catch (BackupException e)
        {
            Assert.Fail($"After {step}: {e.Error}, {e.Message}");
            return 0;
        }
    }

    private static IReadOnlyList<ArchivedVolume> Rows(MemoryFileSystem disk) =>
        ArchiveLister.List(disk, Scene.Archive, new ListOptions(), null, CancellationToken.None);

    private static List<VolumeTestReport> Tested(MemoryFileSystem disk) =>
        [.. ArchiveTester.Test(disk, Scene.Archive, new ListOptions(), SilentReporter.Instance, CancellationToken.None)];
}
