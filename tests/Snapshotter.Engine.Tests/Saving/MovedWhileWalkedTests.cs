using Snapshotter.Engine.Config;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Saving;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.Saving;

/// <summary>What is moved past a walk is missed; what merely comes and goes makes no backup incomplete.</summary>
public class MovedWhileWalkedTests : IDisposable
{
    private readonly TempFolder folder = new();
    private int moved;

    public MovedWhileWalkedTests()
    {
        folder.WriteFile("volume/a/one", "1");
        folder.WriteFile("volume/a/deep/two", "2");
        folder.WriteFile("volume/m/three", "3");
        folder.WriteFile("volume/z/precious", "precious");
        folder.WriteFile("volume/z/sub/precious", "precious");

        // As if they had been there for a while: a change just before a backup may be part of one that goes on.
        Tool.Bash(folder.Path, "sleep 0.2").Succeeds();
    }

    private string Archive => folder["backup.tar"];

    public void Dispose()
    {
        folder.Dispose();
        GC.SuppressFinalize(this);
    }

    [Theory]
    [InlineData("z/precious", "a/precious")]
    [InlineData("z/precious", "a/deep/precious")]
    [InlineData("z/precious", "precious")]
    [InlineData("z/sub", "a/sub")]
    [InlineData("z/sub", "a/deep/sub")]
    public void What_is_moved_to_where_was_looked_already_is_reported(string from, string to)
    {
        var report = BackUp("z", () => Move(from, to));
        Assert.False(report.Complete);
        var warning = Assert.Single(report.Volumes[0].Warnings);
        Assert.Equal(BackupError.FileChanged, warning.Kind);
        Assert.Equal(Path.GetDirectoryName(folder["volume", to]), warning.Path);
    }

    [Fact]
    public void What_is_moved_into_a_new_folder_is_reported()
    {
        var report = BackUp("z", () =>
        {
            folder.CreateFolder("volume", "a", "new");
            Move("z/precious", "a/new/precious");
        });
        Assert.False(report.Complete);
        Assert.Contains(report.Volumes[0].Warnings, warning => warning.Path == folder["volume", "a"]);
    }

    [Fact]
    public void What_is_moved_to_where_will_be_looked_is_saved()
    {
        var report = BackUp("m", () => Move("a/one", "z/one"));
        Assert.True(report.Complete || Names().Contains("z/one"));
        Assert.Contains("z/one", Names());
    }

    [Fact]
    public void Files_that_come_and_go_are_no_loss()
    {
        var report = BackUp("z", () =>
        {
            folder.WriteFile("volume/a/deep/new", "new");
            File.Delete(folder["volume", "m", "three"]);
        });
        Assert.DoesNotContain(report.Volumes[0].Warnings, warning => Directory.Exists(warning.Path));
        Assert.Contains("z/precious", Names());
    }

    [Fact]
    public void A_busy_folder_alone_is_no_loss()
    {
        int number = 0;
        var report = Run(moment =>
        {
            if (moment.Operation == "List" && moment.Directory.StartsWith(folder["volume"], StringComparison.Ordinal))
            {
                // Before and after it is listed; the one that is being listed is left in peace.
                if (moment.Directory != folder["volume", "a"])
                {
                    folder.WriteFile($"volume/a/temporary{number++}", "");
                }
            }
        });
        Assert.True(number > 3);
        Assert.True(report.Complete, string.Join("\n", report.Volumes[0].Warnings));
    }

    [Fact]
    public void A_folder_whose_names_change_under_the_listing_is_listed_again()
    {
        bool isListed = false;
        var report = Run(moment =>
        {
            if (moment.Directory == folder["volume", "z"])
            {
                // Between the listing and the look at the times behind it.
                if (isListed && moment.Operation == "GetStatus" && Interlocked.Exchange(ref moved, 1) == 0)
                {
                    Move("z/precious", "z/0-precious");
                }

                isListed |= moment.Operation == "List";
            }
        });
        Assert.True(report.Complete, string.Join("\n", report.Volumes[0].Warnings));
        Assert.Contains("z/0-precious", Names());
    }

    [Fact]
    public void A_folder_that_never_stays_the_same_is_reported()
    {
        int number = 0;
        var report = Run(moment =>
        {
            if (moment.Directory == folder["volume", "z"] && moment.Operation == "GetStatus")
            {
                Move(number % 2 == 0 ? "z/precious" : "z/other", number++ % 2 == 0 ? "z/other" : "z/precious");
                Thread.Sleep(15);
            }
        });
        Assert.False(report.Complete);
        Assert.Contains(report.Volumes[0].Warnings, warning => warning.Kind == BackupError.FileChanged && warning.Path == folder["volume", "z"]);
    }

    private BackupReport BackUp(string beforeListing, Action interfere) => Run(moment =>
    {
        if (moment.Operation == "List" && moment.Directory == folder["volume", beforeListing] && Interlocked.Exchange(ref moved, 1) == 0)
        {
            interfere();
        }
    });

    private BackupReport Run(Action<Moment> before)
    {
        BackupTar.Initialize(Archive);
        var config = new VolumeConfig { Prefix = "p", Volumes = [new VolumeSpec { Target = folder["volume"] }] };
        return new VolumeBackup(
            new RacingFileSystem(PlatformFileSystem.Current, before), config, new BackupOptions { Durable = false }, SilentReporter.Instance)
            .Run(Archive, default);
    }

    private List<string> Names() => [.. BackupTar.ListEntries(Archive).Select(entry => entry.Path)];

    private void Move(string from, string to) => Directory.Move(folder["volume", from], folder["volume", to]);
}
