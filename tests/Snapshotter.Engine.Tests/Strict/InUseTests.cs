using Snapshotter.Engine.Config;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Restoring;
using Snapshotter.Engine.Retention;
using Snapshotter.Engine.Saving;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.Strict;

/// <summary>
/// What other programs have open, and what is read-only, as Windows has it: on Windows itself, and elsewhere on the strict file
/// system.
/// </summary>
[OnWindowsToo]
public sealed class InUseTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly StrictFileSystem? strict = StrictRun.BeginOrPatient();

    private string Archive => folder["backup.tar"];

    private string Volume => folder["volume"];

    private VolumeConfig Config => new() { Prefix = "p", Volumes = [new VolumeSpec { Target = "/volume", Source = Volume }] };

    public void Dispose() => folder.Dispose();

    public static TheoryData<bool, string> Places => new()
    {
        { false, "b" },
        { false, "sub/deeper/b" },
        { true, "b" },
        { true, "sub/deeper/b" },
    };

    [Theory(Skip = Wine.IsKind, SkipType = typeof(Wine), SkipWhen = nameof(Wine.IsRunning))]
    [MemberData(nameof(Places))]
    public void An_open_file_is_found_before_anything_is_touched(bool inPlace, string name)
    {
        BackUpAndChange();
        string[] before = Everything();
        using (Hold(name, FileShare.ReadWrite))
        {
            var e = Assert.Throws<BackupException>(() => Restore(new RestoreOptions { InPlace = inPlace }));
            Assert.Equal(BackupError.VolumeNotWritable, e.Error);
            Assert.Contains(Path.GetFileName(name), e.Message, StringComparison.Ordinal);
        }

        Assert.Equal(before, Everything());
        Assert.True(Restore(new RestoreOptions { InPlace = inPlace }).Complete);
        Assert.Equal("saved", Read(name));
    }

    [Fact(Skip = Wine.IsKind, SkipType = typeof(Wine), SkipWhen = nameof(Wine.IsRunning))]
    public void An_open_file_does_not_keep_others_from_their_places()
    {
        BackUpAndChange();
        VolumeReport report;
        using (Hold("sub/deeper/b", FileShare.ReadWrite))
        {
            report = Restore(new RestoreOptions { Include = ["**"] });
        }

        Assert.False(report.Complete);
        var notice = Assert.Single(report.Warnings);
        Assert.Equal(BackupError.NotKept, notice.Kind);
        Assert.EndsWith("b", notice.Path, StringComparison.Ordinal);
        Assert.Equal("changed", Read("sub/deeper/b"));
        Assert.Equal(["saved", "saved", "saved"], new[] { "a", "b", "sub/c" }.Select(Read));
        Assert.DoesNotContain(Everything(), line => line.Contains(".snapshotter", StringComparison.Ordinal));
        Assert.True(Restore(new RestoreOptions { Include = ["**"] }).Complete);
        Assert.Equal("saved", Read("sub/deeper/b"));
    }

    [Theory]
    [InlineData("staged")]
    [InlineData("in place")]
    [InlineData("over")]
    public async Task What_is_open_for_a_moment_is_waited_for(string way)
    {
        BackUpAndChange();
        var held = Hold("b", FileShare.None);
        var closing = Task.Delay(150, TestContext.Current.CancellationToken).ContinueWith(_ => held.Dispose(), TaskScheduler.Default);
        var report = Restore(new RestoreOptions { InPlace = way == "in place", Include = way == "over" ? ["**"] : [] });
        await closing;
        Assert.True(report.Complete, string.Join('\n', report.Warnings));
        Assert.Equal("saved", Read("b"));
    }

    [Fact(Skip = StrictRun.Only, SkipType = typeof(StrictRun), SkipWhen = nameof(StrictRun.IsImpossible))]
    public void Others_that_look_at_everything_do_not_matter()
    {
        BackUpAndChange();
        strict!.BeginScanning(seed: 7, likelihood: 0.3);
        foreach (var options in new RestoreOptions[] { new(), new() { InPlace = true }, new() { Include = ["**"] } })
        {
            Assert.True(Restore(options).Complete);
            Assert.Equal("saved", Read("sub/deeper/b"));
            Assert.True(BackupTar.Backup(Archive, Config).Complete);
        }

        Assert.InRange(strict.Refusals, 10, int.MaxValue);
        Assert.Equal(3, BackupTar.PlanOptimize(Archive, new OptimizeOptions { Keep = new RetentionPolicy { Last = 1 } }).Execute().Removed.Count);
    }

    [Fact(Skip = StrictRun.Only, SkipType = typeof(StrictRun), SkipWhen = nameof(StrictRun.IsImpossible))]
    public void What_is_opened_in_the_middle_of_the_exchange_is_put_back()
    {
        BackUpAndChange();
        string[] before = Everything();
        IDisposable? held = null;
        strict!.BeforeRename = path =>
        {
            if (Path.GetFileName(path) == "a" && !path.Contains(".snapshotter", StringComparison.Ordinal))
            {
                held ??= strict.OpenElsewhere(folder["volume", "sub", "c"], FileShare.ReadWrite | FileShare.Delete);
            }
        };
        Assert.Equal(BackupError.VolumeNotWritable, Assert.Throws<BackupException>(() => Restore(new RestoreOptions())).Error);
        Assert.NotNull(held);
        Assert.Equal(before, Everything());
        strict.BeforeRename = null;
        held.Dispose();
        Assert.True(Restore(new RestoreOptions()).Complete);
    }

    [Theory]
    [InlineData("staged")]
    [InlineData("in place")]
    [InlineData("over")]
    public void What_is_read_only_is_replaced_and_removed(string way)
    {
        BackUpAndChange();
        File.WriteAllText(folder["volume", "sub", "new"], "new");
        foreach (string name in new[] { "a", "sub/c", "sub/new" })
        {
            File.SetAttributes(folder["volume", name], FileAttributes.ReadOnly);
        }

        MakeReadOnly(folder["volume", "sub"]);
        MakeReadOnly(folder["volume", "sub", "deeper"]);
        var report = Restore(new RestoreOptions { InPlace = way == "in place", Include = way == "over" ? ["**"] : [] });
        Assert.True(report.Complete, string.Join('\n', report.Warnings));
        Assert.Equal(["saved", "saved", "saved"], new[] { "a", "sub/c", "sub/deeper/b" }.Select(Read));
        Assert.Equal(way == "over", File.Exists(folder["volume", "sub", "new"]));
        Assert.False(File.GetAttributes(folder["volume", "a"]).HasFlag(FileAttributes.ReadOnly));
        Assert.DoesNotContain(Everything(), line => line.Contains(".snapshotter", StringComparison.Ordinal));
    }

    [Fact(Skip = Wine.IsKind, SkipType = typeof(Wine), SkipWhen = nameof(Wine.IsRunning))]
    public void What_is_read_only_is_so_again_when_it_could_not_be_removed()
    {
        folder.WriteFile("volume/full/file", "");
        folder.WriteFile("volume/held", "");
        MakeReadOnly(folder["volume", "full"]);
        File.SetAttributes(folder["volume", "held"], FileAttributes.ReadOnly);
        using var volume = PlatformFileSystem.Current.OpenDirectory(Volume);
        using (Hold("held", FileShare.Read))
        {
            Assert.Equal(FileError.NotEmpty, Assert.Throws<FileSystemException>(() => volume.RemoveDirectory("full"u8)).Error);
            Assert.Equal(FileError.InUse, Assert.Throws<FileSystemException>(() => volume.RemoveFile("held"u8)).Error);
        }

        Assert.True(volume.TryGetStatus("full"u8, out var full) && full.IsReadOnly);
        Assert.True(volume.TryGetStatus("held"u8, out var held) && held.IsReadOnly);
    }

    [Fact(Skip = Wine.IsKind, SkipType = typeof(Wine), SkipWhen = nameof(Wine.IsRunning))]
    public async Task An_archive_that_another_program_holds_is_locked_and_waited_for()
    {
        BackUpAndChange();
        var held = Hold(Archive, FileShare.None);
        Assert.Equal(BackupError.ArchiveLocked, Assert.Throws<BackupException>(() => BackupTar.Backup(Archive, Config)).Error);
        Assert.Equal(BackupError.ArchiveLocked, Assert.Throws<BackupException>(() => BackupTar.List(Archive)).Error);
        Assert.Equal(BackupError.ArchiveLocked, Assert.Throws<BackupException>(() => Restore(new RestoreOptions())).Error);
        var closing = Task.Delay(500, TestContext.Current.CancellationToken).ContinueWith(_ => held.Dispose(), TaskScheduler.Default);
        Assert.True(BackupTar.Backup(Archive, Config, new BackupOptions { Wait = TimeSpan.FromMinutes(1) }).Complete);
        await closing;
        Assert.Equal(2, BackupTar.List(Archive).Count);
    }

    [Theory(Skip = Wine.IsKind, SkipType = typeof(Wine), SkipWhen = nameof(Wine.IsRunning))]
    [InlineData(true)]
    [InlineData(false)]
    public void An_archive_that_another_program_has_open_is_not_replaced_and_stays_as_it_was(bool replacesOpenFiles)
    {
        var other = strict is null ? null : StrictRun.Begin(replacesOpenFiles: replacesOpenFiles);
        BackUpAndChange();
        BackupTar.Backup(Archive, Config);
        byte[] before = File.ReadAllBytes(Archive);
        var options = new OptimizeOptions { Keep = new RetentionPolicy { Last = 1 } };
        using (Hold(Archive, FileShare.ReadWrite, other))
        {
            var e = Assert.Throws<BackupException>(() => BackupTar.PlanOptimize(Archive, options).Execute());
            Assert.Equal(BackupError.ArchiveLocked, e.Error);
        }

        Assert.Equal(before, File.ReadAllBytes(Archive));
        Assert.Equal(["backup.tar", "volume"], Directory.EnumerateFileSystemEntries(folder.Path).Select(Path.GetFileName).Order());
        Assert.Single(BackupTar.PlanOptimize(Archive, options).Execute().Removed);
        Assert.Equal([2], BackupTar.List(Archive).Select(v => v.Generation));
        Assert.Equal(["backup.tar", "volume"], Directory.EnumerateFileSystemEntries(folder.Path).Select(Path.GetFileName).Order());
    }

    [Theory(Skip = StrictRun.Only, SkipType = typeof(StrictRun), SkipWhen = nameof(StrictRun.IsImpossible))]
    [InlineData("staged")]
    [InlineData("in place")]
    [InlineData("over")]
    public void Links_of_other_platforms_are_made_when_what_they_lead_to_is_there(string way)
    {
        folder.CreateFolder("volume");
        var forge = new Snapshotter.Fuzz.ArchiveForge("p").Volume("/volume").SymbolicLink("a", "z").HardLink("again", "a").Directory("d")
            .SymbolicLink("d/up", "../z").SymbolicLink("b", "d/up").SymbolicLink("nowhere", "missing").Directory("z").File("z/file").SymbolicLink("to file", "z/file");
        File.WriteAllBytes(Archive, forge.NativeManifest().ToArray());
        var report = Restore(new RestoreOptions { InPlace = way == "in place", Include = way == "over" ? ["**"] : [] });
        Assert.True(report.Complete, string.Join('\n', report.Warnings));
        Assert.Equal(
            [("../z", LinkKind.Directory), ("d/up", LinkKind.Directory), ("missing", LinkKind.Unknown), ("z", LinkKind.Directory), ("z/file", LinkKind.File)],
            strict!.LinksMade.Select(pair => (pair.Key, pair.Value)).OrderBy(pair => pair.Key, StringComparer.Ordinal));
        Assert.Equal("content", File.ReadAllText(folder["volume", "a", "file"]));
        Assert.Equal("content", File.ReadAllText(folder["volume", "again", "file"]));
        Assert.Equal("content", File.ReadAllText(folder["volume", "d", "up", "file"]));
        Assert.Equal("content", File.ReadAllText(folder["volume", "to file"]));
    }

    private void BackUpAndChange()
    {
        string[] names = ["a", "b", "sub/c", "sub/deeper/b"];
        foreach (string name in names)
        {
            folder.WriteFile($"volume/{name}", "saved");
        }

        BackupTar.Initialize(Archive);
        Assert.True(BackupTar.Backup(Archive, Config).Complete);
        foreach (string name in names)
        {
            folder.WriteFile($"volume/{name}", "changed");
        }
    }

    private IDisposable Hold(string name, FileShare share, StrictFileSystem? on = null)
    {
        string path = Path.GetFullPath(Path.Combine(Volume, name));
        return (on ?? strict)?.OpenElsewhere(path, share) ?? File.Open(path, FileMode.Open, FileAccess.Read, share);
    }

    private void MakeReadOnly(string path)
    {
        if (strict is not null)
        {
            strict.MakeReadOnly(path);
        }
        else
        {
            File.SetAttributes(path, FileAttributes.ReadOnly);
        }
    }

    private string[] Everything() => [.. Directory.EnumerateFileSystemEntries(Volume, "*", SearchOption.AllDirectories)
        .Order(StringComparer.Ordinal).Select(path => $"{path} {(File.Exists(path) ? File.ReadAllText(path) : "")} {File.GetLastWriteTimeUtc(path):O}")];

    private VolumeReport Restore(RestoreOptions options) => BackupTar.Restore(Archive, Config, options).Single();

    private string Read(string name) => File.ReadAllText(Path.Combine(Volume, name));
}
