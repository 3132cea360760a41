using Snapshotter.Engine.Config;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Restoring;
using Snapshotter.Engine.Saving;
using Snapshotter.Engine.Tests.Faults;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.Races;

/// <summary>
/// Whole backups and restores with somebody at work in the volume: each trick at moments all over the job. Whatever he does,
/// nothing outside is changed or saved, nothing fails but with an error of ours, and once he is gone a restore brings all back.
/// </summary>
public sealed class NeighbourTests(ITestOutputHelper output)
{
    private const string Archive = "/archives/backup.tar";
    private const int Moments = 40;

    public static TheoryData<string, string> Restores
    {
        get
        {
            var all = new TheoryData<string, string>();
            foreach (string trick in Neighbour.Tricks.Select(row => row.Data))
            {
                all.Add("plain", trick);
                all.Add("in place", trick);
                all.Add("include", trick);
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Restores))]
    public void A_restore_touches_nothing_outside(string mode, string trick)
    {
        var options = mode switch
        {
            "in place" => new RestoreOptions { InPlace = true },
            "include" => new RestoreOptions { Include = ["home"] },
            _ => new RestoreOptions(),
        };
        var start = Build();
        var saved = TreeSnapshot.Of(start, Neighbour.Volume);
        Change(start);
        Run(start, trick, (racing, _) => Restore(racing, options), (disk, what) =>
        {
            if (disk.MountPointsBelow("/").Count == 0)
            {
                Restore(disk, new RestoreOptions());
                Assert.True(saved.Equals(TreeSnapshot.Of(disk, Neighbour.Volume)), what + ": the next restore does not bring all back");
            }
        });
    }

    [Theory]
    [InlineData("home/again")]
    [InlineData("home")]
    public void What_is_made_while_the_old_is_out_gives_way(string made)
    {
        var disk = Build();
        var saved = TreeSnapshot.Of(disk, Neighbour.Volume);
        Change(disk);
        int times = 0;
        var racing = new RacingFileSystem(disk, moment =>
        {
            if (times == 0 && moment.Operation == "Rename" && !disk.TryGetStatus(Neighbour.Home, out _))
            {
                // A program that goes on in the volume and makes its folder if there is none.
                times++;
                disk.CreateDirectories($"{Neighbour.Volume}/{made}");
            }
        });
        Restore(racing, new RestoreOptions());
        Assert.Equal(1, times);
        Assert.True(saved.Equals(TreeSnapshot.Of(disk, Neighbour.Volume)));
    }

    [Theory]
    [MemberData(nameof(Neighbour.Tricks), MemberType = typeof(Neighbour))]
    public void A_backup_saves_nothing_from_outside(string trick)
    {
        var start = Build();
        Run(start, trick, (racing, _) => Backup(racing), (disk, what) =>
        {
            Assert.True(disk.ReadAllBytes(Archive).AsSpan().IndexOf(Neighbour.Secret) < 0, what + ": something outside was saved");
            if (disk.MountPointsBelow("/").Count == 0)
            {
                Backup(disk);
                var now = TreeSnapshot.Of(disk, Neighbour.Volume);
                Change(disk);
                Restore(disk, new RestoreOptions());
                Assert.True(now.Equals(TreeSnapshot.Of(disk, Neighbour.Volume)), what + ": the next backup does not hold all");
            }
        });
    }

    private static MemoryFileSystem Build()
    {
        var disk = Neighbour.Build();
        disk.CreateDirectories("/archives");
        BackupTarOn(disk);
        Backup(disk);
        return disk.Clone();

        static void BackupTarOn(MemoryFileSystem disk)
        {
            using var file = disk.OpenOrCreate(Archive);
            file.Write(new byte[1024], 0);
        }
    }

    /// <summary>Something to be put right by a restore.</summary>
    private static void Change(MemoryFileSystem disk)
    {
        using var home = disk.OpenDirectory(Neighbour.Volume);
        using var file = home.CreateFile("new"u8, 0x180);
    }

    private static VolumeConfig Config => new() { Prefix = "volumes", Volumes = [new VolumeSpec { Target = Neighbour.Volume }] };

    private static void Backup(IFileSystem fileSystem) =>
        new VolumeBackup(fileSystem, Config, new BackupOptions { Readers = 1 }, SilentReporter.Instance).Run(Archive, CancellationToken.None);

    private static void Restore(IFileSystem fileSystem, RestoreOptions options)
    {
        var restore = new VolumeRestore(fileSystem, Archive, Config, options with { Writers = 1 });
        Assert.NotEmpty(restore.Execute(restore.Plan(CancellationToken.None), SilentReporter.Instance, CancellationToken.None).ToList());
    }

    private void Run(MemoryFileSystem start, string trick, Action<IFileSystem, string> job, Action<MemoryFileSystem, string> check)
    {
        var counted = new RacingFileSystem(start.Clone(), _ => { });
        job(counted, "");
        var outcomes = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < Moments; i++)
        {
            int at = (int)((long)counted.Calls * i / Moments);
            var disk = start.Clone();
            var neighbour = new Neighbour(disk);
            var expected = neighbour.NotHis();
            var racing = new RacingFileSystem(disk, moment =>
            {
                if (moment.Number == at)
                {
                    neighbour.Play(trick);
                }
            });
            string outcome = "done";
            try
            {
                job(racing, trick);
            }
            catch (BackupException e)
            {
                outcome = e.Error.ToString();
            }

            outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
            string what = $"{trick}, before step {at} of {counted.Calls}, {outcome}";
            Assert.True(expected.Equals(neighbour.NotHis()), what + ": " + expected.Differences(neighbour.NotHis()));
            Assert.True(racing.Open == 0, $"{what}: {racing.Open} directories are still open");
            check(disk, what);
            Assert.True(expected.Equals(neighbour.NotHis()), what + ", afterwards: " + expected.Differences(neighbour.NotHis()));
        }

        output.WriteLine($"{trick}: {counted.Calls} steps, {string.Join(", ", outcomes.Select(o => $"{o.Key} {o.Value}"))}");
    }
}
