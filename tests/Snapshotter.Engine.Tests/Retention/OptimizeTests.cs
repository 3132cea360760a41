using Snapshotter.Engine.Config;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Jobs;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Restoring;
using Snapshotter.Engine.Retention;
using Snapshotter.Engine.Tests.FileSystem;
using Snapshotter.Engine.Tests.Support;
using FileAccessKind = Snapshotter.Engine.FileSystem.FileAccessKind;
using Tool = Snapshotter.Engine.Tests.Support.Tool;

namespace Snapshotter.Engine.Tests.Retention;

public sealed class OptimizeTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("ext4", true)]
    [InlineData("xfs", true)]
    [InlineData("tmpfs", false)]
    public void Removes_old_generations_where_the_archive_lies(string kind, bool inPlace)
    {
        using var mounted = Mount(kind);
        using var archive = new ArchiveUnderTest(mounted.FullPath);
        var expected = new List<ArchivedPiece>();
        for (int i = 0; i < 5; i++)
        {
            var before = archive.Pieces();
            archive.Backup(i % 2 == 0 ? "volumes/a" : "volumes/b");
            if (i is 1 or 2 or 3 or 4)
            {
                expected.AddRange(archive.Pieces().Skip(before.Count));
            }
        }

        long length = new FileInfo(archive.Path).Length;
        var plan = archive.Plan(new OptimizeOptions { Keep = new RetentionPolicy { Last = 2 } });
        Assert.Equal([(1, false), (2, true), (3, true), (4, true), (5, true)], plan.Generations.Select(g => (g.Generation, g.Keep)));

        var report = plan.Execute();

        Assert.Equal(inPlace, report.InPlace);
        Assert.Equal([1], report.Removed.Select(g => g.Generation));
        Assert.Equal(plan.GainedBytes, report.GainedBytes);
        Assert.Equal(length - plan.GainedBytes, new FileInfo(archive.Path).Length);
        archive.HoldsExactly(expected);
        archive.IsMended();
        Assert.Equal(["backup.tar"], archive.FolderContent.Where(name => name != "lost+found"));
        Assert.Equal(6, archive.Backup().Generation);
        archive.IsMended();
    }

    [Fact]
    public void A_copy_of_an_archive_with_a_second_name_is_told()
    {
        using var mounted = Mount("tmpfs");
        using var archive = new ArchiveUnderTest(mounted.FullPath);
        archive.Backup();
        archive.Backup();
        byte[] before = File.ReadAllBytes(archive.Path);
        string second = Path.Join(mounted.FullPath, "second.tar");
        Tool.Run("ln", archive.Path, second).Succeeds();
        var told = new Told();
        Assert.False(archive.Plan(new OptimizeOptions { Generations = [1] }).Execute(told).InPlace);
        Assert.Equal(BackupError.NotKept, Assert.Single(told.Warnings).Kind);
        Assert.Equal(before, File.ReadAllBytes(second));
    }

    [Theory]
    [InlineData("ext4")]
    [InlineData("xfs")]
    public void Several_runs_in_between_are_cut_out(string kind)
    {
        using var mounted = Mount(kind);
        using var archive = new ArchiveUnderTest(mounted.FullPath);
        var expected = new List<ArchivedPiece>();
        for (int i = 1; i <= 8; i++)
        {
            var before = archive.Pieces();
            archive.Backup($"p{i % 2}", bytes: i * 30_000);
            if (i is not (1 or 3 or 4 or 6))
            {
                expected.AddRange(archive.Pieces().Skip(before.Count));
            }
        }

        var report = archive.Optimize(new OptimizeOptions { Generations = [6, 1, 3, 4] });

        Assert.True(report.InPlace);
        Assert.Equal([1, 3, 4, 6], report.Removed.Select(g => g.Generation));
        Assert.Equal([2, 5, 7, 8], archive.Numbers);
        archive.HoldsExactly(expected);
        archive.IsMended();
    }

    [Theory]
    [InlineData("ext4")]
    [InlineData("tmpfs")]
    public void Foreign_entries_stay(string kind)
    {
        using var mounted = Mount(kind);
        using var archive = new ArchiveUnderTest(mounted.FullPath);
        archive.AppendForeign("first");
        archive.Backup();
        archive.AppendForeign("second");
        archive.Backup();
        archive.AppendForeign("third");
        archive.Backup();
        archive.AppendForeign("last");
        var pieces = archive.Pieces();

        var report = archive.Optimize(new OptimizeOptions { Keep = new RetentionPolicy { Last = 1 } });

        Assert.Equal([1, 2], report.Removed.Select(g => g.Generation));
        int third = pieces.ToList().FindIndex(p => p.Name == "third");
        archive.HoldsExactly([.. pieces.Where(p => p.Name is "first" or "second"), .. pieces.Skip(third)]);
        archive.IsMended();
    }

    [Fact]
    public void Everything_of_a_prefix_goes_when_all_is_said()
    {
        using var mounted = Mount("ext4");
        using var archive = new ArchiveUnderTest(mounted.FullPath);
        archive.Backup("keep/me");
        var expected = archive.Pieces();
        archive.Backup("volumes/a");
        archive.Backup("volumes/b");

        archive.Optimize(new OptimizeOptions { Prefix = "volumes/*", All = true });

        archive.HoldsExactly(expected);
        archive.Optimize(new OptimizeOptions { Prefix = "*", All = true });
        Assert.Equal(new byte[1024], File.ReadAllBytes(archive.Path));
        archive.Backup();
        archive.IsMended();
    }

    [Fact]
    public void Generations_of_the_original_program_go_entry_by_entry()
    {
        using var archive = new ArchiveUnderTest(folder.Path);
        archive.AppendOriginal("volumes/a", "volumes/b");
        archive.AppendForeign("foreign");
        var first = archive.Pieces();
        archive.AppendOriginal("volumes/a", "volumes/b");
        var both = archive.Pieces();

        // The original program gives no numbers: 1 and 2 are the first two manifests, 3 and 4 the others.
        var report = archive.Optimize(new OptimizeOptions { Prefix = "volumes/a", Keep = new RetentionPolicy { Last = 1 } });

        Assert.Equal([("volumes/a", 1)], report.Removed.Select(g => (g.Prefix, g.Generation)));
        Assert.False(report.InPlace);
        archive.HoldsExactly([.. first.Where(p => !p.Name.StartsWith("volumes/a/", StringComparison.Ordinal)), .. both.Skip(first.Count)]);
    }

    [Fact]
    public void A_foreign_generation_is_cut_out_together_with_an_aligned_neighbour()
    {
        using var mounted = Mount("ext4");
        using var archive = new ArchiveUnderTest(mounted.FullPath);
        archive.AppendOriginal("old/a", "old/b");
        archive.Backup("old/c");
        int gone = archive.Pieces().Count;
        archive.Backup("new");
        var expected = archive.Pieces().Skip(gone).ToList();

        Assert.True(archive.Optimize(new OptimizeOptions { Prefix = "old/*", All = true }).InPlace);

        archive.HoldsExactly(expected);
        archive.IsMended();
    }

    [Fact]
    public void Errors_name_the_generations_that_are_there()
    {
        using var archive = new ArchiveUnderTest(folder.Path);
        for (int i = 0; i < 20; i++)
        {
            archive.Backup("a");
        }

        archive.Optimize(new OptimizeOptions { Generations = [2, 15] });
        var options = new ListOptions { Generation = 2 };
        Action[] asked =
        [
            () => BackupTar.List(archive.Path, options),
            () => Assert.NotEmpty(BackupTar.ListEntries(archive.Path, options).ToList()),
            () => Assert.NotEmpty(BackupTar.Test(archive.Path, options).ToList()),
            () => BackupTar.PlanOptimize(archive.Path, new OptimizeOptions { Generations = [2] }),
            () => BackupTar.PlanRestore(
                archive.Path, new VolumeConfig { Prefix = "a" }, new RestoreOptions { Generation = new GenerationChoice { Number = 2 } }),
        ];
        foreach (var ask in asked)
        {
            var e = Assert.Throws<BackupException>(ask);
            Assert.Equal((BackupError.GenerationNotFound, Remedy.None), (e.Error, e.Remedy));
            Assert.All([1, 3, 4, 14, 16, 20], number => Assert.Contains($" {number} (", e.Message, StringComparison.Ordinal));
            Assert.All([2, 5, 15], number => Assert.DoesNotContain($" {number} (", e.Message, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void What_a_restore_needs_is_protected()
    {
        using var archive = new ArchiveUnderTest(folder.Path);
        archive.Backup("a");
        archive.Backup("a");
        archive.Backup("b");
        byte[] bytes = File.ReadAllBytes(archive.Path);

        Fails(archive, BackupError.GenerationProtected, new OptimizeOptions { Generations = [1, 2] });
        Fails(archive, BackupError.GenerationProtected, new OptimizeOptions { Generations = [3] });
        Fails(archive, BackupError.GenerationNotFound, new OptimizeOptions { Generations = [4] });
        Fails(archive, BackupError.GenerationNotFound, new OptimizeOptions { Generations = [1], Prefix = "b" });
        Fails(archive, BackupError.GenerationNotFound, new OptimizeOptions { Keep = new RetentionPolicy { Last = 1 }, Prefix = "c*" });
        Fails(archive, BackupError.ConfigInvalid, new OptimizeOptions());
        Fails(archive, BackupError.ConfigInvalid, new OptimizeOptions { All = true });
        Fails(archive, BackupError.ConfigInvalid, new OptimizeOptions { All = true, Prefix = "a", Generations = [1] });
        Fails(archive, BackupError.ConfigInvalid, new OptimizeOptions { Keep = new RetentionPolicy { Last = 0 } });
        Fails(archive, BackupError.ConfigInvalid, new OptimizeOptions { Keep = new RetentionPolicy() });

        Assert.Equal(bytes, File.ReadAllBytes(archive.Path));
    }

    [Fact]
    public void A_plan_tells_all_and_changes_nothing()
    {
        using var archive = new ArchiveUnderTest(folder.Path);
        archive.Backup("a");
        archive.Backup("a");
        archive.Backup("b");
        byte[] bytes = File.ReadAllBytes(archive.Path);
        var changed = File.GetLastWriteTimeUtc(archive.Path);

        var plan = archive.Plan(new OptimizeOptions { Keep = new RetentionPolicy { Last = 1, Daily = 1 } });

        Assert.Equal(
            [("a", 1, false, ""), ("a", 2, true, "last, daily, newest"), ("b", 3, true, "last, daily, newest")],
            plan.Generations.Select(g => (g.Prefix, g.Generation, g.Keep, string.Join(", ", g.Reasons))));
        Assert.Equal(bytes.Length - 1024, plan.Generations.Sum(g => g.Bytes));
        Assert.Equal(plan.Generations[0].Bytes, plan.GainedBytes);
        Assert.All(plan.Generations, g => Assert.Equal(["/data"], g.Volumes));
        Assert.Equal(bytes, File.ReadAllBytes(archive.Path));
        Assert.Equal(changed, File.GetLastWriteTimeUtc(archive.Path));
        Assert.Equal(["backup.tar"], archive.FolderContent);
    }

    [Fact]
    public void What_came_after_the_plan_stays_and_what_went_is_not_missed()
    {
        using var archive = new ArchiveUnderTest(folder.Path);
        archive.Backup();
        archive.Backup();
        archive.Backup();
        var options = new OptimizeOptions { Keep = new RetentionPolicy { Last = 1 } };
        var plan = archive.Plan(options);
        archive.Backup();
        archive.Optimize(new OptimizeOptions { Generations = [2] });

        Assert.Equal([1], plan.Execute().Removed.Select(g => g.Generation));

        Assert.Equal([3, 4], archive.Numbers);
        Assert.Empty(plan.Execute().Removed);
        Assert.Equal([3, 4], archive.Numbers);
    }

    [Fact]
    public void An_archive_that_is_a_mount_point_is_cut_in_place_or_refused()
    {
        using var memory = Mount("tmpfs");
        using var disk = Mount("ext4");
        foreach (var (mounted, canCut) in new[] { (memory, false), (disk, true) })
        {
            using var archive = new ArchiveUnderTest(mounted.FullPath);
            archive.Backup();
            archive.Backup();
            string bound = folder.WriteFile("bound.tar", "");
            Tool.Run("mount", "--bind", archive.Path, bound).Succeeds();
            try
            {
                byte[] bytes = File.ReadAllBytes(bound);
                var plan = BackupTar.PlanOptimize(bound, new OptimizeOptions { Generations = [1] });
                if (canCut)
                {
                    Assert.True(plan.Execute().InPlace);
                    Assert.Equal([2], archive.Numbers);
                }
                else
                {
                    Assert.Equal(BackupError.ArchiveNotWritable, Assert.Throws<BackupException>(() => plan.Execute()).Error);
                    Assert.Equal(bytes, File.ReadAllBytes(bound));
                }
            }
            finally
            {
                MountedFolder.Unmount(bound);
            }
        }
    }

    [Fact]
    public void A_new_file_keeps_what_the_old_one_had()
    {
        using var mounted = Mount("tmpfs");
        using var archive = new ArchiveUnderTest(mounted.FullPath);
        archive.Backup();
        archive.Backup();
        Tool.Run("chown", "1234:4321", archive.Path).Succeeds();
        Tool.Run("chmod", "0640", archive.Path).Succeeds();
        Tool.Run("setfattr", "-n", "trusted.note", "-v", "kept", archive.Path).Succeeds();
        string link = System.IO.Path.Combine(mounted.FullPath, "link.tar");
        File.CreateSymbolicLink(link, "backup.tar");

        Assert.False(BackupTar.PlanOptimize(link, new OptimizeOptions { Generations = [1] }).Execute().InPlace);

        Assert.Equal("1234 4321 640", Tool.Run("stat", "-c", "%u %g %a", archive.Path).Succeeds().Output.Trim());
        Assert.Contains("trusted.note=\"kept\"", Tool.Run("getfattr", "-d", "-m", "-", archive.Path).Succeeds().Output, StringComparison.Ordinal);
        Assert.Equal("backup.tar", new FileInfo(link).LinkTarget);
        Assert.Equal([2], archive.Numbers);
    }

    [Fact]
    public void Readers_and_writers_keep_it_away()
    {
        using var mounted = Mount("ext4");
        using var archive = new ArchiveUnderTest(mounted.FullPath);
        archive.Backup();
        archive.Backup();
        var plan = archive.Plan(new OptimizeOptions { Generations = [1] });
        byte[] bytes = File.ReadAllBytes(archive.Path);
        foreach (var kind in new[] { FileLock.Reader, FileLock.Writer })
        {
            using var other = PlatformFileSystem.Current.OpenFile(archive.Path, FileAccessKind.ReadWrite);
            Assert.True(other.TryLock(kind));
            Assert.Equal(BackupError.ArchiveLocked, Assert.Throws<BackupException>(() => plan.Execute()).Error);
        }

        Assert.Equal(bytes, File.ReadAllBytes(archive.Path));
        Assert.Single(plan.Execute().Removed);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_run_that_was_killed_before_mending_is_finished_by_the_next(bool byBackup)
    {
        using var mounted = Mount("ext4");
        using var archive = new ArchiveUnderTest(mounted.FullPath);
        archive.Backup();
        int gone = archive.Pieces().Count;
        archive.Backup();
        archive.Backup();
        var expected = archive.Pieces().Skip(gone).ToList();
        long bytes = archive.Plan(new OptimizeOptions { Generations = [1] }).GainedBytes;
        using (var file = PlatformFileSystem.Current.OpenFile(archive.Path, FileAccessKind.ReadWrite))
        {
            Assert.True(file.TryCollapse(0, bytes));
        }

        archive.HoldsExactly(expected);
        if (byBackup)
        {
            archive.Backup();
            Assert.Equal([2, 3, 4], archive.Numbers);
        }
        else
        {
            Assert.Empty(archive.Optimize(new OptimizeOptions { Keep = new RetentionPolicy { Last = 9 } }).Removed);
            archive.HoldsExactly(expected);
        }

        archive.IsMended();
    }

    [Fact]
    public void What_a_killed_run_left_beside_the_archive_is_removed_and_nothing_else()
    {
        using var archive = new ArchiveUnderTest(folder.Path);
        archive.Backup();
        string killed = ".snapshotter-" + new string('a', 32);
        string foreign = ".snapshotter-" + new string('b', 32);
        string restore = ".snapshotter-" + new string('c', 32);
        foreach (string name in new[] { killed, foreign, restore })
        {
            folder.WriteFile($"{name}/lock", "");
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(folder[name], (UnixFileMode)(name == foreign ? 0x1ED : 0x1C0));
            }
        }

        folder.WriteFile($"{killed}/file", "half written");
        folder.WriteFile($"{restore}/new/file", "of a restore");

        archive.Optimize(new OptimizeOptions { Keep = new RetentionPolicy { Last = 1 } });

        Assert.Equal([foreign, restore, "backup.tar"], archive.FolderContent.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void An_interrupted_backup_is_cut_off_first()
    {
        using var mounted = Mount("ext4");
        using var archive = new ArchiveUnderTest(mounted.FullPath);
        archive.Backup();
        int gone = archive.Pieces().Count;
        archive.Backup();
        var expected = archive.Pieces().Skip(gone).ToList();
        long end = new FileInfo(archive.Path).Length - 1024;
        archive.Backup();
        using (var file = File.OpenWrite(archive.Path))
        {
            // As if the last backup had been killed before its commit.
            file.Position = end;
            file.Write(new byte[1024]);
        }

        archive.Optimize(new OptimizeOptions { Keep = new RetentionPolicy { Last = 1 } });

        archive.HoldsExactly(expected);
        archive.IsMended();
    }

    [Fact]
    public void A_policy_in_the_configuration_is_applied_after_a_backup()
    {
        using var archive = new ArchiveUnderTest(folder.Path);
        var keep = new RetentionPolicy { Last = 2 };
        archive.Backup("other");
        archive.Backup("a", keep: keep);
        archive.Backup("a", keep: keep);
        archive.Backup("a*", keep: keep);
        Assert.Equal([1, 2, 3, 4], archive.Numbers);

        var report = archive.Backup("a", keep: keep);

        Assert.Equal([2], report.Optimization!.Removed.Select(g => g.Generation));
        Assert.Equal([1, 3, 4, 5], archive.Numbers);
        archive.IsMended();
    }

    private static void Fails(ArchiveUnderTest archive, BackupError error, OptimizeOptions options)
        => Assert.Equal(error, Assert.Throws<BackupException>(() => archive.Plan(options)).Error);

    private static MountedFolder Mount(string kind) => kind switch
    {
        "ext4" => MountedFolder.Ext4(),
        "xfs" => MountedFolder.Xfs(),
        _ => MountedFolder.Memory(),
    };

    private sealed class Told : IReporter
    {
        public List<Notice> Warnings { get; } = [];

        public void Warn(Notice notice) => Warnings.Add(notice);
    }
}
