using System.Collections.Concurrent;
using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Tests.Faults;

/// <summary>Runs a job again and again, each time with another of its operations going wrong.</summary>
internal sealed class FaultPoints(ITestOutputHelper output)
{
    /// <summary>Outcomes of chance tried per crash; more by the environment variable SNAPSHOTTER_FAULT_SEEDS.</summary>
    private static readonly int Seeds = int.TryParse(Environment.GetEnvironmentVariable("SNAPSHOTTER_FAULT_SEEDS"), out var seeds) ? seeds : 4;

    private readonly ConcurrentQueue<string> failures = new();
    private int points;
    private int outcomes;

    /// <summary>Each operation fails once; as a full disk after half a write; and for good.</summary>
    /// <param name="build">A fresh disk.</param>
    /// <param name="job">What is run on it.</param>
    /// <param name="check">Looks at the disk afterwards; told what the job threw (null: nothing) and whether the fault lasts.</param>
    public void Fail(Func<MemoryFileSystem> build, Action<MemoryFileSystem> job, Action<MemoryFileSystem, Exception?, bool> check)
    {
        (FileError Error, bool IsPartial, bool IsLasting)[] kinds =
        [
            (FileError.InputOutput, false, false),
            (FileError.NoSpace, true, false),
            (FileError.ReadOnly, false, true),
        ];
        foreach (var (error, isPartial, isLasting) in kinds)
        {
            ForEachOperation(build, job, at => FaultPlan.FailAt(at, error, isPartial, isLasting), (fileSystem, thrown, what) =>
            {
                fileSystem.Faults = FaultPlan.None();
                Check($"{error}{(isLasting ? " for good" : "")} at {what}, what stays open", () => Assert.Empty(fileSystem.OpenPaths));
                Check($"{error}{(isLasting ? " for good" : "")} at {what}", () => check(fileSystem, thrown, isLasting));
            });
        }
    }

    /// <summary>The machine crashes at each operation.</summary>
    /// <param name="build">A fresh disk.</param>
    /// <param name="job">What is run on it.</param>
    /// <param name="check">Looks at the disk after the restart, and at the one before with all that was done.</param>
    public void Crash(Func<MemoryFileSystem> build, Action<MemoryFileSystem> job, Action<MemoryFileSystem, MemoryFileSystem> check) =>
        ForEachOperation(build, job, FaultPlan.CrashAt, (fileSystem, _, what) =>
        {
            var done = fileSystem.AfterCrash(CrashMode.Everything);
            Check($"crash at {what}, only what was flushed", () => check(fileSystem.AfterCrash(CrashMode.OnlyFlushed), done));
            Check($"crash at {what}, all that was done", () => check(fileSystem.AfterCrash(CrashMode.Everything), done));
            for (var seed = 1; seed <= Seeds; seed++)
            {
                var chance = seed;
                Check($"crash at {what}, by chance {chance}", () => check(fileSystem.AfterCrash(CrashMode.Random, chance), done));
            }
        });

    /// <summary>Fails the test with all that went wrong.</summary>
    public void Report(string job)
    {
        output.WriteLine($"{job}: {points} operations made to fail or crash, {outcomes} outcomes checked");
        Assert.True(points > 0);
        Assert.True(failures.IsEmpty, $"{failures.Count} of {outcomes} outcomes are wrong:\n{string.Join("\n", failures.Take(12))}");
    }

    private void ForEachOperation(
        Func<MemoryFileSystem> build, Action<MemoryFileSystem> job, Func<long, FaultPlan> plan,
        Action<MemoryFileSystem, Exception?, string> after)
    {
        var isPast = false;
        for (long first = 1; !isPast; first += 16)
        {
            Parallel.For(first, first + 16, at =>
            {
                var fileSystem = build();
                fileSystem.Faults = plan(at);
                Exception? thrown = null;
                try
                {
                    job(fileSystem);
                }
                catch (Exception exception)
                {
                    thrown = exception;
                }
                if (fileSystem.Faults.Hit is not { } hit)
                {
                    isPast = true;
                    Check("without a fault, what stays open", () => Assert.Empty(fileSystem.OpenPaths));
                    return;
                }
                Interlocked.Increment(ref points);
                after(fileSystem, thrown, $"{at} ({hit})");
            });
        }
    }

    private void Check(string what, Action check)
    {
        Interlocked.Increment(ref outcomes);
        try
        {
            check();
        }
        catch (Exception exception)
        {
            failures.Enqueue($"{what}: {exception.GetType().Name}: {exception.Message} {Place(exception)}");
        }
    }

    private static string Place(Exception exception) =>
        exception.StackTrace?.Split('\n').FirstOrDefault(line => line.Contains("/Faults/", StringComparison.Ordinal) && !line.Contains("TarWalk", StringComparison.Ordinal))?.Trim() ?? "";
}
