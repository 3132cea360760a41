using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Config;
using Snapshotter.Engine.Jobs;
using Snapshotter.Engine.Patterns;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Restoring;
using Snapshotter.Engine.Retention;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.Archive;

/// <summary>Paths of Windows as names of volumes. The rules are about texts, and hold wherever an archive is read.</summary>
[OnWindowsToo]
public sealed class TargetNameTests : IDisposable
{
    private readonly TempFolder folder = new();

    private string Archive => folder["backup.tar"];

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(@"C:\Data", @"C:\Data")]
    [InlineData(@"c:\Data", @"C:\Data")]
    [InlineData("C:/Data/", @"C:\Data")]
    [InlineData(@"C:\\Data\sub\\", @"C:\Data\sub")]
    [InlineData(@"C:\Data/x", @"C:\Data\x")]
    [InlineData(@"\\?\C:\Data", @"C:\Data")]
    [InlineData(@"c:\", @"C:\")]
    [InlineData("d:/", @"D:\")]
    [InlineData(@"\\server\share\x\", @"\\server\share\x")]
    [InlineData("//server/share", "//server/share")]
    [InlineData(@"\\server/share", @"\\server\share")]
    [InlineData(@"\\?\UNC\server\share\x", @"\\server\share\x")]
    [InlineData(@"\\?\unc\server\share", @"\\server\share")]
    [InlineData("/home/a/", "/home/a/")]
    [InlineData("/home/a\\b", "/home/a\\b")]
    [InlineData("", "")]
    [InlineData("C:", "C:")]
    public void One_spelling(string target, string canonical)
    {
        Assert.Equal(canonical, TargetName.Canonical(target));
        Assert.Equal(canonical, TargetName.Canonical(canonical));
        Assert.Equal(TargetName.KeyOf(canonical), TargetName.KeyOf(target));
    }

    [Theory]
    [InlineData(@"C:\Data", @"c:\dATA", true)]
    [InlineData(@"C:\Data", @"C:\Data2", false)]
    [InlineData(@"C:\Data", @"D:\Data", false)]
    [InlineData("/data", "/Data", false)]
    [InlineData("/data", "/data", true)]
    public void One_volume(string one, string other, bool isSame) =>
        Assert.Equal(isSame, TargetName.KeyOf(one) == TargetName.KeyOf(other));

    [Theory]
    [InlineData(@"c:\data", @"C:\Data", true)]
    [InlineData("C:/D*", @"C:\Data", true)]
    [InlineData(@"\\?\C:\Data", "c:/data", true)]
    [InlineData("*/data", @"C:\Data", true)]
    [InlineData(@"C:\Dat", @"C:\Data", false)]
    [InlineData("/DATA", "/data", false)]
    [InlineData("/d*", "/data", true)]
    public void Patterns_match_every_spelling(string pattern, string target, bool matches) =>
        Assert.Equal(matches, Wildcard.MatchesTarget(pattern, target));

    [Theory]
    [InlineData(@"C:\Data", true, false)]
    [InlineData("C:/Data", true, false)]
    [InlineData(@"\\server\share", true, false)]
    [InlineData(@"\\?\C:\Data", true, false)]
    [InlineData("/wvol/data", false, true)]
    [InlineData("/var/lib/docker/volumes/x/_data", false, true)]
    [InlineData(@"\data", false, false)]
    [InlineData("C:data", false, false)]
    [InlineData("data", false, false)]
    public void A_place_says_where_it_is(string path, bool onWindows, bool onUnix)
    {
        Assert.Equal(onWindows, TargetName.IsPlace(path, windows: true));
        Assert.Equal(onUnix, TargetName.IsPlace(path, windows: false));
    }

    [Fact]
    public void A_name_without_a_place_is_refused_with_the_way_out()
    {
        var named = new VolumeSpec { Target = "/wvol/data" };
        var e = Assert.Throws<BackupException>(() => VolumePlaces.RefuseNames([named], windows: true));
        Assert.Equal((BackupError.ConfigInvalid, "/wvol/data", Remedy.NamePlace), (e.Error, e.Target, e.Remedy));
        Assert.Contains("'source'", e.Message, StringComparison.Ordinal);
        var inside = new VolumeSpec { Target = "/data", Source = "/var/lib/docker/volumes/x/_data" };
        Assert.Equal(inside.Source, Assert.Throws<BackupException>(() => VolumePlaces.RefuseNames([inside], windows: true)).Target);
        VolumePlaces.RefuseNames([new VolumeSpec { Target = "/data", Source = @"D:\data" }, new VolumeSpec { Target = @"c:\x" }], windows: true);
        VolumePlaces.RefuseNames([named, new VolumeSpec { Target = @"C:\x", Source = "/srv/x" }], windows: false);
    }

    [Fact]
    public void A_backup_gives_targets_their_one_spelling()
    {
        var config = new VolumeConfig { Prefix = "p", Volumes = [new VolumeSpec { Target = "c:/Data/", ReadOnly = true }], Exclude = ["x"] };
        var canonical = VolumePlaces.Canonical(config, windows: true);
        Assert.Equal(@"C:\Data", canonical.Volumes[0].Target);
        Assert.True(canonical.Volumes[0].ReadOnly);
        Assert.Equal(("p", "x"), (canonical.Prefix, canonical.Exclude[0]));
        Assert.Same(config, VolumePlaces.Canonical(config, windows: false));
        Assert.Same(canonical, VolumePlaces.Canonical(canonical, windows: true));
    }

    [Theory]
    [InlineData(@"sub\*.tmp", "sub/*.tmp")]
    [InlineData(@"\sub\", "/sub/")]
    [InlineData(@"a[\]b", @"a[\]b")]
    [InlineData(@"[a]\b", "[a]/b")]
    [InlineData(@"[\b", "[/b")]
    [InlineData("a/b", "a/b")]
    public void Backslashes_separate_in_patterns_of_Windows(string pattern, string withSlashes)
    {
        Assert.Equal(withSlashes, GlobPattern.WithSlashes(pattern, windows: true));
        Assert.Equal(pattern, GlobPattern.WithSlashes(pattern, windows: false));
    }

    [Fact]
    public void Spellings_of_older_archives_are_the_same_volume()
    {
        string volume = folder.CreateFolder("volume");
        BackupTar.Initialize(Archive);
        foreach (string target in OperatingSystem.IsWindows() ? [@"C:\Data", @"C:\Data", @"C:\Data"] : new[] { @"C:\Data", "c:/data", @"\\?\C:\DATA\" })
        {
            folder.WriteFile("volume/file", target);
            Assert.True(BackupTar.Backup(Archive, Config(target)).Complete);
        }

        folder.WriteFile("volume/file", "changed");
        Assert.Equal([3], BackupTar.List(Archive, new ListOptions { Newest = true }).Select(v => v.Generation));
        var report = Assert.Single(BackupTar.Restore(Archive, Config("C:/DATA"), new RestoreOptions { Volumes = [@"c:\data"] }));
        Assert.Equal(3, report.Generation);
        Assert.NotEqual("changed", File.ReadAllText(folder["volume", "file"]));

        var kept = Config("c:/dAta");
        kept.Keep = new RetentionPolicy { Last = 1 };
        Assert.Equal([1, 2, 3], BackupTar.Backup(Archive, kept).Optimization!.Removed.Select(g => g.Generation));

        VolumeConfig Config(string target) => new() { Prefix = "p", Volumes = [new VolumeSpec { Target = target, Source = volume }] };
    }

    [Fact]
    public void One_volume_is_not_listed_twice()
    {
        var config = new VolumeConfig
        {
            Prefix = "p",
            Volumes = [new VolumeSpec { Target = @"C:\Data", Source = folder["a"] }, new VolumeSpec { Target = @"\\?\c:/data/", Source = folder["b"] }],
        };
        Assert.Contains("twice", Assert.Throws<BackupException>(() => VolumeConfigFile.Validate(config)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_volumes_do_not_come_to_one_place_below_a_destination()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Names with a colon.");
        var all = new VolumeConfig { Prefix = "p" };
        void Save(params string[] targets)
        {
            File.Delete(Archive);
            BackupTar.Initialize(Archive);
            foreach (string target in targets)
            {
                folder.WriteFile("volume/file", target);
                BackupTar.Backup(Archive, new VolumeConfig { Prefix = "p", Volumes = [new VolumeSpec { Target = target, Source = folder["volume"] }] });
            }
        }

        Save("/x:1", "/x_1");
        BackupTar.Restore(Archive, all, new RestoreOptions { Destination = folder["there"] });
        Assert.Equal("/x:1", File.ReadAllText(folder["there/x:1/file"]));
        Assert.Equal("/x_1", File.ReadAllText(folder["there/x_1/file"]));

        Save(@"C:\Data", "/C_/Data");
        folder.WriteFile("there/C_/Data/file", "old");
        var e = Assert.Throws<BackupException>(() => BackupTar.Restore(Archive, all, new RestoreOptions { Destination = folder["there"] }));
        Assert.Equal(BackupError.UnsafeEntry, e.Error);
        Assert.Equal("old", File.ReadAllText(folder["there/C_/Data/file"]));

        // By a link they are one as well.
        Save("/one", "/two");
        Directory.CreateDirectory(folder["links/one"]);
        File.CreateSymbolicLink(folder["links/two"], "one");
        e = Assert.Throws<BackupException>(() => BackupTar.Restore(Archive, all, new RestoreOptions { Destination = folder["links"] }));
        Assert.Equal(BackupError.UnsafeEntry, e.Error);
        Assert.Empty(Directory.GetFileSystemEntries(folder["links/one"]));
    }

    [Fact]
    public void An_archives_target_without_a_drive_is_no_place_on_Windows()
    {
        folder.WriteFile("volume/file", "saved");
        BackupTar.Initialize(Archive);
        BackupTar.Backup(Archive, new VolumeConfig { Prefix = "p", Volumes = [new VolumeSpec { Target = "/wvol/data", Source = folder["volume"] }] });
        var all = new VolumeConfig { Prefix = "p" };
        BackupTar.Restore(Archive, all, new RestoreOptions { Destination = folder["there"] });
        Assert.Equal("saved", File.ReadAllText(folder["there", "wvol", "data", "file"]));
        Assert.SkipUnless(OperatingSystem.IsWindows(), "Elsewhere it is one.");
        var e = Assert.Throws<BackupException>(() => BackupTar.Restore(Archive, all));
        Assert.Equal((BackupError.UnsafeEntry, Remedy.NameVolumes), (e.Error, e.Remedy));
        var named = new VolumeConfig { Prefix = "p", Volumes = [new VolumeSpec { Target = "/wvol/data" }] };
        Assert.Equal(BackupError.ConfigInvalid, Assert.Throws<BackupException>(() => BackupTar.Restore(Archive, named)).Error);
        Assert.Equal(BackupError.ConfigInvalid, Assert.Throws<BackupException>(() => BackupTar.Backup(Archive, named)).Error);
        Assert.False(Directory.Exists(@"\wvol"));
    }
}
