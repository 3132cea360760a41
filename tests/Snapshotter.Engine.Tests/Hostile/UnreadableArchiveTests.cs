using Snapshotter.Engine.Config;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Jobs;
using Snapshotter.Engine.Reading;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Restoring;
using Snapshotter.Engine.Retention;
using Snapshotter.Engine.Saving;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.Hostile;

/// <summary>
/// Disks that fail to read the archive: each page of it in turn, for good, for every job. What is hit is named with its
/// place and a stable id, what is not goes on, and nothing is changed.
/// </summary>
public sealed class UnreadableArchiveTests : IDisposable
{
    private const int Page = 4096;

    private readonly TempFolder folder = new();
    private readonly string[] volumes;
    private readonly long length;
    private long badPage = -1;
    private readonly WatchedFileSystem disk;

    public UnreadableArchiveTests()
    {
        volumes = [folder["one"], folder["two"], folder["three.txt"]];
        disk = new WatchedFileSystem(PlatformFileSystem.Current, (_, _) => { })
        {
            // As the kernel does it: what can be read before the bad page is.
            LimitRead = (path, offset, count) => path != Archive || badPage < 0 || offset + count <= badPage ? count
                : offset < badPage ? (int)(badPage - offset)
                : offset < badPage + Page ? throw new FileSystemException(FileError.InputOutput, "read", path, "as planned by the test")
                : count,
        };
        for (int generation = 1; generation <= 2; generation++)
        {
            for (int i = 0; i < 3; i++)
            {
                folder.WriteFile($"one/f{i}", new string((char)('a' + i), 9000 + generation));
                folder.WriteFile($"two/g{i}", new string((char)('k' + i), 100 * i));
            }

            folder.WriteFile("three.txt", $"three {generation}");
            if (generation == 1)
            {
                BackupTar.Initialize(Archive);
            }

            BackupTar.Backup(Archive, Config, new BackupOptions { Durable = false });
        }

        length = new FileInfo(Archive).Length;
    }

    private string Archive => folder["backup.tar"];

    private VolumeConfig Config => new() { Prefix = "volumes", Volumes = [.. volumes.Select(v => new VolumeSpec { Target = v })] };

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_test_reports_what_is_hit_and_goes_on_with_the_rest()
    {
        ForEachPage(() =>
        {
            var reports = ArchiveTester.Test(disk, Archive, new ListOptions(), SilentReporter.Instance, CancellationToken.None).ToList();
            var failed = reports.Where(r => !r.Passed).ToList();
            Assert.NotEmpty(failed);
            Assert.Contains(failed, r => r.Errors.Any(e => e.Kind == BackupError.ArchiveUnreadable));
            Assert.All(failed, r => Assert.All(r.Errors, e => Assert.True(IsStable(e.Kind))));

            // A page holds parts of few volumes; with a manifest goes one generation.
            Assert.True(reports.Count(r => r.Passed) >= 3, $"Page at {badPage}: {reports.Count(r => r.Passed)} volumes pass.");
        });
    }

    [Fact]
    public void A_read_that_succeeds_at_the_second_try_is_told()
    {
        int reads = 0;
        var shaky = new WatchedFileSystem(PlatformFileSystem.Current, (_, _) => { })
        {
            LimitRead = (path, _, count) => path != Archive || ++reads % 7 != 3
                ? count
                : throw new FileSystemException(FileError.InputOutput, "read", path, "as planned by the test"),
        };
        var warnings = new List<Notice>();
        var reports = ArchiveTester.Test(shaky, Archive, new ListOptions(), new Warned(warnings), CancellationToken.None).ToList();
        Assert.All(reports, r => Assert.True(r.Passed));
        Assert.Equal([BackupError.ArchiveUnreadable], warnings.Select(w => w.Kind));
    }

    private sealed class Warned(List<Notice> warnings) : IReporter
    {
        public void Warn(Notice notice) => warnings.Add(notice);
    }

    [Fact]
    public void A_listing_tells_what_it_does_not_show()
    {
        ForEachPage(() =>
        {
            int told = 0;
            IReadOnlyList<ArchivedVolume> rows;
            try
            {
                rows = ArchiveLister.List(disk, Archive, new ListOptions(), new Teller(_ => told++), CancellationToken.None);
            }
            catch (BackupException e) when (IsStable(e.Error))
            {
                return;
            }

            Assert.True(told > 0 || rows.Count == 6, $"Page at {badPage}: {rows.Count} rows without a word.");
        });
    }

    [Fact]
    public void A_restore_is_refused_or_right()
    {
        int restored = 0;
        ForEachPage(() =>
        {
            foreach (string volume in volumes)
            {
                string target = folder["out"];
                try
                {
                    var restore = new VolumeRestore(
                        disk, Archive, new VolumeConfig { Prefix = "volumes" },
                        new RestoreOptions { Volumes = [volume], Destination = target, Durable = false });
                    var plan = restore.Plan(CancellationToken.None);
                    Assert.Equal([2], plan.Select(p => p.Archived.Generation).Distinct());
                    Assert.Single(restore.Execute(plan, SilentReporter.Instance, CancellationToken.None).ToList());
                    restored++;
                }
                catch (BackupException e)
                {
                    Assert.True(IsStable(e.Error), $"Page at {badPage}: {e.Error}");
                    continue;
                }

                Assert.Equal(
                    File.Exists(volume) ? File.ReadAllText(volume) : File.ReadAllText(Path.Join(volume, volume == volumes[0] ? "f1" : "g1")),
                    File.Exists(volume) ? File.ReadAllText(target + volume) : File.ReadAllText(Path.Join(target + volume, volume == volumes[0] ? "f1" : "g1")));
                Directory.Delete(target, recursive: true);
            }
        });
        Assert.True(restored > 10);
    }

    [Fact]
    public void Nothing_is_appended_or_removed_where_the_end_cannot_be_read()
    {
        byte[] before = File.ReadAllBytes(Archive);
        ForEachPage(() =>
        {
            try
            {
                new OptimizeJob(disk, Archive, new OptimizeOptions { Keep = new RetentionPolicy { Last = 1 }, Durable = false }).Plan(CancellationToken.None);
            }
            catch (BackupException e)
            {
                Assert.True(IsStable(e.Error), $"Page at {badPage}: {e.Error}");
            }

            try
            {
                new VolumeBackup(disk, Config, new BackupOptions { Durable = false }, SilentReporter.Instance).Run(Archive, CancellationToken.None);
            }
            catch (BackupException e)
            {
                Assert.True(IsStable(e.Error), $"Page at {badPage}: {e.Error}");
                Assert.Equal(before, File.ReadAllBytes(Archive));
                return;
            }

            File.WriteAllBytes(Archive, before);
        });
    }

    private static bool IsStable(BackupError error) => error is BackupError.ArchiveUnreadable or BackupError.ArchiveInvalid or BackupError.ChecksumMismatch;

    private void ForEachPage(Action check)
    {
        for (badPage = 0; badPage < length; badPage += Page)
        {
            check();
        }

        badPage = -1;
    }

    private sealed class Teller(Action<Notice> tell) : IReporter
    {
        public bool GoOn(Notice problem)
        {
            tell(problem);
            return true;
        }
    }
}
