using System.Diagnostics;
using System.Globalization;
using Snapshotter.Engine;
using Snapshotter.Engine.Config;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Restoring;
using Snapshotter.Engine.Retention;
using Snapshotter.Engine.Saving;

namespace Snapshotter.Benchmarks.Host;

/// <summary>
/// The child process that runs one job of the engine, as bare as a host can be. It prints the seconds the job itself
/// took; whoever started it measures the process as a whole. With <c>--times 2</c> the job runs twice and the last run
/// counts: what a process pays that has loaded its code before.
/// </summary>
internal static class EngineHost
{
    public static int Run(string verb, Arguments arguments)
    {
        int times = arguments.Take("times", 1);
        var job = Prepare(verb, arguments);
        arguments.Done();
        double seconds = 0;
        for (int i = 0; i < times; i++)
        {
            long start = Stopwatch.GetTimestamp();
            job();
            seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        Console.Out.WriteLine(seconds.ToString("R", CultureInfo.InvariantCulture));
        return 0;
    }

    private static Action Prepare(string verb, Arguments arguments)
    {
        if (verb == "nothing")
        {
            return () => { };
        }

        string archive = arguments.Take("archive");
        switch (verb)
        {
            case "initialize":
                return () => BackupTar.Initialize(archive);
            case "backup":
                var config = Config(arguments);
                var checksum = Enum.Parse<ChecksumAlgorithm>(
                    arguments.TakeOptional("checksum") ?? nameof(ChecksumAlgorithm.XxHash128));
                var backup = new BackupOptions
                {
                    Checksum = checksum,
                    Durable = arguments.Take("durable", false),
                    Readers = arguments.Take("readers", 0),
                };
                return () => RequireComplete(BackupTar.Backup(archive, config, backup).Volumes);
            case "restore":
                var target = Config(arguments);
                var restore = new RestoreOptions
                {
                    Durable = arguments.Take("durable", false),
                    Writers = arguments.Take("writers", 0),
                };
                return () => RequireComplete(BackupTar.Restore(archive, target, restore));
            case "optimize":
                var optimize = new OptimizeOptions
                {
                    Prefix = arguments.Take("prefix"),
                    All = true,
                    Durable = arguments.Take("durable", false),
                };
                return () => BackupTar.PlanOptimize(archive, optimize).Execute();
            case "list":
                return () => RequireFound(BackupTar.List(archive));
            default:
                throw new UsageException($"run {verb}: no such job.");
        }
    }

    /// <summary>--prefix P, and a --volume TARGET=SOURCE for each volume.</summary>
    private static VolumeConfig Config(Arguments arguments)
    {
        var config = new VolumeConfig { Prefix = arguments.Take("prefix") };
        foreach (string volume in arguments.TakeAll("volume"))
        {
            string[] parts = volume.Split('=', 2);
            config.Volumes.Add(new VolumeSpec { Target = parts[0], Source = parts[1] });
        }

        return config;
    }

    private static void RequireFound(IReadOnlyList<ArchivedVolume> volumes)
    {
        if (volumes.Count == 0)
        {
            throw new InvalidOperationException("The archive lists no volumes.");
        }
    }

    private static void RequireComplete(IEnumerable<VolumeReport> volumes)
    {
        foreach (var volume in volumes.Where(v => !v.Complete || v.WarningCount > 0))
        {
            throw new InvalidOperationException(
                $"{volume.Target} is not complete: {volume.Warnings.FirstOrDefault()?.Message ?? "no warning says why"}");
        }
    }
}
