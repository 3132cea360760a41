using Snapshotter.Docker;

namespace Snapshotter.PowerShell;

/// <summary>The containers that are kept from writing while a cmdlet works: from its first job to its end.</summary>
internal sealed class ContainerHolds
{
    private readonly Stack<ContainerHold> holds = new();
    private DockerEngine? engine;

    /// <summary>The names of those that are held.</summary>
    public IEnumerable<string> Names => holds.Reverse().SelectMany(hold => hold.Held.Reverse());

    /// <summary>Makes sure that they could be held, without doing so.</summary>
    /// <exception cref="DockerException">A container is unknown, would not come back, or the engine does not answer.</exception>
    public static void Check(string? dockerHost, string[] stop, string[] pause, CancellationToken cancellation)
    {
        if (stop.Length == 0 && pause.Length == 0)
            return;
        using var engine = DockerEngine.Connect(dockerHost);
        ContainerHold.CheckAsync(engine, stop, HoldMode.Stop, cancellation).GetAwaiter().GetResult();
        ContainerHold.CheckAsync(engine, pause, HoldMode.Pause, cancellation).GetAwaiter().GetResult();
    }

    /// <summary>Stops the ones, then pauses the others; on failure all run again.</summary>
    /// <returns>False when there is nothing to do, or they are held already.</returns>
    /// <exception cref="DockerException">A container is unknown, cannot be stopped, or the engine does not answer.</exception>
    public bool Take(string? dockerHost, string[] stop, string[] pause, CancellationToken cancellation)
    {
        if (engine is not null || (stop.Length == 0 && pause.Length == 0))
            return false;
        engine = DockerEngine.Connect(dockerHost);
        try
        {
            holds.Push(ContainerHold.TakeAsync(engine, stop, HoldMode.Stop, cancellation).GetAwaiter().GetResult());
            holds.Push(ContainerHold.TakeAsync(engine, pause, HoldMode.Pause, cancellation).GetAwaiter().GetResult());
            return true;
        }
        catch (Exception e) when (e is DockerException or OperationCanceledException)
        {
            DockerException? notStarted = null;
            Release(failure => notStarted ??= failure);
            if (notStarted is not null)
                throw notStarted;
            throw;
        }
    }

    /// <summary>Lets all run again, the last one first.</summary>
    /// <param name="report">Hears of each that could not be started.</param>
    public void Release(Action<DockerException> report)
    {
        while (holds.TryPop(out ContainerHold? hold))
        {
            foreach (DockerException failure in hold.ReleaseAsync().GetAwaiter().GetResult())
                report(failure);
        }

        engine?.Dispose();
        engine = null;
    }
}
