using Snapshotter.Engine.Config;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Jobs;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Restoring;
using Snapshotter.Engine.Retention;
using Snapshotter.Engine.Saving;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.Retention;

/// <summary>Volumes of one prefix that are saved together, apart, and not any more.</summary>
[OnWindowsToo]
public class VolumeRetentionTests : IDisposable
{
    private static readonly RetentionPolicy One = new() { Last = 1 };

    private readonly TempFolder folder = new();

    public VolumeRetentionTests()
    {
        BackupTar.Initialize(Archive);
        foreach (string name in new[] { "web", "db", "log" })
        {
            folder.WriteFile($"{name}/file", name);
        }
    }

    private string Archive => folder["backup.tar"];

    private IEnumerable<int> Numbers => BackupTar.List(Archive).Select(v => v.Generation).Distinct();

    public void Dispose()
    {
        folder.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void Rules_of_a_backup_judge_the_generations_of_its_own_volumes_alone()
    {
        Backup(One, "web");
        Backup(One, "db");
        Backup(One, "web", "db");
        Assert.Equal([3], Numbers);

        var report = Backup(One, "web");
        Assert.Equal([3, 4], Numbers);
        Assert.Empty(report.Optimization!.Removed);

        report = Backup(One, "web", "db", "log");
        Assert.Equal([5], Numbers);
        Assert.Equal([3, 4], report.Volumes[0].Removed.Select(g => g.Generation));
        Assert.Equal([3], report.Volumes[1].Removed.Select(g => g.Generation));
        Assert.Empty(report.Volumes[2].Removed);
    }

    [Fact]
    public void A_volume_that_is_no_longer_saved_keeps_its_newest_generation_until_it_is_named()
    {
        Backup(null, "web", "log");
        Backup(null, "web", "log");
        var noticed = new Notices();
        Backup(One, noticed, "web");
        Backup(One, noticed, "web");
        Assert.Equal([1, 2, 4], Numbers);
        Assert.Equal([BackupError.GenerationProtected, BackupError.GenerationProtected], noticed.Warnings.Select(w => w.Kind));

        var plan = BackupTar.PlanOptimize(Archive, new OptimizeOptions { Keep = One });
        Assert.Equal([(1, "", ""), (2, "newest", "/log"), (4, "last newest", "/web")], plan.Generations.Select(
            g => (g.Generation, string.Join(' ', g.Reasons.Except(g.Generation == 2 ? ["last"] : [])), string.Join(' ', g.KeptFor))));
        plan.Execute();
        Assert.Equal([2, 4], Numbers);

        Fails(BackupError.GenerationProtected, new OptimizeOptions { Generations = [2] });
        Fails(BackupError.GenerationProtected, new OptimizeOptions { Generations = [2], Volumes = ["/web"] });
        Fails(BackupError.GenerationNotFound, new OptimizeOptions { Generations = [2], Volumes = ["/log", "/none"] });
        Fails(BackupError.GenerationNotFound, new OptimizeOptions { Generations = [2], Volumes = ["/lag"] });
        Fails(BackupError.ConfigInvalid, new OptimizeOptions { Keep = One, Volumes = ["/log"] });
        BackupTar.PlanOptimize(Archive, new OptimizeOptions { Generations = [2], Volumes = ["/l*"] }).Execute();
        Assert.Equal([4], Numbers);
    }

    [Fact]
    public void Rules_run_after_an_incomplete_backup_and_the_newest_complete_generation_stays()
    {
        Backup(null, "web");
        Backup(null, "web");
        for (int i = 0; i < 3; i++)
        {
            var report = IncompleteBackup(One, "web");
            Assert.False(report.Complete);
            Assert.NotNull(report.Optimization);
        }

        Assert.Equal([2, 5], Numbers);
        Backup(One, "web");
        Assert.Equal([6], Numbers);
    }

    [Fact]
    public void Rules_that_cannot_be_applied_are_a_warning()
    {
        Backup(null, "web");
        Backup(null, "web");
        var noticed = new Notices();
        using (var reader = PlatformFileSystem.Current.OpenFile(Archive, Engine.FileSystem.FileAccessKind.ReadWrite))
        {
            // Someone reads the archive all the while.
            Assert.True(reader.TryLock(FileLock.Reader));
            Assert.Null(Backup(One, noticed, "web").Optimization);
        }

        Assert.Equal(BackupError.ArchiveLocked, Assert.Single(noticed.Warnings).Kind);
        Assert.Equal([1, 2, 3], Numbers);
    }

    [Fact]
    public void The_preview_names_what_goes()
    {
        Backup(null, "web");
        Backup(null, "db");
        Backup(null, "web", "log");
        Backup(null, "web");
        byte[] before = File.ReadAllBytes(Archive);
        var preview = BackupTar.PlanKeep(Archive, Config(One, "web"));
        Assert.Equal(before, File.ReadAllBytes(Archive));
        Assert.Equal(
            preview.Select(g => (g.Generation, g.Bytes)),
            Backup(One, "web").Optimization!.Removed.Select(g => (g.Generation, g.Bytes)));
        Assert.Equal([1, 4], preview.Select(g => g.Generation));
        Assert.Empty(BackupTar.PlanKeep(Archive, Config(null, "web")));
    }

    [Fact]
    public void A_restore_takes_the_newest_copy_of_each_volume()
    {
        Backup(null, "web", "log");
        folder.WriteFile("web/file", "web 2");
        Backup(null, "web");
        var after = DateTimeOffset.UtcNow;
        folder.WriteFile("web/file", "web 3");
        Backup(null, "db", "web");

        Assert.Equal([("/db", 3, false), ("/web", 3, false), ("/log", 1, true)], Planned(new RestoreOptions()));
        Assert.Equal([("/web", 2, false), ("/log", 1, true)], Planned(new RestoreOptions { Generation = new GenerationChoice { AsOf = after } }));
        Assert.Equal([("/web", 2, false)], Planned(new RestoreOptions { Generation = new GenerationChoice { Number = 2 } }));
        Assert.Equal([("/log", 1, true)], Planned(new RestoreOptions { Volumes = ["/l*"] }));
        Assert.Equal([("/log", 1, true), ("/web", 3, false)], Planned(new RestoreOptions(), Config(null, "log", "web")));
        Assert.Equal([3, 3, 1], BackupTar.List(Archive, new ListOptions { Newest = true }).OrderByDescending(v => v.Generation).Select(v => v.Generation));
        Assert.Throws<BackupException>(() => Planned(new RestoreOptions { Generation = new GenerationChoice { Number = 2 } }, Config(null, "log")));

        var noticed = new Notices();
        folder.WriteFile("log/file", "changed");
        BackupTar.Restore(Archive, Config(null, "log", "web"), reporter: noticed);
        Assert.Equal("log", File.ReadAllText(folder["log", "file"]));
        Assert.Equal(BackupError.CopyOlder, Assert.Single(noticed.Warnings).Kind);
    }

    [Fact]
    public void An_older_copy_is_not_taken_for_one_that_may_be_hidden_by_damage()
    {
        Backup(null, "log");
        Backup(null, "web");
        Backup(null, "web");
        byte[] archive = File.ReadAllBytes(Archive);
        int line = archive.AsSpan().IndexOf("id: "u8);
        int second = line + 1 + archive.AsSpan(line + 1).IndexOf("id: "u8);
        archive[second] = (byte)'I';
        File.WriteAllBytes(Archive, archive);

        Assert.Equal(("/web", 3, false), Planned(new RestoreOptions(), Config(null, "web")).Single());
        Assert.Equal(
            BackupError.ArchiveInvalid, Assert.Throws<BackupException>(() => Planned(new RestoreOptions(), Config(null, "log"))).Error);
        Assert.Equal(("/log", 1, false), Planned(new RestoreOptions { Generation = new GenerationChoice { Number = 1 } }, Config(null, "log")).Single());
    }

    private IEnumerable<(string, int, bool)> Planned(RestoreOptions options, VolumeConfig? config = null)
        => BackupTar.PlanRestore(
            Archive, config ?? new VolumeConfig { Prefix = "p" }, config is null ? options with { Destination = folder["below"] } : options).Volumes
            .Select(v => (v.Archived.Target, v.Archived.Generation, v.IsOlder)).ToList();

    private void Fails(BackupError error, OptimizeOptions options)
        => Assert.Equal(error, Assert.Throws<BackupException>(() => BackupTar.PlanOptimize(Archive, options)).Error);

    private BackupReport Backup(RetentionPolicy? keep, params string[] names) => Backup(keep, new Notices(), names);

    private BackupReport Backup(RetentionPolicy? keep, IReporter reporter, params string[] names)
        => BackupTar.Backup(Archive, Config(keep, names), reporter: reporter);

    /// <summary>A backup in which a file vanishes before it is read.</summary>
    private BackupReport IncompleteBackup(RetentionPolicy keep, string name)
    {
        folder.WriteFile($"{name}/victim", "victim");
        var watched = new WatchedFileSystem(PlatformFileSystem.Current, (path, _) =>
        {
            if (path.EndsWith("victim", StringComparison.Ordinal))
            {
                File.Delete(path);
            }
        });
        var config = Config(keep, name);
        var report = new VolumeBackup(watched, config, new BackupOptions(), new Notices()).Run(Archive, default);
        new KeepPolicy(PlatformFileSystem.Current, Archive, new NextBackup(config.Prefix, [.. config.Volumes.Select(v => v.Target)]), keep)
            .Apply(report, new Notices(), default);
        return report;
    }

    private VolumeConfig Config(RetentionPolicy? keep, params string[] names) => new()
    {
        Prefix = "p",
        Volumes = [.. names.Select(name => new VolumeSpec { Target = $"/{name}", Source = folder[name] })],
        Keep = keep,
    };

    private sealed class Notices : IReporter
    {
        public List<Notice> Warnings { get; } = [];

        public void Warn(Notice notice) => Warnings.Add(notice);
    }
}
