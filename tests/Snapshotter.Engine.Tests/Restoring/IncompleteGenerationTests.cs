using Snapshotter.Engine.Config;
using Snapshotter.Engine.Jobs;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Restoring;
using Snapshotter.Engine.Tests.Strict;
using Snapshotter.Engine.Tests.Support;
using Snapshotter.Fuzz;

namespace Snapshotter.Engine.Tests.Restoring;

/// <summary>A generation that does not have all of a volume takes nothing away from it: what it lacks may be there.</summary>
public class IncompleteGenerationTests : IDisposable
{
    private readonly TempFolder folder = new();

    public IncompleteGenerationTests()
    {
        folder.WriteFile("volume/precious", "not in the archive");
        folder.WriteFile("volume/d/precious", "not in the archive");
        folder.WriteFile("volume/d/saved", "old");
        folder.WriteFile("volume/saved", "old");
    }

    public static TheoryData<RestoreOptions> Ways => [new RestoreOptions(), new RestoreOptions { InPlace = true }, new RestoreOptions { Include = ["**"] }];

    private string Volume => folder["volume"];

    private string Archive => folder["backup.tar"];

    public void Dispose()
    {
        folder.Dispose();
        GC.SuppressFinalize(this);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void What_it_has_is_restored_and_nothing_is_removed(RestoreOptions options)
    {
        Write(new ArchiveForge().Volume(Volume).File("saved").Directory("d").File("d/saved").HardLink("link", "saved").Directory("new").File("new/f"));
        var report = Restore(options);
        Assert.False(report.Complete);
        Assert.Equal(BackupError.GenerationIncomplete, Assert.Single(report.Warnings).Kind);
        Assert.All(["saved", "d/saved", "link", "new/f"], name => Assert.Equal("content", File.ReadAllText(folder["volume", name])));
        Assert.All(["precious", "d/precious"], name => Assert.Equal("not in the archive", File.ReadAllText(folder["volume", name])));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void What_stands_where_another_type_was_saved_stays_when_something_is_in_it(RestoreOptions options)
    {
        folder.CreateFolder("volume", "empty");
        Write(new ArchiveForge().Volume(Volume)
            .File("a").SymbolicLink("d", "a").File("empty").HardLink("l", "a").Directory("saved").File("saved/below"));
        folder.WriteFile("volume/l/in", "not in the archive");
        var report = Restore(options);
        Assert.Equal("not in the archive", File.ReadAllText(folder["volume", "d", "precious"]));
        Assert.Equal("not in the archive", File.ReadAllText(folder["volume", "l", "in"]));
        Assert.Equal("content", File.ReadAllText(folder["volume", "empty"]));
        Assert.Equal("content", File.ReadAllText(folder["volume", "saved", "below"]));
        Assert.Equal([Path.Join(Volume, "d"), Path.Join(Volume, "l")], report.Warnings.Where(n => n.Kind == BackupError.NotKept).Select(n => n.Path).Order());
    }

    [Fact]
    public void The_way_out_is_named()
    {
        var forge = new ArchiveForge();
        forge.Volume("/other").NativeManifest();
        forge.Volume(Volume).File("saved").NativeManifest();
        forge.Volume("/other").Volume(Volume).File("saved").NativeManifest(Incomplete);
        forge.Volume("/other").NativeManifest();
        forge.Volume(Volume).File("saved").NativeManifest(Incomplete);
        File.WriteAllBytes(Archive, forge.ToArray());
        var notice = Assert.Single(Restore(new RestoreOptions()).Warnings);
        Assert.Equal(Remedy.ChooseGeneration, notice.Remedy);
        Assert.Contains(": 2 (", notice.Message, StringComparison.Ordinal);
        var whole = Restore(new RestoreOptions { Generation = new GenerationChoice { Number = 2 } });
        Assert.True(whole.Complete);
        Assert.False(File.Exists(folder["volume", "precious"]));
    }

    [Fact]
    public void A_fresh_place_gets_all_there_is()
    {
        Write(new ArchiveForge().Volume(Volume).File("saved").Directory("d").File("d/saved"));
        Assert.False(Restore(new RestoreOptions { Destination = folder["elsewhere"] }).Complete);
        Assert.Equal("content", File.ReadAllText(folder["elsewhere"] + Volume + "/d/saved"));
        Assert.Equal("old", File.ReadAllText(folder["volume", "saved"]));
    }

    [Fact]
    public void Whoever_hears_of_it_may_stop_before_anything_is_touched()
    {
        StrictRun.NeedsUnix();
        Write(new ArchiveForge().Volume(Volume).File("saved"));
        string before = TreeDigest.Of(Volume);
        var e = Assert.Throws<BackupException>(() => BackupTar.Restore(Archive, Config, reporter: new Stopper()));
        Assert.Equal(BackupError.GenerationIncomplete, e.Error);
        Assert.Equal(before, TreeDigest.Of(Volume));
    }

    [Fact]
    public void A_file_that_was_not_saved_whole_is_restored_and_told()
    {
        string file = folder["volume", "saved"];
        File.WriteAllBytes(Archive, new ArchiveForge().Volume(file, isDirectory: false).File("").NativeManifest(Incomplete).ToArray());
        var config = new VolumeConfig { Prefix = "volumes", Volumes = [new VolumeSpec { Target = file }] };
        var report = BackupTar.Restore(Archive, config).Single();
        Assert.Equal(BackupError.GenerationIncomplete, Assert.Single(report.Warnings).Kind);
        Assert.False(report.Complete);
        Assert.Equal("content", File.ReadAllText(file));
    }

    private VolumeConfig Config => new() { Prefix = "volumes", Volumes = [new VolumeSpec { Target = Volume }] };

    private static Engine.Archive.ManifestVolume Incomplete(Engine.Archive.ManifestVolume volume) => volume with { Complete = false };

    private void Write(ArchiveForge forge) => File.WriteAllBytes(Archive, forge.NativeManifest(Incomplete).ToArray());

    private VolumeReport Restore(RestoreOptions options) => BackupTar.Restore(Archive, Config, options).Single();

    private sealed class Stopper : IReporter
    {
        public bool GoOn(Notice problem) => false;
    }
}
