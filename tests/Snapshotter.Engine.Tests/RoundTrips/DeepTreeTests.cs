using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Config;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Patterns;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Restoring;
using Snapshotter.Engine.Saving;
using Snapshotter.Engine.Tar;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.RoundTrips;

/// <summary>What is saved can be restored; what an archive cannot hold is reported, each for itself.</summary>
public sealed class DeepTreeTests : IDisposable
{
    private readonly TempFolder folder = new();

    public DeepTreeTests()
    {
        folder.WriteFile("volume/beside", "beside");
    }

    private string Archive => folder["backup.tar"];

    private VolumeConfig Config => new() { Prefix = "p", Volumes = [new VolumeSpec { Target = folder["volume"] }] };

    public void Dispose() => folder.Dispose();

    [Fact]
    public void What_is_saved_of_a_tree_that_is_too_deep_can_be_restored()
    {
        Make("d", EntryNames.MaxDepth + 2);
        BackupTar.Initialize(Archive);
        var report = BackupTar.Backup(Archive, Config, new BackupOptions { Durable = false });
        Assert.False(report.Complete);
        Assert.Equal(BackupError.NotKept, Assert.Single(report.Volumes[0].Warnings).Kind);
        Assert.Equal(EntryNames.MaxDepth + 2, report.Volumes[0].Entries);
        Assert.All(BackupTar.Test(Archive), test => Assert.True(test.Passed, string.Join("\n", test.Errors)));
        var restored = BackupTar.Restore(Archive, Config, new RestoreOptions { Destination = folder["else"], Durable = false });
        Assert.Equal(BackupError.GenerationIncomplete, Assert.Single(Assert.Single(restored).Warnings).Kind);
        Assert.Equal("beside", File.ReadAllText(folder["else"] + folder["volume", "beside"]));
    }

    [Theory]
    [InlineData(EntryNames.MaxDepth - 1, 0)]
    [InlineData(EntryNames.MaxDepth, 1)]
    [InlineData(EntryNames.MaxDepth + 3, 1)]
    public void Levels_beyond_the_last_that_can_be_read_are_reported_once(int levels, int problems)
    {
        Make("d", levels);
        var tasks = Walk();
        Assert.Equal(problems, tasks.Count(task => task.IsNoticeOnly));
        Assert.All(tasks.Where(task => task.IsNoticeOnly), task => Assert.Equal(BackupError.NotKept, task.Notice!.Kind));
        Assert.Equal(1 - problems, tasks.Count(task => task.Name.Span.SequenceEqual("leaf"u8)));
        Assert.Equal(Math.Min(levels, EntryNames.MaxDepth), tasks.Count(task => task.Kind == FileKind.Directory));
    }

    [Fact]
    public void Paths_longer_than_any_that_can_be_read_are_reported_each()
    {
        Make(new string('n', 250), 4200);
        var tasks = Walk();
        Assert.Equal(BackupError.NotKept, Assert.Single(tasks, task => task.IsNoticeOnly).Notice!.Kind);
        Assert.Contains(tasks, task => task.Name.Span.SequenceEqual("beside"u8));
        Assert.All(tasks, task => Assert.True(task.Directory.LengthOf(task.Name.Span) <= TarLayout.MaxName + 1));
        Assert.InRange(tasks.Count(task => task.Kind == FileKind.Directory), 4170, 4180);
    }

    [Fact]
    public void Far_down_a_walk_takes_no_more_memory_for_a_level_than_its_name()
    {
        Make(new string('n', 200), 3000);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        var tasks = Walk();
        long taken = GC.GetTotalMemory(forceFullCollection: true) - before;
        GC.KeepAlive(tasks);
        Assert.InRange(taken, 0, 20_000_000);
    }

    [Fact]
    public void The_longest_prefix_can_be_read_back_and_a_longer_one_is_refused()
    {
        BackupTar.Initialize(Archive);
        BackupTar.Backup(Archive, Prefixed(4079));
        Assert.Equal(4079, Assert.Single(BackupTar.List(Archive)).Prefix.Length);
        Assert.Equal(BackupError.ConfigInvalid, Assert.Throws<BackupException>(() => BackupTar.Backup(Archive, Prefixed(4080))).Error);
    }

    private VolumeConfig Prefixed(int length) => new() { Prefix = new string('p', length), Volumes = Config.Volumes };

    private List<SaveTask> Walk()
    {
        var context = new SaveContext
        {
            FileSystem = PlatformFileSystem.Current,
            Checksum = ChecksumAlgorithm.None,
            ArchiveId = default,
            Exclude = GlobSet.Create([], caseSensitive: true),
        };
        var tasks = new List<SaveTask>();
        var root = new TreeDirectory(PlatformFileSystem.Current.OpenDirectory(folder["volume"]), "p/id"u8.ToArray());
        using var walker = new TreeWalker(context, [], tasks.Add);
        walker.Walk(root, default);
        root.Release();
        return tasks;
    }

    private void Make(string name, int levels) => Tool.Run(
        "python3", "-c",
        """
        import os, sys
        os.chdir(sys.argv[1])
        for n in range(int(sys.argv[3])): os.mkdir(sys.argv[2]); os.chdir(sys.argv[2])
        open('leaf', 'w').write('leaf')
        """,
        folder["volume"], name, $"{levels}").Succeeds();
}
