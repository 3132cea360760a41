using System.Collections.Concurrent;
using System.Globalization;
using Snapshotter.Engine.Config;
using Snapshotter.Engine.Jobs;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Restoring;
using Snapshotter.Engine.Retention;
using Snapshotter.Engine.Saving;
using Snapshotter.Engine.Tests.Support;
using Snapshotter.Fuzz;

namespace Snapshotter.Engine.Tests.Readers;

/// <summary>
/// Readers on a real file system beside a writer that makes one backup after the other and beside one that removes old
/// generations: locks belong to open files, so threads stand for processes. With SNAPSHOTTER_READERS=SECONDS for longer.
/// </summary>
public sealed class BusyArchiveTests(ITestOutputHelper output) : IDisposable
{
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(
        int.TryParse(Environment.GetEnvironmentVariable("SNAPSHOTTER_READERS"), CultureInfo.InvariantCulture, out int seconds) ? seconds : 6);

    private readonly TempFolder folder = new();
    private readonly ConcurrentQueue<string> disturbed = new();
    private readonly ConcurrentDictionary<string, int> rounds = new();

    private string Archive => folder["backup.tar"];

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Readers_are_never_disturbed()
    {
        for (int i = 0; i < 20; i++)
        {
            folder.WriteFile($"volume/{i}", new string('x', 4000 * i));
        }

        string expected = TreeDigest.Of(folder["volume"]);
        var config = new VolumeConfig { Prefix = "p", Volumes = [new VolumeSpec { Target = folder["volume"] }] };
        BackupTar.Initialize(Archive);
        BackupTar.Backup(Archive, config);

        using var end = new CancellationTokenSource(Time);
        var options = new BackupOptions { Durable = false, Wait = TimeSpan.FromMinutes(1) };
        Thread[] threads =
        [
            Start("backup", end: end.Token, round: () => BackupTar.Backup(Archive, config, options)),
            Start("remove", end: end.Token, round: () =>
            {
                Thread.Sleep(100);
                BackupTar.PlanOptimize(Archive, new OptimizeOptions
                {
                    Keep = new RetentionPolicy { Last = 2 }, Durable = false, Wait = TimeSpan.FromMinutes(1),
                }).Execute();
            }),
            Start("list", end: end.Token, round: () =>
            {
                var rows = BackupTar.List(Archive);
                Assert.NotEmpty(rows);
                Assert.Equal(rows.Count, rows.Select(r => r.Generation).Distinct().Count());
            }),
            Start("entries", end: end.Token, round: () => Assert.Equal(21, BackupTar.ListEntries(Archive, new ListOptions { Newest = true }).Count(e => e.Target.Length > 0))),
            Start("test", end: end.Token, round: () => Assert.All(
                BackupTar.Test(Archive, new ListOptions { Newest = true }),
                r => Assert.True(r.Passed, string.Join("; ", r.Errors.Select(e => e.Message))))),
            Start("restore", end: end.Token, round: () =>
            {
                string target = folder["restored"];
                var report = BackupTar.Restore(
                    Archive, new VolumeConfig { Prefix = "p" }, new RestoreOptions { Destination = target, Durable = false });
                Assert.Single(report);
                Assert.Equal(expected, TreeDigest.Of(target + folder["volume"]));
            }),
        ];
        foreach (var thread in threads)
        {
            thread.Join();
        }

        output.WriteLine(string.Join(", ", rounds.Select(r => $"{r.Value} times {r.Key}")));
        Assert.True(disturbed.IsEmpty, $"{disturbed.Count} were disturbed:\n{string.Join("\n", disturbed.Take(10))}");
        Assert.Equal(threads.Length, rounds.Count);
        Assert.All(BackupTar.Test(Archive), r => Assert.True(r.Passed));
    }

    private Thread Start(string name, Action round, CancellationToken end)
    {
        var thread = new Thread(() =>
        {
            while (!end.IsCancellationRequested)
            {
                try
                {
                    round();
                }
                catch (BackupException e) when (name == "restore" && e.Error == BackupError.GenerationNotFound)
                {
                    // Planned, and removed before it began: that is told, and nothing was touched.
                    continue;
                }
                catch (Exception e)
                {
                    disturbed.Enqueue($"{name}: {(e as BackupException)?.Error} {e.GetType().Name}: {e.Message}");
                }

                rounds.AddOrUpdate(name, 1, (_, count) => count + 1);
            }
        });
        thread.Start();
        return thread;
    }
}
