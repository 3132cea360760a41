using System.Text;
using Snapshotter.Engine.Config;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Restoring;
using Snapshotter.Engine.Tar;
using Snapshotter.Fuzz;

namespace Snapshotter.Engine.Tests.Hostile;

/// <summary>Where a restore writes is the user's word, never the archive's.</summary>
public sealed class HostilePlacesTests : IDisposable
{
    private readonly HostileScene scene = new();

    public void Dispose() => scene.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Targets_outside_the_configuration_are_not_written(bool native)
    {
        scene.With(Finish(
            new ArchiveForge().Volume(scene.Outside).File("x", "evil").Volume(HostileScene.Target).File("a"), native));
        string outside = scene.OutsideDigest();
        scene.Restore(new RestoreOptions());
        Assert.Equal(outside, scene.OutsideDigest());
        Assert.True(File.Exists(Path.Join(scene.Volume, "a")));
    }

    [Theory]
    [InlineData("relative/path")]
    [InlineData("/v/../../outside")]
    [InlineData("../outside")]
    [InlineData("")]
    public void Targets_that_are_no_absolute_paths_are_refused(string target)
    {
        scene.With(new ArchiveForge().Volume(target).File("a").NativeManifest().ToArray());
        string before = scene.Digest();
        var config = new VolumeConfig { Prefix = "volumes" };
        var e = Assert.Throws<BackupException>(() => BackupTar.Restore(scene.Archive, config, new RestoreOptions { Destination = scene.Volume }));
        Assert.Equal(BackupError.UnsafeEntry, e.Error);
        Assert.Equal(before, scene.Digest());
    }

    [Theory]
    [InlineData("/p/l/d")]
    [InlineData("/p//l/d")]
    [InlineData("/p/./l/./d")]
    public void A_link_of_one_volume_does_not_lead_another_out_of_the_destination(string second)
    {
        scene.With(new ArchiveForge()
            .Volume("/p").SymbolicLink("l", scene.Outside).Volume(second).File("y", "evil").NativeManifest().ToArray());
        string outside = scene.OutsideDigest();
        var config = new VolumeConfig { Prefix = "volumes" };
        var e = Assert.Throws<BackupException>(() => BackupTar.Restore(scene.Archive, config, new RestoreOptions { Destination = scene.Volume }));
        Assert.Equal(BackupError.UnsafeEntry, e.Error);
        Assert.Equal(outside, scene.OutsideDigest());
    }

    [Fact]
    public void A_link_planted_by_an_earlier_restore_does_not_either()
    {
        var config = new VolumeConfig { Prefix = "volumes" };
        var options = new RestoreOptions { Destination = scene.Volume };
        string outside = scene.OutsideDigest();
        BackupTar.Restore(
            scene.With(new ArchiveForge().Volume("/p").SymbolicLink("l", scene.Outside).NativeManifest().ToArray()).Archive, config, options);
        foreach (bool isDirectory in new[] { true, false })
        {
            var forge = new ArchiveForge().Volume(isDirectory ? "/p/l/d" : "/p/l/x", isDirectory).File(isDirectory ? "y" : "", "evil");
            scene.With(forge.NativeManifest().ToArray());
            string before = scene.Digest();
            var e = Assert.Throws<BackupException>(() => BackupTar.Restore(scene.Archive, config, options));
            Assert.Equal(BackupError.UnsafeEntry, e.Error);
            Assert.Equal(before, scene.Digest());
        }

        Assert.Equal(outside, scene.OutsideDigest());
    }

    [Theory]
    [InlineData("link")]
    [InlineData("directory")]
    [InlineData("more")]
    [InlineData("fifo")]
    public void A_file_volume_is_a_file_and_nothing_else(string trick)
    {
        const string target = "/v/file";
        var forge = new ArchiveForge().Volume(target, isDirectory: false);
        _ = trick switch
        {
            "link" => forge.SymbolicLink("", "outside/x"),
            "directory" => forge.Directory(""),
            "more" => forge.File("", "fine").File("below", "evil"),
            _ => forge.Header(new ForgedHeader(forge.NameOf(""), TypeFlag.Fifo)),
        };
        scene.With(forge.NativeManifest().ToArray());
        string before = scene.Digest();
        var e = Assert.Throws<BackupException>(() => scene.Restore(new RestoreOptions(), target));
        Assert.Equal(BackupError.UnsafeEntry, e.Error);
        Assert.NotNull(e.Offset);
        Assert.Equal(before, scene.Digest());
    }

    [Fact]
    public void An_archive_that_lies_in_the_volume_survives_its_restore()
    {
        byte[] archive = new ArchiveForge().Volume(HostileScene.Target).File("a").NativeManifest().ToArray();
        string inside = Path.Join(scene.Volume, "backup.tar");
        var config = new VolumeConfig { Prefix = "volumes", Volumes = [new VolumeSpec { Target = HostileScene.Target, Source = scene.Volume }] };
        foreach (bool inPlace in new[] { false, true })
        {
            File.WriteAllBytes(inside, archive);
            BackupTar.Restore(inside, config, new RestoreOptions { InPlace = inPlace });
            Assert.Equal(archive, File.ReadAllBytes(inside));
            Assert.False(File.Exists(Path.Join(scene.Volume, "old")));
        }
    }

    [Fact]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public void Setuid_goes_with_its_owner_or_not_at_all()
    {
        var forge = new ArchiveForge().Volume(HostileScene.Target);
        forge.Header(new ForgedHeader(forge.NameOf("program"), TypeFlag.Regular) { Mode = 0xDED, UserId = 12345 });
        scene.With(forge.NativeManifest().ToArray());
        var report = Assert.Single(scene.Restore(new RestoreOptions { NoOwner = true }));
        Assert.Equal(0x1ED, (int)File.GetUnixFileMode(Path.Join(scene.Volume, "program")) & 0xFFF);
        Assert.False(report.Complete);
        Assert.Contains("Setuid", Assert.Single(report.Warnings).Message, StringComparison.Ordinal);
        scene.Restore(new RestoreOptions());
        Assert.Equal(
            Environment.IsPrivilegedProcess ? 0xDED : 0x1ED, (int)File.GetUnixFileMode(Path.Join(scene.Volume, "program")) & 0xFFF);
    }

    [Fact]
    public void A_file_of_the_manifests_name_in_a_volume_is_no_generation()
    {
        var forge = new ArchiveForge().Volume(HostileScene.Target).File("volumes-data.yml", "no yaml: [")
            .File("d/volumes-data.yml", $"- {{id: {Engine.Archive.EntryNames.IdOf("/x")}, type: dir, target: /x}}\n");
        foreach (bool native in new[] { true, false })
        {
            scene.With(Finish(forge, native));
            Assert.All(BackupTar.List(scene.Archive), v => Assert.Equal("volumes", v.Prefix));
            Assert.All(BackupTar.Test(scene.Archive), r => Assert.True(r.Passed));
            forge = new ArchiveForge().Volume(HostileScene.Target).File("volumes-data.yml", "no yaml: [");
        }
    }

    [Fact]
    public void Names_do_not_reach_a_terminal_as_commands()
    {
        scene.With(new ArchiveForge().Volume(HostileScene.Target).File("\u001b]0;evil\u0007/../x").NativeManifest().ToArray());
        var e = Assert.Throws<BackupException>(() => scene.Restore(new RestoreOptions()));
        Assert.DoesNotContain(e.Message, char.IsControl);
        Assert.DoesNotContain(Shown.Name(e.EntryName), char.IsControl);
    }

    [Theory]
    [InlineData("C:..\\x")]
    [InlineData("..\\x")]
    [InlineData("a/c:/x")]
    [InlineData("a\\b")]
    [InlineData("file:stream")]
    [InlineData("nul\u0001")]
    public void Windows_would_take_some_names_for_something_else(string path) =>
        Assert.NotNull(ReservedNames.FindIn(Encoding.UTF8.GetBytes(path)));

    [Theory]
    [InlineData("a/b.c")]
    [InlineData("console")]
    [InlineData(".hidden")]
    [InlineData("")]
    [InlineData("con")]
    [InlineData("a/COM1.txt")]
    [InlineData("trailing.")]
    [InlineData("trailing /x")]
    public void Others_it_takes(string path) => Assert.Null(ReservedNames.FindIn(Encoding.UTF8.GetBytes(path)));

    private static byte[] Finish(ArchiveForge forge, bool native) =>
        (native ? forge.NativeManifest() : forge.ForeignManifest()).ToArray();
}
