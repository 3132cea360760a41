using Snapshotter.Engine.Config;
using Snapshotter.Engine.FileSystem.Linux;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Restoring;
using Snapshotter.Engine.Tests.FileSystem;
using Snapshotter.Engine.Tests.Support;
using Snapshotter.Fuzz;

namespace Snapshotter.Engine.Tests.Restoring;

/// <summary>What stops a restore, and could have been known, is known before the first of its volumes is touched.</summary>
public sealed class RestorePreflightTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly List<string> undo = [];

    public static TheoryData<RestoreOptions> Ways => [new RestoreOptions(), new RestoreOptions { InPlace = true }, new RestoreOptions { Include = ["**"] }];

    private string First => folder["first"];

    private string Second => folder["second"];

    private string Archive => folder["backup.tar"];

    public void Dispose()
    {
        foreach (string script in undo)
        {
            Tool.Bash(folder.Path, script).Succeeds();
        }

        folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_read_only_mount(RestoreOptions options)
    {
        BackUp();
        Try("mount --bind second second; mount -o remount,bind,ro second", "umount second");
        Refuse(BackupError.VolumeNotWritable, options);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_read_only_mount_above_a_place_that_is_missing(RestoreOptions options)
    {
        BackUp();
        folder.CreateFolder("elsewhere");
        Try("mount -t tmpfs -o ro none elsewhere", "umount elsewhere");
        var config = new VolumeConfig
        {
            Prefix = "p",
            Volumes = [new VolumeSpec { Target = First }, new VolumeSpec { Target = Second, Source = folder["elsewhere", "deep", "second"] }],
        };
        Refuse(BackupError.VolumeNotWritable, options, config);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_destination_that_is_a_file_or_lies_below_one(RestoreOptions options)
    {
        BackUp();
        string notes = folder["notes.txt"];
        File.WriteAllText(notes, "mine");
        foreach (string destination in new[] { notes, Path.Combine(notes, "deep", "deeper") })
        {
            var plan = BackupTar.PlanRestore(Archive, new VolumeConfig { Prefix = "p" }, options with { Destination = destination });
            foreach (var restore in new Action[] { () => plan.Check(plan.Volumes), () => Assert.NotEmpty(plan.Execute(plan.Volumes).ToList()) })
            {
                var e = Assert.Throws<BackupException>(restore);
                Assert.Equal((BackupError.VolumeNotWritable, notes, Remedy.RestoreElsewhere), (e.Error, e.Target, e.Remedy));
            }

            Assert.Equal("mine", File.ReadAllText(notes));
        }
    }

    [Fact]
    public void A_source_below_a_file()
    {
        BackUp();
        var config = new VolumeConfig
        {
            Prefix = "p",
            Volumes = [new VolumeSpec { Target = First }, new VolumeSpec { Target = Second, Source = folder["first", "f", "second"] }],
        };
        Assert.Equal(folder["first", "f"], Refuse(BackupError.VolumeNotWritable, new RestoreOptions(), config).Target);
    }

    [Fact]
    public void A_place_where_nothing_can_be_made_is_named_as_the_user_knows_it()
    {
        BackUp();
        var e = Refuse(BackupError.VolumeNotWritable, new RestoreOptions { Destination = "/proc/x" }, new VolumeConfig { Prefix = "p" });
        Assert.Contains("'/proc'", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(".snapshotter-", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void An_immutable_file_in_the_way(RestoreOptions options)
    {
        BackUp();
        Try("chattr +i second/d/f", "chattr -i second/d/f");
        if (options == new RestoreOptions())
        {
            // The folder around it can be moved out of the way, and new content takes its place: that is no reason to stop.
            return;
        }

        Assert.Contains("second/d/f'", Refuse(BackupError.VolumeNotWritable, options).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("chattr +i second/d/e/f", "chattr -i {}/d/e/f", "f")]
    [InlineData("chattr +a second/d/e/f", "chattr -a {}/d/e/f", "f")]
    [InlineData("chattr +i second/d/e", "chattr -i {}/d/e", "e/f")]
    public void What_is_fixed_far_down_stays_beside_the_new_content(string fix, string loosen, string named)
    {
        BackUp("mkdir second/d/e; echo saved > second/d/e/f");
        Tool.Bash(folder.Path, "echo old > second/d/old").Succeeds();
        Try(fix, "for d in second/.snapshotter-*/old; do [ ! -e $d ] || " + loosen.Replace("{}", "$d", StringComparison.Ordinal) + "; done");
        var config = At(Second);

        // Again and again: neither the next restore nor the next backup is kept from its work.
        for (int i = 0; i < 2; i++)
        {
            var report = BackupTar.Restore(Archive, config, new RestoreOptions { Volumes = ["*second"], InPlace = i > 0 }).Single();
            Assert.False(report.Complete);
            var notice = Assert.Single(report.Warnings);
            Assert.Equal(BackupError.OldContentLeft, notice.Kind);
            Assert.Contains("old/d/e", notice.Message, StringComparison.Ordinal);
            Assert.Contains(named + "'", notice.Message, StringComparison.Ordinal);
            Assert.Equal("saved\n", File.ReadAllText(Second + "/d/e/f"));
            Assert.False(File.Exists(Second + "/d/old"));
            string left = Assert.Single(Directory.GetDirectories(Second, ".snapshotter-*"));
            Assert.False(File.Exists(left + "/old/d/old"));
            Assert.False(File.Exists(left + "/swap"));
            Assert.True(BackupTar.Backup(Archive, Both).Complete);
        }

        Assert.DoesNotContain(".snapshotter-", Tool.Run("tar", "-tf", Archive).Output, StringComparison.Ordinal);
        Tool.Bash(folder.Path, undo[^1]).Succeeds();
        Assert.True(BackupTar.Restore(Archive, config, new RestoreOptions { Volumes = ["*second"] }).Single().Complete);
        Assert.Empty(Directory.GetDirectories(Second, ".snapshotter-*"));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_fixed_name_in_the_root(RestoreOptions options)
    {
        BackUp();
        Try("chattr +a second/d", "chattr -a second/d");
        Assert.Contains("second/d'", Refuse(BackupError.VolumeNotWritable, options).Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_root_that_is_fixed(RestoreOptions options)
    {
        BackUp();
        Try("chattr +i second", "chattr -i second");
        Assert.Contains("immutable", Refuse(BackupError.VolumeNotWritable, options).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_volume_that_is_fixed()
    {
        folder.WriteFile("second", "old");
        folder.WriteFile("first/f", "saved");
        BackupTar.Initialize(Archive);
        BackupTar.Backup(Archive, Both);
        Try("chattr +i second", "chattr -i second");
        Refuse(BackupError.VolumeNotWritable, new RestoreOptions());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_read_only_subvolume(bool isRoot)
    {
        BackUp();
        using var btrfs = MountedFolder.Btrfs();
        string place = btrfs.FullPath + "/v";
        string subvolume = isRoot ? place : place + "/sub";
        Tool.Bash(btrfs.FullPath, $"{(isRoot ? "" : "mkdir v;")} btrfs -q subvolume create {subvolume}; echo old > {subvolume}/old; btrfs property set {subvolume} ro true").Succeeds();
        var config = new VolumeConfig { Prefix = "p", Volumes = [new VolumeSpec { Target = First }, new VolumeSpec { Target = Second, Source = place }] };
        foreach (var options in new[] { new RestoreOptions(), new RestoreOptions { InPlace = true } })
        {
            Refuse(BackupError.VolumeNotWritable, options, config);
            Assert.True(File.Exists(subvolume + "/old"));
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Too_few_inodes(RestoreOptions options)
    {
        BackUp("for i in $(seq 300); do echo $i > second/n$i; done");
        using var small = MountedFolder.Memory(options: "size=50m,nr_inodes=250");
        Tool.Bash(small.FullPath, "mkdir v; for i in $(seq 40); do echo old > v/old$i; done").Succeeds();
        Refuse(BackupError.InsufficientSpace, options, At(small.FullPath + "/v"));
        Assert.Equal(40, Directory.GetFiles(small.FullPath + "/v").Length);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Too_little_room(RestoreOptions options)
    {
        BackUp("head -c 3000000 /dev/urandom > second/large");
        using var small = MountedFolder.Memory(options: "size=2m");
        Tool.Bash(small.FullPath, "mkdir v; head -c 500000 /dev/urandom > v/old").Succeeds();
        Refuse(BackupError.InsufficientSpace, options, At(small.FullPath + "/v"));
        Assert.True(File.Exists(small.FullPath + "/v/old"));
    }

    [Theory]
    [InlineData("for i in $(seq 2900); do echo > second/n$i; done")]
    [InlineData("t=$(printf 'x%.0s' $(seq 200)); cd second; for i in $(seq 2900); do echo n$i; done | xargs -n 500 sh -c 'for n; do ln -s '$t' $n; done' x")]
    [InlineData("cd second; seq -f n%g 2900 | xargs mkdir")]
    [InlineData("cd second; seq -f n%g 1500 | xargs touch; seq -f n%g 1500 | xargs setfattr -n user.x -v $(printf 'x%.0s' $(seq 600)) || exit 127; for i in $(seq 1500); do echo > n$i; done")]
    public void Room_is_counted_in_blocks_before_a_folder_is_emptied(string script)
    {
        BackUp($"({script})");
        using var ext = MountedFolder.Ext4("-m", "0");
        Tool.Bash(ext.FullPath, "mkdir v; echo old > v/old; fallocate -l $(($(stat -f -c '%a * 4096' .) - 9000000)) fill").Succeeds();
        var (inPlace, config) = (new RestoreOptions { InPlace = true }, At(ext.FullPath + "/v"));
        Refuse(BackupError.InsufficientSpace, inPlace, config);
        Refuse(BackupError.InsufficientSpace, new RestoreOptions(), config);
        Assert.True(File.Exists(ext.FullPath + "/v/old"));

        // A little more than is needed is enough.
        Tool.Bash(ext.FullPath, "rm fill; fallocate -l $(($(stat -f -c '%a * 4096' .) - 16000000)) fill").Succeeds();
        Assert.All(BackupTar.Restore(Archive, config, inPlace), report => Assert.True(report.Complete));
        Assert.False(File.Exists(ext.FullPath + "/v/old"));
    }

    [Theory]
    [InlineData(false, "ln v/old keep")]
    [InlineData(true, "cp --reflink=always v/old keep")]
    public void What_does_not_become_free_is_not_counted_before_a_folder_is_emptied(bool isShared, string share)
    {
        BackUp("head -c 30000000 /dev/urandom > second/large");
        using var disk = isShared ? MountedFolder.Xfs() : MountedFolder.Ext4("-m", "0");
        Tool.Bash(disk.FullPath, $"mkdir v; head -c 40000000 /dev/urandom > v/old; {share}; sync; "
            + "fallocate -l $(($(stat -f -c '%a * 4096' .) - 10000000)) fill").Succeeds();
        var (inPlace, config) = (new RestoreOptions { InPlace = true }, At(disk.FullPath + "/v"));
        Refuse(BackupError.InsufficientSpace, inPlace, config);
        Assert.True(File.Exists(disk.FullPath + "/v/old"));
        Tool.Bash(disk.FullPath, isShared ? "rm keep; sync" : "mv keep v/second").Succeeds();
        Assert.All(BackupTar.Restore(Archive, config, inPlace), report => Assert.True(report.Complete));
        Assert.False(File.Exists(disk.FullPath + "/v/old"));
    }

    [Fact]
    public void Room_for_one_after_the_other_is_enough()
    {
        // Each of two volumes of 1.5 MB is restored beside what is there, in 5 MB of which 3 MB are taken.
        using var small = MountedFolder.Memory(options: "size=5m");
        Tool.Bash(small.FullPath, "for v in a b; do mkdir $v; head -c 1500000 /dev/urandom > $v/f; done").Succeeds();
        var config = new VolumeConfig
        {
            Prefix = "p",
            Volumes = [.. new[] { "a", "b" }.Select(v => new VolumeSpec { Target = $"{small.FullPath}/{v}" })],
        };
        BackupTar.Initialize(Archive);
        BackupTar.Backup(Archive, config);
        Assert.All(BackupTar.Restore(Archive, config), report => Assert.True(report.Complete));

        // Where what goes is needed, it counts, but only once it is gone.
        Tool.Bash(small.FullPath, "head -c 400000 /dev/urandom > rest").Succeeds();
        Assert.All(BackupTar.Restore(Archive, config), report => Assert.True(report.Complete));
        Tool.Bash(small.FullPath, "head -c 400000 /dev/urandom > more").Succeeds();
        Assert.Equal(BackupError.InsufficientSpace, Assert.Throws<BackupException>(() => BackupTar.Restore(Archive, config)).Error);
        Assert.All(
            BackupTar.Restore(Archive, config, new RestoreOptions { InPlace = true }), report => Assert.True(report.Complete));

        // Each file is written beside the one that it replaces.
        var over = new RestoreOptions { Include = ["f"], Volumes = ["*/a"] };
        Assert.Equal(BackupError.InsufficientSpace, Assert.Throws<BackupException>(() => BackupTar.Restore(Archive, config, over)).Error);
        Tool.Bash(small.FullPath, "rm more").Succeeds();
        Assert.True(BackupTar.Restore(Archive, config, over).Single().Complete);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_file_larger_than_the_file_system_can_hold(RestoreOptions options)
    {
        BackUp("truncate -s 20G second/sparse");
        using var ext = MountedFolder.Ext4("-b", "1024", "-O", "^extents,^64bit,^huge_file");
        folder.WriteFile("first/f", "old");
        Directory.CreateDirectory(ext.FullPath + "/v");
        Assert.Contains("so large", Refuse(BackupError.InsufficientSpace, options, At(ext.FullPath + "/v")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Names_that_the_file_system_refuses_are_all_told(RestoreOptions options)
    {
        BackUp("mkdir second/x second/x:y second/aux; echo y > 'second/a:b'; echo y > 'second/x/c?'; echo y > 'second/x:y/fine'; echo y > second/aux/fine");
        using var ntfs = MountedFolder.Ntfs("windows_names");
        Tool.Bash(ntfs.FullPath, "mkdir v; echo old > v/old").Succeeds();
        var e = Refuse(BackupError.UnsafeEntry, options, At(ntfs.FullPath + "/v"));
        Assert.All(["'a:b'", "'x/c?'", "'x:y'"], name => Assert.Contains(name, e.Message, StringComparison.Ordinal));
        Assert.DoesNotContain("fine", e.Message, StringComparison.Ordinal);
        Assert.Equal(["old"], Directory.GetFileSystemEntries(ntfs.FullPath + "/v").Select(p => Path.GetFileName(p)));
        Assert.Equal(Remedy.LeaveOut, e.Remedy);

        var report = BackupTar.Restore(
            Archive, At(ntfs.FullPath + "/v"), options with { Exclude = ["*:*", "*[?]", "aux"], Volumes = ["*second"] }).Single();
        Assert.Equal("saved\n", File.ReadAllText(ntfs.FullPath + "/v/d/f"));
        Assert.Equal(Second, report.Target);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Names_that_the_file_system_takes_for_one_are_told(RestoreOptions options)
    {
        BackUp("echo 1 > second/readme; echo 2 > second/README; mkdir second/Logs second/logs; echo 1 > second/Logs/x; echo 2 > second/logs/x");
        using var ntfs = MountedFolder.Ntfs("ignore_case");
        Tool.Bash(ntfs.FullPath, "mkdir v; echo old > v/old").Succeeds();
        var e = Refuse(BackupError.UnsafeEntry, options, At(ntfs.FullPath + "/v"));
        Assert.Contains("'readme'", e.Message, StringComparison.Ordinal);
        Assert.Contains("'logs'", e.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(ntfs.FullPath + "/v/old"));
        BackupTar.Restore(Archive, At(ntfs.FullPath + "/v"), options with { Exclude = ["README", "Logs"], Volumes = ["*second"] });
        Assert.Equal("1\n", File.ReadAllText(ntfs.FullPath + "/v/readme"));
        Assert.Equal("2\n", File.ReadAllText(ntfs.FullPath + "/v/logs/x"));
    }

    [Fact]
    public void Names_that_are_too_long_are_all_told()
    {
        var forge = new ArchiveForge("p").Volume(Second).File(new string('a', 256)).File("fine").File("d/" + new string('b', 300));
        File.WriteAllBytes(Archive, forge.NativeManifest().ToArray());
        var config = new VolumeConfig { Prefix = "p", Volumes = [new VolumeSpec { Target = Second }] };
        folder.WriteFile("second/old", "old");
        var e = Assert.Throws<BackupException>(() => BackupTar.Restore(Archive, config));
        Assert.Equal(BackupError.UnsafeEntry, e.Error);
        Assert.Contains("'aaa", e.Message, StringComparison.Ordinal);
        Assert.Contains("'d/bbb", e.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(folder["second", "old"]));
        Assert.True(BackupTar.Restore(Archive, config, new RestoreOptions { Exclude = ["a*", "b*"] }).Single().Complete);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_folder_of_somebody_else(RestoreOptions options)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Giving files away needs root.");
        BackUp();
        File.WriteAllText(folder["first", "f"], "old");
        Tool.Bash(folder.Path, "chmod 755 .; chmod 644 backup.tar; chown -R nobody first second; chown root second/d").Succeeds();
        var linux = new LinuxFileSystem();
        linux = new LinuxFileSystem { Traits = linux.Traits with { IsPrivileged = false, UserId = 65534 } };
        var restore = new VolumeRestore(linux, Archive, Both, options);
        OrdinaryUser.Run(() => Assert.Equal(
            BackupError.VolumeNotWritable,
            Assert.Throws<BackupException>(() => restore.Execute(restore.Plan(default), SilentReporter.Instance, default).ToList()).Error));
        Assert.Equal("old", File.ReadAllText(folder["first", "f"]));
    }

    [Fact]
    public void Nothing_is_left_of_the_look_at_a_place()
    {
        Tool.Require("chattr");
        BackUp();
        Tool.Bash(folder.Path, "chattr +a second/d 2>/dev/null || true; touch -d 2020-01-02 first second").Succeeds();
        undo.Add("chattr -a second/d 2>/dev/null || true");
        string before = Tool.Bash(folder.Path, "find first second -printf '%p %T@ %m\\n' | sort").Output;
        if (Record.Exception(() => BackupTar.Restore(Archive, Both)) is null)
        {
            Assert.Skip("chattr does not work here.");
        }

        Assert.Equal(before, Tool.Bash(folder.Path, "find first second -printf '%p %T@ %m\\n' | sort").Output);
    }

    private VolumeConfig Both => At(Second);

    private VolumeConfig At(string second) => new()
    {
        Prefix = "p",
        Volumes = [new VolumeSpec { Target = First }, new VolumeSpec { Target = Second, Source = second }],
    };

    private void BackUp(string more = "true")
    {
        Tool.Bash(folder.Path, $"mkdir -p first second/d; echo saved > first/f; echo saved > second/f; echo saved > second/d/f; {more}").Succeeds();
        BackupTar.Initialize(Archive);
        Assert.True(BackupTar.Backup(Archive, Both).Complete);
        File.WriteAllText(folder["first", "f"], "old");
    }

    private BackupException Refuse(BackupError error, RestoreOptions options, VolumeConfig? config = null)
    {
        var e = Assert.Throws<BackupException>(() => BackupTar.Restore(Archive, config ?? Both, options));
        Assert.True(error == e.Error, $"{e.Error}: {e.Message}");
        if (File.Exists(folder["first", "f"]) && Directory.Exists(Second))
        {
            Assert.Equal("old", File.ReadAllText(folder["first", "f"]));
        }

        return e;
    }

    /// <summary>Does what needs root, or a file system that can, and undoes it at the end.</summary>
    private void Try(string script, string after)
    {
        var result = Tool.Bash(folder.Path, script);
        if (result.ExitCode == 127)
        {
            result.Succeeds();
        }

        Assert.SkipUnless(result.ExitCode == 0, $"cannot be tried here: {result.Error}");
        undo.Add(after);
    }
}
