using Snapshotter.Docker;

namespace Snapshotter.PowerShell;

/// <summary>The containers that are kept from writing while Backup-Volume works: from its first backup to its end.</summary>
internal sealed class BackupHold
{
    private readonly Stack<ContainerHold> holds = new();
    private readonly DockerEngine engine;

    private BackupHold(DockerEngine engine) => this.engine = engine;

    /// <summary>Stops the ones, then pauses the others; on failure all run again.</summary>
    /// <exception cref="DockerException">A container is unknown, cannot be stopped, or the engine does not answer.</exception>
    public static BackupHold Take(string? dockerHost, string[] stop, string[] pause, CancellationToken cancellation)
    {
        var taken = new BackupHold(DockerEngine.Connect(dockerHost));
        try
        {
            taken.Add(stop, HoldMode.Stop, cancellation);
            taken.Add(pause, HoldMode.Pause, cancellation);
            return taken;
        }
        catch (Exception e) when (e is DockerException or OperationCanceledException)
        {
            if (taken.Release() is [var notStarted, ..])
                throw notStarted;
            throw;
        }
    }

    /// <summary>The names of those that are held.</summary>
    public IEnumerable<string> Names => holds.Reverse().SelectMany(hold => hold.Held.Reverse());

    /// <summary>Lets all run again, the last one first.</summary>
    /// <returns>An exception for each that could not be started.</returns>
    public IReadOnlyList<DockerException> Release()
    {
        var failures = new List<DockerException>();
        while (holds.TryPop(out ContainerHold? hold))
            failures.AddRange(hold.ReleaseAsync().GetAwaiter().GetResult());
        engine.Dispose();
        return failures;
    }

    private void Add(string[] containers, HoldMode mode, CancellationToken cancellation)
        => holds.Push(ContainerHold.TakeAsync(engine, containers, mode, cancellation).GetAwaiter().GetResult());
}
