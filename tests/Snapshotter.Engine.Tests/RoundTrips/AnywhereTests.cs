using Snapshotter.Engine.Config;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Restoring;
using Snapshotter.Engine.Tests.Support;
using Snapshotter.Fuzz;

namespace Snapshotter.Engine.Tests.RoundTrips;

/// <summary>What holds on every platform, tested without any other program: these run on Windows, and under Wine.</summary>
[OnWindowsToo]
public class AnywhereTests : IDisposable
{
    private readonly TempFolder folder = new();

    private string Archive => folder["backup.tar"];

    private string Volume => folder["volume"];

    public void Dispose()
    {
        folder.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void Files_folders_and_times_come_back()
    {
        Write("a.txt", "one");
        Write("sub/deeper/b.txt", "two");
        Write("empty", "");
        Write("\u00fcml\u00e4ut \u4e2d.txt", "names");
        Directory.CreateDirectory(Path.Combine(Volume, "nothing in it"));
        var random = new byte[3_000_000];
        new Random(1).NextBytes(random);
        File.WriteAllBytes(Path.Combine(Volume, "large"), random);
        var time = new DateTime(2011, 11, 11, 11, 11, 11, DateTimeKind.Utc).AddTicks(1_234_567);
        File.SetLastWriteTimeUtc(Path.Combine(Volume, "a.txt"), time);
        Directory.SetLastWriteTimeUtc(Path.Combine(Volume, "sub"), time);
        BackUp();

        Directory.Delete(Path.Combine(Volume, "sub"), recursive: true);
        Write("a.txt", "changed");
        Write("new", "new");
        var report = Restore();
        Assert.True(report.Complete, string.Join("\n", report.Warnings));
        Assert.Equal("one", Read("a.txt"));
        Assert.Equal("two", Read("sub/deeper/b.txt"));
        Assert.Equal("", Read("empty"));
        Assert.Equal("names", Read("\u00fcml\u00e4ut \u4e2d.txt"));
        Assert.Equal(random, File.ReadAllBytes(Path.Combine(Volume, "large")));
        Assert.True(Directory.Exists(Path.Combine(Volume, "nothing in it")));
        Assert.False(File.Exists(Path.Combine(Volume, "new")));
        Assert.Equal(time, File.GetLastWriteTimeUtc(Path.Combine(Volume, "a.txt")));
        Assert.Equal(time, Directory.GetLastWriteTimeUtc(Path.Combine(Volume, "sub")));
        Assert.All(BackupTar.Test(Archive), r => Assert.True(r.Passed, string.Join("\n", r.Errors)));
    }

    [Fact]
    public void Long_paths_come_back()
    {
        string part = new('n', 100);
        string deep = string.Join('/', Enumerable.Repeat(part, 6)) + "/file.txt";
        Write(deep, "deep");
        BackUp();
        Directory.Delete(Path.Combine(Volume, part), recursive: true);
        Restore();
        Assert.Equal("deep", Read(deep));
    }

    [Fact]
    public void A_file_that_may_not_be_written_comes_back_as_one()
    {
        Write("locked", "content");
        var path = Path.Combine(Volume, "locked");
        File.SetAttributes(path, FileAttributes.ReadOnly);
        BackUp();
        File.SetAttributes(path, FileAttributes.Normal);
        File.WriteAllText(path, "changed");
        Restore();
        Assert.Equal("content", File.ReadAllText(path));
        Assert.True(File.GetAttributes(path).HasFlag(FileAttributes.ReadOnly));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_file_that_may_not_be_written_is_replaced(bool inPlace)
    {
        Write("locked", "content");
        BackUp();
        File.WriteAllText(folder["volume", "locked"], "changed");
        File.SetAttributes(folder["volume", "locked"], FileAttributes.ReadOnly);
        BackupTar.Restore(Archive, Config, new RestoreOptions { InPlace = inPlace });
        Assert.Equal("content", Read("locked"));
        Assert.False(File.GetAttributes(folder["volume", "locked"]).HasFlag(FileAttributes.ReadOnly));
        File.SetAttributes(folder["volume", "locked"], FileAttributes.ReadOnly);
        BackupTar.Restore(Archive, Config, new RestoreOptions { Include = ["locked"] });
        Assert.Equal("content", Read("locked"));
    }

    [Theory]
    [InlineData("file:stream")]
    [InlineData("back\\slash")]
    [InlineData("..\\up")]
    public void A_name_that_Windows_reserves_is_refused_there_before_anything_is_written(string name)
    {
        Write("old", "old");
        File.WriteAllBytes(Archive, new ArchiveForge("p").Volume(Volume).File("fine").File(name).NativeManifest().ToArray());
        if (PlatformFileSystem.Current.Traits.HasReservedNames)
        {
            Assert.Equal(BackupError.UnsafeEntry, Assert.Throws<BackupException>(() => Restore()).Error);
            Assert.Equal("old", Read("old"));
            Assert.Single(Directory.GetFileSystemEntries(Volume));
            BackupTar.Restore(Archive, Config, new RestoreOptions { Exclude = [name.Split('/')[0].Replace("\\", "[\\]")] });
        }
        else
        {
            Restore();
            Assert.Equal("content", Read(name));
        }

        Assert.Equal("content", Read("fine"));
    }

    [Theory]
    [InlineData("con")]
    [InlineData("sub/COM1.txt")]
    [InlineData("trailing.")]
    [InlineData("trailing /file")]
    public void A_name_that_Windows_takes_for_another_comes_back_and_is_saved(string name)
    {
        File.WriteAllBytes(Archive, new ArchiveForge("p").Volume(Volume).File("fine").File(name).NativeManifest().ToArray());
        Restore();
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal("content", File.ReadAllText(Native(name)));
            BackUp();
            File.WriteAllText(Native(name), "changed");
            BackupTar.Restore(Archive, Config, new RestoreOptions { InPlace = i == 1 });
        }
    }

    [Fact]
    public void Entries_that_cannot_be_here_are_all_named_or_left_out()
    {
        bool isChoosy = PlatformFileSystem.Current.Traits.HasReservedNames;
        Write("old", "old");
        File.WriteAllBytes(Archive, new ArchiveForge("p").Volume(Volume)
            .File("fine").File("a:b").Directory("d?").File("d?/inner").HardLink("linked", "a:b").HardLink("again", "linked").NativeManifest().ToArray());
        if (isChoosy)
        {
            var e = Assert.Throws<BackupException>(() => Restore());
            Assert.Equal(BackupError.UnsafeEntry, e.Error);
            Assert.All(new[] { "a:b", "d?", "d?/inner" }, name => Assert.Contains($"'{name}'", e.Message, StringComparison.Ordinal));
            Assert.Equal("old", Read("old"));
        }

        foreach (var options in new RestoreOptions[] { new(), new() { InPlace = true }, new() { Include = ["**"] } })
        {
            var report = BackupTar.Restore(Archive, Config, options with { SkipUnfit = true }).Single();
            Assert.Equal(!isChoosy, report.Complete);
            Assert.Equal("content", Read("fine"));
            Assert.Equal("content", Read("linked"));
            Assert.Equal("content", Read("again"));
            if (isChoosy)
            {
                var notice = Assert.Single(report.Warnings);
                Assert.Equal(BackupError.NotKept, notice.Kind);
                Assert.Contains("'a:b'", notice.Message, StringComparison.Ordinal);
                Assert.Equal(["again", "fine", "linked"], Directory.EnumerateFileSystemEntries(Volume).Select(Path.GetFileName).Order());
                Assert.Equal(options.Include.Count > 0 ? 3 : 4, report.Entries);
            }
        }
    }

    [Theory]
    [InlineData("Readme", "README")]
    [InlineData("sub/file", "SUB/other")]
    [InlineData("\u00e9t\u00e9/a", "\u00c9T\u00c9/A")]
    public void Names_that_differ_in_case_only_are_refused_where_one_would_be_lost(string first, string second)
    {
        Write("old", "old");
        File.WriteAllBytes(Archive, new ArchiveForge("p").Volume(Volume).File("ab/x").File("a").File(first).File(second).NativeManifest().ToArray());
        if (PlatformFileSystem.Current.Traits.IsCaseSensitive)
        {
            Restore();
            Assert.Equal("content", Read(first));
            Assert.Equal("content", Read(second));
        }
        else
        {
            Assert.Equal(BackupError.UnsafeEntry, Assert.Throws<BackupException>(() => Restore()).Error);
            Assert.Equal("old", Read("old"));
        }
    }

    [Fact]
    public void Spelling_of_a_drive_path_does_not_matter()
    {
        Assert.SkipUnless(OperatingSystem.IsWindows(), "Drives are of Windows.");
        Write("sub/a.txt", "one");
        string archive = folder["volume", "inside.tar"];
        BackupTar.Initialize(archive);
        string target = Volume.Replace('\\', '/').ToUpperInvariant();
        var config = new VolumeConfig { Prefix = "p", Volumes = [new VolumeSpec { Target = target }] };
        Assert.True(BackupTar.Backup(archive, config).Complete);
        Write("sub/a.txt", "changed");
        Assert.True(BackupTar.Restore(archive, config).Single().Complete);
        Assert.Equal("one", Read("sub/a.txt"));
        Assert.Single(BackupTar.List(archive));
        Assert.Equal(target.Replace('/', '\\'), BackupTar.List(archive).Single().Target);
        Assert.True(BackupTar.Restore(archive, Config).Single().Complete);
    }

    [Fact]
    public void A_file_volume_comes_back()
    {
        Write("single.txt", "content");
        string path = Path.Combine(Volume, "single.txt");
        BackupTar.Initialize(Archive);
        var config = new VolumeConfig { Prefix = "p", Volumes = [new VolumeSpec { Target = path }] };
        BackupTar.Backup(Archive, config);
        File.WriteAllText(path, "changed");
        BackupTar.Restore(Archive, config);
        Assert.Equal("content", File.ReadAllText(path));
    }

    [Fact]
    public void A_second_writer_is_turned_away_and_readers_are_not()
    {
        Write("a", "1");
        BackUp();
        using var reader = File.Open(Archive, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var writer = Snapshotter.Engine.Archive.ArchiveFile.OpenWrite(
            PlatformFileSystem.Current, Archive, TimeSpan.Zero, default);
        Assert.Equal(BackupError.ArchiveLocked, Assert.Throws<BackupException>(BackUp).Error);
        Assert.Single(BackupTar.List(Archive));
        Assert.NotEqual(-1, reader.ReadByte());
    }

    [Fact]
    public void Bad_archives_are_refused()
    {
        Write("a", "1");
        Assert.Equal(BackupError.ArchiveNotFound, Assert.Throws<BackupException>(() => BackupTar.List(Archive)).Error);
        File.WriteAllText(Archive, "");
        Assert.Equal(BackupError.ArchiveEmpty, Assert.Throws<BackupException>(() => BackupTar.List(Archive)).Error);
        File.WriteAllText(Archive, new string('x', 5000));
        Assert.Equal(BackupError.ArchiveInvalid, Assert.Throws<BackupException>(() => BackupTar.List(Archive)).Error);
    }

    private void BackUp()
    {
        if (!File.Exists(Archive))
        {
            BackupTar.Initialize(Archive);
        }

        Assert.True(BackupTar.Backup(Archive, Config).Complete);
    }

    private VolumeReport Restore() => BackupTar.Restore(Archive, Config).Single();

    private VolumeConfig Config => new() { Prefix = "p", Volumes = [new VolumeSpec { Target = Volume }] };

    private void Write(string name, string content)
    {
        string path = Path.Combine(Volume, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }

    private string Native(string name) => Snapshotter.Engine.FileSystem.Portable.PortablePath.ToNative(Path.Combine(Volume, name.Replace('/', Path.DirectorySeparatorChar)));

    private string Read(string name) => File.ReadAllText(Path.Combine(Volume, name));
}
