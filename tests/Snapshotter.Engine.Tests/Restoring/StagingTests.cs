using System.Runtime.Versioning;
using Snapshotter.Engine.Config;
using Snapshotter.Engine.FileSystem.Linux;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Restoring;
using Snapshotter.Engine.Tests.Strict;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.Restoring;

/// <summary>Folders with the name of a staging folder: those that are in use, those that a killed restore left, and those of others.</summary>
[SupportedOSPlatform("linux")]
public class StagingTests : IDisposable
{
    private static readonly string[] Marks = ["swap", "half"];

    private readonly TempFolder folder = new();
    private readonly LinuxFileSystem fileSystem = new();
    private readonly string volume;
    private readonly string name = ".snapshotter-" + new string('0', 32);

    public StagingTests()
    {
        folder.WriteFile("volume/file", "saved");
        folder.WriteFile("volume/sub/file", "saved");
        volume = folder["volume"];
        BackupTar.Initialize(Archive);
        Backup("first");
    }

    private string Archive => folder["backup.tar"];

    public void Dispose()
    {
        folder.Dispose();
        GC.SuppressFinalize(this);
    }

    [Theory]
    [InlineData("")]
    [InlineData("in place")]
    [InlineData("include")]
    public void A_journal_that_somebody_else_made_is_not_followed(string mode)
    {
        StrictRun.NeedsUnix();
        Plant(foreign: true, ("root/x", ""), ("old/x", ""), ("modes/x", ""), ("new/planted", ""), ("swap", ""), ("fill", ""), ("lock", ""));
        Restore(mode);
        Assert.Equal("saved", File.ReadAllText(folder["volume/file"]));
        Assert.False(File.Exists(folder["volume/planted"]));
        Assert.Equal(mode == "include" ? [name, "file", "sub"] : ["file", "sub"], Names());
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("", "in place")]
    [InlineData("", "include")]
    [InlineData("sub", "")]
    [InlineData("sub", "in place")]
    [InlineData("sub", "include")]
    public void Whatever_else_has_such_a_name_is_saved_and_comes_back(string below, string mode)
    {
        StrictRun.NeedsUnix();
        var texts = new Dictionary<string, string>();
        string Name(char c, string end = "") => Path.Join("volume", below, ".snapshotter-" + new string(c, 32) + end);
        void File_(string path, string text)
        {
            folder.WriteFile(path, text);
            texts.Add(path, text);
        }

        File_(Name('1'), "a file");
        File_(Name('2', ".part"), "a part");
        File.CreateSymbolicLink(folder[Name('3')], "target");
        foreach (char c in "4567")
        {
            Directory.CreateDirectory(folder[Name(c)], (UnixFileMode)(c == '5' ? 0x1ED : 0x1C0));
        }

        File_(Name('4') + "/treasure", "of root's alone");
        File_(Name('4') + "/lock", "");
        File_(Name('5') + "/treasure", "of root");
        File_(Name('6') + "/file", "without a lock");
        File_(Name('7') + "/old/x", "without a lock");
        foreach (bool isThere in new[] { true, false })
        {
            string prefix = isThere ? "there" : "gone";
            Assert.True(Backup(prefix).Volumes[0].Complete);
            if (!isThere)
            {
                Directory.Delete(volume, recursive: true);
                Directory.CreateDirectory(volume);
            }

            var report = Restore(mode, prefix);
            Assert.True(report.Complete);
            Assert.Empty(report.Warnings);
            Assert.All(texts, text => Assert.Equal(text.Value, File.ReadAllText(folder[text.Key])));
            Assert.Equal("target", new FileInfo(folder[Name('3')]).LinkTarget);
        }

        Restore("");
        Assert.Equal(["file", "sub"], Names());
    }

    [Fact]
    public void What_another_user_planted_is_saved_as_his_and_never_becomes_ours()
    {
        StrictRun.NeedsUnix();
        RootOnly();
        Plant(foreign: true, ("lock", ""), ("old/x", "his"), ("new/x", "his"));
        Assert.True(Backup("second").Volumes[0].Complete);
        Assert.True(Restore("", "second").Complete);
        Assert.Equal("his", File.ReadAllText(folder["volume", name, "old/x"]));

        // Without owners it would be ours.
        var report = Restore("", "second", noOwner: true);
        Assert.False(report.Complete);
        Assert.Contains(report.Warnings, notice => notice.Path.EndsWith(name, StringComparison.Ordinal));
        Assert.Equal(["file", "sub"], Names());
    }

    [Theory]
    [InlineData("")]
    [InlineData("in place")]
    [InlineData("include")]
    public void What_a_killed_restore_left_is_removed(string mode)
    {
        Plant(foreign: false, ("lock", ""), ("new/x", ""), ("made/0/x", ""));
        Restore(mode);
        Assert.Equal(["file", "sub"], Names());
    }

    [Fact]
    public void What_was_made_in_the_middle_of_a_swap_does_not_keep_it_from_its_end()
    {
        Plant(foreign: false, ("lock", ""), ("new/file", "new"), ("new/sub/file", "new"), ("old/", ""), ("root/", ""), ("swap", ""), ("fill", ""));
        Directory.Move(folder["volume/sub"], folder["volume/was"]);
        File.WriteAllText(folder["volume/sub"], "");
        File.Delete(folder["volume/file"]);
        folder.WriteFile("volume/file/inner", "");
        Restore("include");
        Assert.Equal(["file", "sub", "was"], Names());
        Assert.Equal("saved", File.ReadAllText(folder["volume/file"]));
    }

    [Fact]
    public void What_version_1_0_left_is_finished()
    {
        string older = ".snapshotter-" + new string('a', 64);
        File.WriteAllText(folder["volume/gone"], "");
        Plant(foreign: false, ("new/new", "new"), ("old/old", "old"), ("root/", ""), ("swap", ""));
        Directory.Move(folder["volume", name], folder["volume", older]);
        Restore("include");
        Assert.Equal(["file", "new", "sub"], Names());
    }

    [Theory]
    [InlineData("swap")]
    [InlineData("half")]
    public void What_is_half_restored_is_not_saved_whatever_it_is_called(string mark)
    {
        Plant(foreign: false, ("lock", ""), ("root/", ""), ("old/", ""), (mark, ""));
        foreach (string target in new[] { volume, "/another/name" })
        {
            Assert.Equal(BackupError.RestoreInterrupted, Assert.Throws<BackupException>(() => Backup("second", target)).Error);
        }

        var around = new VolumeConfig { Prefix = "around", Volumes = [new VolumeSpec { Target = folder.Path }] };
        var report = BackupTar.Backup(Archive, around).Volumes[0];
        Assert.False(report.Complete);
        Assert.Contains(report.Warnings, notice => notice.Kind == BackupError.RestoreInterrupted);
    }

    [Fact]
    public void A_half_empty_volume_stays_one_until_all_of_it_is_restored()
    {
        Plant(foreign: false, ("lock", ""), ("half", ""));
        Restore("include");
        Assert.Equal(BackupError.RestoreInterrupted, Assert.Throws<BackupException>(() => Backup("second")).Error);
        Restore("");
        Assert.True(Backup("second").Volumes[0].Complete);
        Assert.Equal(["file", "sub"], Names());
    }

    [Fact]
    public void What_killed_jobs_left_is_saved_at_no_depth()
    {
        Plant(foreign: false, ("lock", ""), ("new/x", "x"));
        Directory.CreateDirectory(folder["volume/sub", name], (UnixFileMode)0x1C0);
        folder.WriteFile(Path.Join("volume/sub", name, "lock"), "");
        folder.WriteFile(Path.Join("volume/sub", name, "file"), "x");
        File.WriteAllText(folder["volume/.snapshotter-rc"], "somebody's own");
        Assert.True(Backup("second").Volumes[0].Complete);
        var saved = BackupTar.ListEntries(Archive).Where(entry => entry.Generation == 2).Select(entry => entry.Path).ToList();
        Assert.DoesNotContain(saved, path => path.Contains(name, StringComparison.Ordinal));
        Assert.Contains(saved, path => path.EndsWith(".snapshotter-rc", StringComparison.Ordinal));
    }

    [Fact]
    public void What_looks_like_the_interrupted_restore_of_another_user_is_named_by_a_backup()
    {
        StrictRun.NeedsUnix();
        RootOnly();
        Plant(foreign: true, ("lock", ""), ("half", ""));
        var report = Backup("second").Volumes[0];
        Assert.False(report.Complete);
        Assert.Contains(report.Warnings, notice => notice.Kind == BackupError.RestoreInterrupted);
    }

    [Fact]
    public void Of_two_restores_one_is_refused_and_so_is_a_backup()
    {
        StrictRun.NeedsUnix();
        using var root = fileSystem.OpenDirectory(volume);
        using (StagingArea.Enter(root, fileSystem.Traits, volume, TimeSpan.Zero, CancellationToken.None))
        {
            foreach (string mode in new[] { "", "in place", "include" })
            {
                Assert.Equal(BackupError.VolumeLocked, Assert.Throws<BackupException>(() => Restore(mode)).Error);
            }

            Assert.Equal(BackupError.VolumeLocked, Assert.Throws<BackupException>(() => Backup("second")).Error);
            Assert.Single(Names(), n => n.StartsWith(".snapshotter-", StringComparison.Ordinal));
        }

        Restore("");
        Assert.Equal(["file", "sub"], Names());
    }

    [Fact]
    public void However_many_begin_at_once_one_at_a_time_is_in()
    {
        int inside = 0, entered = 0;
        Parallel.For(0, 6, new ParallelOptions { MaxDegreeOfParallelism = 6 }, _ =>
        {
            using var root = fileSystem.OpenDirectory(volume);
            for (int i = 0; i < 15; i++)
            {
                try
                {
                    using var staging = StagingArea.Enter(root, fileSystem.Traits, volume, TimeSpan.Zero, CancellationToken.None);
                    Assert.Equal(1, Interlocked.Increment(ref inside));
                    Interlocked.Increment(ref entered);
                    Thread.Yield();
                    Interlocked.Decrement(ref inside);
                    staging.Remove();
                }
                catch (BackupException e) when (e.Error == BackupError.VolumeLocked)
                {
                    // The others were faster.
                }
            }
        });
        Assert.True(entered > 0);
        Assert.Equal(["file", "sub"], Names());
    }

    [Fact]
    public void Restores_of_one_volume_at_once_leave_it_whole()
    {
        int done = 0;
        Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i =>
        {
            for (int n = 0; n < 5; n++)
            {
                try
                {
                    Restore(i % 2 == 0 ? "" : "include");
                    Interlocked.Increment(ref done);
                }
                catch (BackupException e)
                {
                    Assert.True(e.Error == BackupError.VolumeLocked, e.ToString());
                }
            }
        });
        Assert.True(done > 0);
        Assert.Equal(["file", "sub"], Names());
        Assert.Equal("saved", File.ReadAllText(folder["volume/sub/file"]));
    }

    private BackupReport Backup(string prefix, string? target = null) => BackupTar.Backup(
        Archive, new VolumeConfig { Prefix = prefix, Volumes = [new VolumeSpec { Target = target ?? volume, Source = volume }] });

    private VolumeReport Restore(string mode, string prefix = "first", bool noOwner = false)
    {
        var plan = BackupTar.PlanRestore(
            Archive, new VolumeConfig { Prefix = prefix },
            new RestoreOptions { NoOwner = noOwner, InPlace = mode == "in place", Include = mode == "include" ? ["**"] : [] });
        return Assert.Single(plan.Execute(plan.Volumes).ToList());
    }

    private string[] Names() => [.. Directory.GetFileSystemEntries(volume).Select(p => Path.GetFileName(p)).Order(StringComparer.Ordinal)];

    private void Plant(bool foreign, params (string Path, string Content)[] content)
    {
        string planted = folder["volume", name];
        Directory.CreateDirectory(planted, (UnixFileMode)0x1C0);
        foreach (var (path, text) in content)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Join(planted, path))!);
            if (!path.EndsWith('/'))
            {
                File.WriteAllText(Path.Join(planted, path), text);
            }
        }

        if (foreign && Environment.IsPrivilegedProcess)
        {
            Tool.Run("chown", "-R", "65534:65534", planted);
        }
        else if (foreign)
        {
            File.SetUnixFileMode(planted, (UnixFileMode)0x1ED);
        }
    }

    private static void RootOnly()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Assert.Skip("Only root can make what belongs to another user.");
        }
    }
}
