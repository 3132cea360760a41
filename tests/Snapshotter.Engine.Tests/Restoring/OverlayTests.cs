using Snapshotter.Engine.Config;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Restoring;
using Snapshotter.Engine.Tests.FileSystem;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.Restoring;

/// <summary>Where a directory cannot be renamed (EXDEV), as one of a lower layer of an overlay, it is copied and removed.</summary>
public sealed class OverlayTests : IDisposable
{
    private const string Tree = "mkdir -p v/d/e v/empty v/one; echo old > v/d/e/f; ln v/d/e/f v/d/second; ln -s f v/d/e/link; mkfifo v/d/fifo; "
        + "truncate -s 1M v/d/sparse; echo end >> v/d/sparse; chmod 751 v/d; touch -d 2019-01-02 v/d/e v/d v/d/e/f; echo old > v/top";

    private const string Look = "find . -type d -printf '%P %m %U:%G %T@\\n' -o -printf '%P %y %m %U:%G %s %n %l %T@\\n' | sort; cat d/e/f top";

    private readonly TempFolder folder = new();

    private string Archive => folder["backup.tar"];

    public void Dispose() => folder.Dispose();

    public static TheoryData<RestoreOptions> Ways => [new RestoreOptions(), new RestoreOptions { InPlace = true }, new RestoreOptions { Include = ["**"] }];

    [Theory]
    [MemberData(nameof(Ways))]
    public void What_stands_in_the_lower_layer_is_replaced(RestoreOptions options)
    {
        using var overlay = MountedFolder.Overlay(Tree);
        Replace(overlay.FullPath + "/v", options);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void What_stands_on_another_branch_of_a_union_is_replaced(RestoreOptions options)
    {
        using var union = MountedFolder.Branches(Tree);
        Replace(union.FullPath + "/v", options);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void What_stands_on_a_read_only_branch_of_a_union_is_replaced(RestoreOptions options)
    {
        // It keeps neither hard links nor all metadata of what it copies.
        using var union = MountedFolder.CopyOnWrite("mkdir -p v/d/e; echo old > v/d/e/f; echo old > v/top");
        Replace(union.FullPath + "/v", options, isExact: false);
    }

    [Fact]
    public void When_it_cannot_be_copied_away_all_of_it_is_put_back()
    {
        using var union = MountedFolder.Branches(Tree.Replace("ln v/d/e/f v/d/second; ", "", StringComparison.Ordinal));
        CannotMove(union.FullPath + "/v", union.Parent + "/second/v");
    }

    [Fact]
    public void When_it_cannot_be_moved_away_all_of_it_is_put_back()
    {
        using var overlay = MountedFolder.Overlay(Tree);
        CannotMove(overlay.FullPath + "/v", overlay.FullPath + "/v");
    }

    private void Replace(string volume, RestoreOptions options, bool isExact = true)
    {
        var config = BackUp(volume);
        string before = Tool.Bash(volume, Look).Output;
        Tool.Bash(volume, "echo new > d/new; echo new > d/e/f; rm -rf empty").Succeeds();
        var report = BackupTar.Restore(Archive, config, options).Single();
        Assert.True(report.Complete, string.Join("\n", report.Warnings));
        if (options.Include.Count == 0 && isExact)
        {
            Assert.Equal(before, Tool.Bash(volume, Look).Output);
        }
        Assert.Equal("old\n", File.ReadAllText(volume + "/d/e/f"));
        Assert.Equal(isExact, Directory.Exists(volume + "/empty"));
        Assert.Equal(options.Include.Count > 0, File.Exists(volume + "/d/new"));
        Assert.DoesNotContain(Directory.GetFileSystemEntries(volume), path => path.Contains(".snapshotter", StringComparison.Ordinal));
    }

    private VolumeConfig BackUp(string volume)
    {
        var config = new VolumeConfig { Prefix = "p", Volumes = [new VolumeSpec { Target = volume }] };
        BackupTar.Initialize(Archive);
        Assert.True(BackupTar.Backup(Archive, config).Complete);
        return config;
    }

    private void CannotMove(string volume, string real)
    {
        var config = BackUp(volume);
        Tool.Bash(volume, "echo new > top; touch -d 2019-01-03 top").Succeeds();
        Assert.SkipUnless(Tool.Bash(real, "chattr +i d/sparse").ExitCode == 0, "chattr does not work here.");
        try
        {
            string before = Tool.Bash(volume, Look).Output;
            Assert.Equal(BackupError.VolumeNotWritable, Assert.Throws<BackupException>(() => BackupTar.Restore(Archive, config)).Error);
            Assert.Equal(before, Tool.Bash(volume, Look).Output);
        }
        finally
        {
            Tool.Bash(real, "chattr -i d/sparse").Succeeds();
        }

        Assert.True(BackupTar.Restore(Archive, config).Single().Complete);
        Assert.Equal("old\n", File.ReadAllText(volume + "/top"));
    }
}
