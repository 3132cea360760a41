using Snapshotter.Engine.Config;
using Snapshotter.Engine.Jobs;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Restoring;
using Snapshotter.Engine.Saving;
using Snapshotter.Engine.Tests.FileSystem;
using Snapshotter.Engine.Tests.Strict;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.Restoring;

/// <summary>The ways to restore less, elsewhere, or around what must stay.</summary>
public class RestoreOptionsTests : IDisposable
{
    private readonly TempFolder folder = new();

    private static bool IsRoot => !OperatingSystem.IsWindows() && Environment.IsPrivilegedProcess;

    private string Archive => folder["backup.tar"];

    private string Volume => folder["volume"];

    public void Dispose()
    {
        folder.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void Without_owners_the_roots_owner_stays()
    {
        folder.WriteFile("volume/a", "1");
        BackUp(Volume);
        if (IsRoot)
        {
            Tool.Run("chown", "999:998", Volume).Succeeds();
        }

        string before = Tool.Run("stat", "-c", "%u:%g", Volume).Output;
        Assert.True(Restore(new RestoreOptions { NoOwner = true }).Complete);
        Assert.Equal(before, Tool.Run("stat", "-c", "%u:%g", Volume).Output);
        Assert.False(Directory.EnumerateFileSystemEntries(Volume, ".snapshotter*").Any());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Without_owners_setuid_stays_where_the_owner_is_the_same(bool inPlace)
    {
        StrictRun.NeedsUnix();
        folder.WriteFile("volume/program", "1");
        Tool.Bash(Volume, "chmod 6755 program; mkfifo -m 600 pipe; chmod u+s pipe; mkdir -m 2755 shared").Succeeds();
        BackUp(Volume);
        var report = Restore(new RestoreOptions { NoOwner = true, InPlace = inPlace });
        Assert.True(report.Complete, string.Join("\n", report.Warnings));
        Assert.Equal(["6755", "4600", "2755"], Tool.Run("stat", "-c", "%a", folder["volume/program"], folder["volume/pipe"], folder["volume/shared"]).Lines);
    }

    [Fact]
    public void A_part_is_put_over_what_is_there()
    {
        folder.WriteFile("volume/keep/a.log", "old log");
        folder.WriteFile("volume/keep/b.txt", "old text");
        Tool.Bash(Volume, "ln keep/b.txt keep/second.txt; ln keep/b.txt third.txt; ln -s keep link").Succeeds();
        BackUp(Volume);
        Tool.Bash(Volume, "echo new > keep/a.log; rm keep/b.txt keep/second.txt third.txt; mkdir keep/b.txt; touch extra").Succeeds();

        var report = Restore(new RestoreOptions { Include = ["keep/*.txt"], Exclude = ["b.txt"] });
        Assert.True(report.Complete, string.Join("\n", report.Warnings));
        Assert.Equal("old text", File.ReadAllText(folder["volume", "keep", "second.txt"]));
        Assert.True(Directory.Exists(folder["volume", "keep", "b.txt"]));
        Assert.Equal("new\n", File.ReadAllText(folder["volume", "keep", "a.log"]));
        Assert.True(File.Exists(folder["volume", "extra"]));

        Restore(new RestoreOptions { Include = ["*.txt"] });
        Assert.Equal("old text", File.ReadAllText(folder["volume", "keep", "b.txt"]));
        Assert.Equal("3", Tool.Run("stat", "-c", "%h", folder["volume", "third.txt"]).Lines[0]);
        Assert.Equal("new\n", File.ReadAllText(folder["volume", "keep", "a.log"]));
        Assert.DoesNotContain(Directory.GetFileSystemEntries(Volume, "*", SearchOption.AllDirectories), p => p.Contains(".snapshotter", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(new[] { "nosuch" }, new string[0], BackupError.PatternMatchesNothing)]
    [InlineData(new[] { "a", "nosuch" }, new string[0], BackupError.PatternMatchesNothing)]
    [InlineData(new[] { "a/" }, new string[0], BackupError.PatternMatchesNothing)]
    [InlineData(new[] { "logs/**" }, new[] { "x.log" }, BackupError.PatternMatchesNothing)]
    [InlineData(new[] { "a" }, new[] { "?" }, BackupError.PatternMatchesNothing)]
    [InlineData(new[] { "VOLUME/logs" }, new string[0], BackupError.ConfigInvalid)]
    [InlineData(new string[0], new[] { "VOLUME/logs" }, BackupError.ConfigInvalid)]
    [InlineData(new string[0], new[] { "VOLUME" }, BackupError.ConfigInvalid)]
    public void Patterns_that_find_nothing_are_refused_and_nothing_is_changed(string[] include, string[] exclude, BackupError expected)
    {
        folder.WriteFile("volume/a", "saved");
        folder.WriteFile("volume/logs/x.log", "saved");
        folder.WriteFile("single.txt", "saved");
        BackUp(Volume, folder["single.txt"]);
        folder.WriteFile("volume/a", "new");
        folder.WriteFile("single.txt", "new");
        string before = Snapshotter.Fuzz.TreeDigest.Of(Volume);
        var e = Assert.Throws<BackupException>(() => BackupTar.Restore(
            Archive, Config(Volume, folder["single.txt"]),
            new RestoreOptions
            {
                Include = [.. include.Select(p => p.Replace("VOLUME", Volume, StringComparison.Ordinal))],
                Exclude = [.. exclude.Select(p => p.Replace("VOLUME", Volume, StringComparison.Ordinal))],
            }));
        Assert.Equal(expected, e.Error);
        Assert.Equal(before, Snapshotter.Fuzz.TreeDigest.Of(Volume));
        Assert.Equal("new", File.ReadAllText(folder["single.txt"]));
    }

    [Fact]
    public void Patterns_of_several_volumes_find_what_they_are_about_in_one_of_them()
    {
        folder.WriteFile("volume/a", "saved");
        folder.WriteFile("volume/b", "saved");
        folder.WriteFile("other/c", "saved");
        folder.WriteFile("single.txt", "saved");
        string[] all = [Volume, folder["other"], folder["single.txt"]];
        BackUp(all);
        foreach (string name in new[] { "volume/a", "volume/b", "other/c", "single.txt" })
        {
            folder.WriteFile(name, "new");
        }

        // The second pattern finds nothing that the first has not found, and that is no mistake.
        BackupTar.Restore(Archive, Config(all), new RestoreOptions { Include = ["[ac]", "a"] });
        Assert.Equal(
            ["saved", "new", "saved", "new"],
            new[] { "volume/a", "volume/b", "other/c", "single.txt" }.Select(name => File.ReadAllText(folder[name])));

        BackupTar.Restore(Archive, Config(all), new RestoreOptions { Include = ["*.txt"] });
        Assert.Equal("saved", File.ReadAllText(folder["single.txt"]));
        Assert.Equal("new", File.ReadAllText(folder["volume", "b"]));
        var e = Assert.Throws<BackupException>(() => BackupTar.Restore(Archive, Config(all), new RestoreOptions { Volumes = ["*/other", "*/nosuch"] }));
        Assert.Equal(BackupError.GenerationNotFound, e.Error);
    }

    [Fact]
    public void What_was_excluded_from_nothing_is_told_and_what_cannot_be_is_refused()
    {
        folder.WriteFile("volume/a", "a");
        folder.WriteFile("volume/logs/x.log", "x");
        BackupTar.Initialize(Archive);
        var details = new Details();
        BackupTar.Backup(Archive, Config(Volume), new BackupOptions { Exclude = ["logs", "volume/logs", "nosuch", "x.*"] }, details);
        string[] told = [.. details.Told.Where(d => d.Contains("matched nothing", StringComparison.Ordinal))];
        Assert.Equal(3, told.Length);
        Assert.DoesNotContain(told, d => d.Contains("'logs'", StringComparison.Ordinal));

        byte[] before = File.ReadAllBytes(Archive);
        foreach (string pattern in new[] { Volume + "/logs", Volume, Volume + "/*.log" })
        {
            var e = Assert.Throws<BackupException>(() => BackupTar.Backup(Archive, Config(Volume), new BackupOptions { Exclude = [pattern] }));
            Assert.Equal(BackupError.ConfigInvalid, e.Error);
            var config = Config(Volume);
            e = Assert.Throws<BackupException>(() => BackupTar.Backup(
                Archive, new VolumeConfig { Prefix = config.Prefix, Volumes = config.Volumes, Exclude = [pattern] }));
            Assert.Equal(BackupError.ConfigInvalid, e.Error);
        }

        Assert.Equal(before, File.ReadAllBytes(Archive));

        // A volume may have its own path in it.
        folder.WriteFile("volume" + Volume + "/logs/y.log", "y");
        Assert.True(BackupTar.Backup(Archive, Config(Volume), new BackupOptions { Exclude = [Volume + "/logs"] }).Complete);
        Assert.DoesNotContain(BackupTar.ListEntries(Archive, new ListOptions { Newest = true }), e => e.Path.EndsWith("y.log", StringComparison.Ordinal));
    }

    private sealed class Details : IReporter
    {
        public List<string> Told { get; } = [];

        public void Detail(string message) => Told.Add(message);
    }

    [Fact]
    public void A_part_is_not_written_through_a_link()
    {
        folder.WriteFile("volume/sub/file", "saved");
        BackUp(Volume);
        folder.WriteFile("outside/file", "outside");
        Tool.Bash(Volume, "rm -rf sub; ln -s ../outside sub").Succeeds();
        var report = Restore(new RestoreOptions { Include = ["sub/file"] });
        Assert.Equal("outside", File.ReadAllText(folder["outside", "file"]));
        Assert.False(report.Complete);
        Assert.NotNull(File.ResolveLinkTarget(folder["volume", "sub"], returnFinalTarget: false));

        // The folder itself is wanted as well: it takes the place of the link.
        Assert.True(Restore(new RestoreOptions { Include = ["sub"] }).Complete);
        Assert.Equal("outside", File.ReadAllText(folder["outside", "file"]));
        Assert.Equal("saved", File.ReadAllText(folder["volume", "sub", "file"]));
    }

    [Theory]
    [InlineData("rm a; mkdir a; echo precious > a/keep.me", "a", "a/keep.me", "keep.me")]
    [InlineData("rm link; mkdir link; echo precious > link/keep.me", "link", "link/keep.me", "keep.me")]
    [InlineData("rm soft; mkdir soft; echo precious > soft/keep.me", "soft", "soft/keep.me", "keep.me")]
    [InlineData("rm -r sub; echo precious > sub", "sub", "sub", "sub")]
    [InlineData("rm -r sub/deep; echo precious > sub/deep", "sub/deep", "sub/deep", "deep")]
    public void What_a_part_leaves_alone_stays_also_where_something_else_was_saved(string script, string named, string precious, string exclude)
    {
        folder.WriteFile("volume/a", "saved");
        folder.WriteFile("volume/sub/f", "saved");
        folder.WriteFile("volume/sub/deep/g", "saved");
        Tool.Bash(Volume, "ln a link; ln a other; ln -s a soft").Succeeds();
        BackUp(Volume);
        Tool.Bash(Volume, script).Succeeds();
        RestoreOptions[] ways =
        [
            new() { Exclude = [exclude] },
            new() { Include = ["a", "link", "other", "soft", "sub/f", "sub/deep/g"] },
            new() { Entries = [.. BackupTar.ListEntries(Archive).Where(e => e.Type != EntryType.Directory).Select(e => new EntryChoice(e.Target, e.Path, e.Offset))] },
        ];
        foreach (var options in ways)
        {
            File.Delete(folder["volume", "other"]);
            var report = Restore(options);
            Assert.Equal("precious\n", File.ReadAllText(folder["volume", precious]));
            if (options.Exclude.Count == 0 || !named.EndsWith(exclude, StringComparison.Ordinal))
            {
                Assert.False(report.Complete);
                Assert.Contains(report.Warnings, n => n.Kind == BackupError.NotKept && n.Path == folder["volume", named]);
            }
        }

        if (named != precious)
        {
            File.Delete(folder["volume", precious]);
            Assert.True(Restore(ways[1]).Complete);
            Assert.Equal("saved", File.ReadAllText(folder["volume", named]));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Volumes_are_nested_where_their_places_are(bool inPlace)
    {
        folder.WriteFile("s1/q/f", "outer");
        folder.WriteFile("s2/f", "other");
        var config = new VolumeConfig
        {
            Prefix = "p",
            Volumes = [new VolumeSpec { Target = "/p", Source = folder["s1"] }, new VolumeSpec { Target = "/p/q", Source = folder["s2"] }],
        };
        BackupTar.Initialize(Archive);
        Assert.True(BackupTar.Backup(Archive, config).Complete);
        foreach (string target in new[] { "*", "/p" })
        {
            folder.WriteFile("s1/q/f", "changed");
            folder.WriteFile("s1/q/new", "new");
            Assert.All(BackupTar.Restore(Archive, config, new RestoreOptions { InPlace = inPlace, Volumes = [target] }), r => Assert.True(r.Complete));
            Assert.Equal("outer", File.ReadAllText(folder["s1", "q", "f"]));
            Assert.False(File.Exists(folder["s1", "q", "new"]));
        }

        // Where the places are not known the targets decide, and what cannot come back is told.
        Directory.Delete(folder["s1"], recursive: true);
        var outer = new VolumeConfig { Prefix = "p", Volumes = [config.Volumes[0]] };
        var report = BackupTar.Restore(Archive, outer).Single();
        Assert.False(report.Complete);
        Assert.Equal(BackupError.NotKept, Assert.Single(report.Warnings).Kind);
        Assert.All(BackupTar.Restore(Archive, config, new RestoreOptions { Destination = folder["elsewhere"] }), r => Assert.Equal(r.Target != "/p", r.Complete));
        Assert.Equal("other", File.ReadAllText(folder["elsewhere", "p", "q", "f"]));
    }

    [Fact]
    public void A_volume_nested_by_its_place_stays_when_the_configuration_names_it()
    {
        folder.WriteFile("s/a", "saved");
        folder.WriteFile("s/q/f", "inner");
        var config = new VolumeConfig
        {
            Prefix = "p",
            Volumes = [new VolumeSpec { Target = "/one", Source = folder["s"] }, new VolumeSpec { Target = "/two", Source = folder["s", "q"] }],
        };
        BackupTar.Initialize(Archive);
        Assert.True(BackupTar.Backup(Archive, config).Complete);
        Assert.True(BackupTar.Restore(Archive, config, new RestoreOptions { Volumes = ["/one"] }).Single().Complete);
        Assert.Equal("inner", File.ReadAllText(folder["s", "q", "f"]));
    }

    [Fact]
    public void A_volume_nested_in_another_is_its_own()
    {
        folder.WriteFile("volume/a", "outer");
        folder.WriteFile("volume/sub/inner/b", "inner");
        folder.WriteFile("volume/sub/c", "between");
        string inner = folder["volume", "sub", "inner"];
        BackUp(Volume, inner);
        Assert.Equal(2, BackupTar.List(Archive).Count);
        File.WriteAllText(folder["volume", "sub", "inner", "b"], "changed");
        File.WriteAllText(folder["volume", "sub", "c"], "changed");
        folder.WriteFile("volume/sub/new", "new");

        // Only the outer one: the inner one stays.
        BackupTar.Restore(Archive, Config(Volume, inner), new RestoreOptions { Volumes = [Volume] });
        Assert.Equal("changed", File.ReadAllText(folder["volume", "sub", "inner", "b"]));
        Assert.Equal("between", File.ReadAllText(folder["volume", "sub", "c"]));
        Assert.False(File.Exists(folder["volume", "sub", "new"]));

        BackupTar.Restore(Archive, Config(Volume, inner));
        Assert.Equal("inner", File.ReadAllText(folder["volume", "sub", "inner", "b"]));
    }

    [Theory]
    [InlineData("volume", "volume/sub/backup.tar")]
    [InlineData("/volume", "volume/sub/backup.tar")]
    [InlineData("link", "volume/sub/backup.tar")]
    [InlineData("volume", "link/sub/backup.tar")]
    [InlineData("volume/sub", "volume/link/backup.tar")]
    public void The_archive_in_a_volume_stays_however_they_are_spelled(string volume, string archive)
    {
        folder.WriteFile("volume/a", "saved");
        folder.WriteFile("volume/sub/b", "saved");
        Directory.CreateSymbolicLink(folder["link"], "volume");
        Directory.CreateSymbolicLink(folder["volume", "link"], "sub");
        string path = folder.Path + "/" + volume;
        archive = folder[archive];
        BackupTar.Initialize(archive);
        BackupTar.Backup(archive, Config(path));
        folder.WriteFile("volume/sub/b", "changed");
        foreach (bool inPlace in new[] { false, true })
        {
            Assert.True(BackupTar.Restore(archive, Config(path), new RestoreOptions { InPlace = inPlace }).Single().Complete);
            Assert.Equal("saved", File.ReadAllText(folder["volume", "sub", "b"]));
            Assert.Single(BackupTar.List(archive));
        }
    }

    [Theory]
    [InlineData("volume", "mounted")]
    [InlineData("volume/sub/backup.tar", "backup.tar")]
    [InlineData("volume/nightly.tar", "other.tar")]
    public void The_archive_in_a_volume_stays_when_it_is_reached_through_another_mount(string from, string to)
    {
        StrictRun.NeedsUnix();
        Assert.SkipUnless(IsRoot, "Mounting needs root.");
        folder.WriteFile("volume/a", "saved");
        folder.CreateFolder("volume", "sub");
        bool ofFolder = from == "volume";
        string real = folder[ofFolder ? "volume/backup.tar" : from];
        BackupTar.Initialize(real);
        string mount = ofFolder ? folder.CreateFolder(to) : folder.WriteFile(to, "");
        Tool.Run("mount", "--bind", folder[from], mount).Succeeds();
        try
        {
            string archive = ofFolder ? mount + "/backup.tar" : mount;
            BackupTar.Backup(archive, Config(Volume));
            BackupTar.Restore(archive, Config(Volume));
            Assert.Single(BackupTar.List(real));
        }
        finally
        {
            MountedFolder.Unmount(mount);
        }
    }

    [Fact]
    public void A_volume_nested_in_another_is_its_own_however_it_is_spelled()
    {
        folder.WriteFile("volume/a", "outer");
        folder.WriteFile("volume/sub/b", "inner");
        Directory.CreateSymbolicLink(folder["link"], "volume");
        string inner = folder.Path + "//link/sub";
        BackUp(Volume, inner);
        Assert.DoesNotContain("sub/b", BackupTar.ListEntries(Archive).Where(e => e.Target == Volume).Select(e => e.Path));
        folder.WriteFile("volume/sub/b", "changed");
        Assert.True(BackupTar.Restore(Archive, Config(Volume, inner), new RestoreOptions { Volumes = [Volume] }).Single().Complete);
        Assert.Equal("changed", File.ReadAllText(folder["volume", "sub", "b"]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_mount_in_a_volume_stays(bool inPlace)
    {
        StrictRun.NeedsUnix();
        Assert.SkipUnless(IsRoot, "Mounting needs root.");
        folder.WriteFile("volume/a", "saved");
        folder.CreateFolder("volume", "sub", "mounted");
        folder.WriteFile("volume/sub/beside", "saved");
        BackUp(Volume);
        string mount = folder["volume", "sub", "mounted"];
        Tool.Run("mount", "-t", "tmpfs", "none", mount).Succeeds();
        try
        {
            File.WriteAllText(Path.Combine(mount, "precious"), "precious");
            File.WriteAllText(folder["volume", "a"], "changed");
            File.WriteAllText(folder["volume", "sub", "beside"], "changed");
            folder.WriteFile("volume/sub/new", "new");
            var report = Restore(new RestoreOptions { InPlace = inPlace });
            Assert.True(report.Complete, string.Join("\n", report.Warnings));
            Assert.Equal("precious", File.ReadAllText(Path.Combine(mount, "precious")));
            Assert.Equal("saved", File.ReadAllText(folder["volume", "a"]));
            Assert.Equal("saved", File.ReadAllText(folder["volume", "sub", "beside"]));
            Assert.False(File.Exists(folder["volume", "sub", "new"]));
        }
        finally
        {
            MountedFolder.Unmount(mount);
        }
    }

    [Fact]
    public void A_bind_mounted_file_volume_is_rewritten_in_place()
    {
        Assert.SkipUnless(IsRoot, "Mounting needs root.");
        folder.WriteFile("real", "saved content");
        string file = folder.WriteFile("mounted", "");
        Tool.Run("mount", "--bind", folder["real"], file).Succeeds();
        try
        {
            BackUp(file);
            File.WriteAllText(file, "changed to something that is much longer");
            Assert.True(BackupTar.Restore(Archive, Config(file)).Single().Complete);
            Assert.Equal("saved content", File.ReadAllText(file));
            Assert.Equal("saved content", File.ReadAllText(folder["real"]));
        }
        finally
        {
            MountedFolder.Unmount(file);
        }
    }

    [Fact]
    public void A_read_only_volume_is_saved_but_not_restored()
    {
        folder.WriteFile("volume/a", "1");
        BackUp(Volume);
        var config = new VolumeConfig { Prefix = "p", Volumes = [new VolumeSpec { Target = Volume, ReadOnly = true }] };
        Assert.Equal(BackupError.VolumeNotWritable, Assert.Throws<BackupException>(() => BackupTar.Restore(Archive, config)).Error);
    }

    [Fact]
    public void A_restore_without_a_config_uses_the_manifests_targets()
    {
        folder.WriteFile("volume/a", "1");
        BackUp(Volume);
        File.Delete(folder["volume", "a"]);
        var plan = BackupTar.PlanRestore(Archive, new VolumeConfig { Prefix = "p" });
        Assert.Equal(Volume, plan.Volumes.Single().Path);
        Assert.Single(plan.Execute(plan.Volumes));
        Assert.Equal("1", File.ReadAllText(folder["volume", "a"]));
    }

    [Fact]
    public void A_plan_is_executed_when_it_is_called_and_tells_of_each_volume_at_once()
    {
        folder.WriteFile("volume/a", "1");
        folder.WriteFile("second/b", "2");
        BackUp(Volume, folder["second"]);
        File.Delete(folder["volume", "a"]);
        File.Delete(folder["second", "b"]);
        var plan = BackupTar.PlanRestore(Archive, new VolumeConfig { Prefix = "p" });
        var told = new List<string>();

        plan.Execute(plan.Volumes, done: report =>
        {
            Assert.Equal(told.Count == 1, File.Exists(folder["second", "b"]));
            told.Add(report.Path);
        });

        Assert.Equal([Volume, folder["second"]], told);
        Assert.Equal("1", File.ReadAllText(folder["volume", "a"]));
    }

    [Fact]
    public void A_generation_can_be_chosen_by_time()
    {
        folder.WriteFile("volume/a", "first");
        BackUp(Volume);
        var between = DateTimeOffset.UtcNow;
        File.WriteAllText(folder["volume", "a"], "second");
        BackupTar.Backup(Archive, Config(Volume));
        Restore(new RestoreOptions { Generation = new GenerationChoice { AsOf = between } });
        Assert.Equal("first", File.ReadAllText(folder["volume", "a"]));
        var e = Assert.Throws<BackupException>(() => Restore(new RestoreOptions { Generation = new GenerationChoice { AsOf = between.AddDays(-1) } }));
        Assert.Equal(BackupError.GenerationNotFound, e.Error);
    }

    [Fact]
    public void Cancelling_leaves_archive_and_volume_as_they_were()
    {
        folder.WriteFile("volume/a", "1");
        BackUp(Volume);
        byte[] before = File.ReadAllBytes(Archive);
        File.WriteAllText(folder["volume", "a"], "2");
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => BackupTar.Backup(Archive, Config(Volume), cancellationToken: cancelled.Token));
        Assert.Equal(before, File.ReadAllBytes(Archive));
        Assert.ThrowsAny<OperationCanceledException>(() => BackupTar.Restore(Archive, Config(Volume), cancellationToken: cancelled.Token));
        Assert.Equal(["a"], Directory.GetFileSystemEntries(Volume).Select(p => Path.GetFileName(p)));
        Assert.Equal("2", File.ReadAllText(folder["volume", "a"]));
    }

    private VolumeReport Restore(RestoreOptions options) => BackupTar.Restore(Archive, Config(Volume), options).Single();

    private void BackUp(params string[] targets)
    {
        BackupTar.Initialize(Archive);
        Assert.True(BackupTar.Backup(Archive, Config(targets)).Complete);
    }

    private static VolumeConfig Config(params string[] targets) =>
        new() { Prefix = "p", Volumes = [.. targets.Select(t => new VolumeSpec { Target = t })] };
}
