using Docker.DotNet.Models;

namespace Snapshotter.Docker;

/// <summary>How containers are kept from writing while their volumes are saved.</summary>
public enum HoldMode
{
    /// <summary>They are stopped, as docker stop does it: their programs can write what they have in memory.</summary>
    Stop,

    /// <summary>They are frozen where they are: quicker, but files may be in the middle of a change.</summary>
    Pause,
}

/// <summary>
/// Containers that were running and are held for a backup. Whoever takes a hold releases it, whatever happens in between.
/// Containers that were not running are left alone.
/// </summary>
public sealed class ContainerHold
{
    private readonly DockerEngine _engine;
    private readonly HoldMode _mode;
    private readonly Stack<ContainerInspectResponse> _held = new();

    private ContainerHold(DockerEngine engine, HoldMode mode)
    {
        _engine = engine;
        _mode = mode;
    }

    /// <summary>The names of the containers still held, the last one first.</summary>
    public IReadOnlyList<string> Held => [.. _held.Select(Name)];

    /// <summary>
    /// Stops or pauses those of the containers that run, one after the other. When one cannot be stopped, or the job is
    /// cancelled, those stopped before are started again.
    /// </summary>
    /// <param name="engine">The engine that has them.</param>
    /// <param name="containers">Names or ids. All are looked up before the first one is stopped.</param>
    /// <param name="mode">Stop or pause.</param>
    /// <param name="cancellation">Stops between two containers: one that is being stopped is waited for.</param>
    public static async Task<ContainerHold> TakeAsync(
        DockerEngine engine, IEnumerable<string> containers, HoldMode mode, CancellationToken cancellation = default)
    {
        var running = await FindRunningAsync(engine, containers, mode, cancellation).ConfigureAwait(false);
        var hold = new ContainerHold(engine, mode);
        foreach (var container in running)
        {
            try
            {
                cancellation.ThrowIfCancellationRequested();
                // Counted as held before it is: when the engine's answer is lost, it may be stopped all the same.
                hold._held.Push(container);
                await (mode == HoldMode.Stop ? engine.StopAsync(container.ID) : engine.PauseAsync(container.ID)).ConfigureAwait(false);
            }
            catch (Exception e) when (e is DockerException or OperationCanceledException)
            {
                var notStarted = await hold.ReleaseAsync().ConfigureAwait(false);
                if (notStarted.Count > 0)
                    throw notStarted[0];
                if (e is OperationCanceledException)
                    throw;
                throw new DockerException(
                    DockerError.ContainerNotStopped,
                    $"Container '{Name(container)}' could not be {(mode == HoldMode.Stop ? "stopped" : "paused")}: {e.Message}",
                    Name(container), e);
            }
        }

        return hold;
    }

    /// <summary>Looks all containers up, and whether they could be held, without doing so.</summary>
    /// <param name="engine">The engine that has them.</param>
    /// <param name="containers">Names or ids.</param>
    /// <param name="mode">Stop or pause.</param>
    /// <param name="cancellation">Stops waiting for the engine.</param>
    public static Task CheckAsync(
        DockerEngine engine, IEnumerable<string> containers, HoldMode mode, CancellationToken cancellation = default)
        => FindRunningAsync(engine, containers, mode, cancellation);

    /// <summary>Starts the containers again, the last one first. All are tried; it cannot be cancelled.</summary>
    /// <returns>An exception for each that could not be started; empty when all run.</returns>
    public async Task<IReadOnlyList<DockerException>> ReleaseAsync()
    {
        var failures = new List<DockerException>();
        while (_held.TryPop(out var container))
        {
            try
            {
                await (_mode == HoldMode.Stop ? _engine.StartAsync(container.ID) : UnpauseAsync(container.ID)).ConfigureAwait(false);
            }
            catch (DockerException e)
            {
                failures.Add(new DockerException(
                    DockerError.ContainerNotStarted,
                    $"Container '{Name(container)}' was held and could not be started again: {e.Message}",
                    Name(container), e));
            }
        }

        return failures;
    }

    private static async Task<List<ContainerInspectResponse>> FindRunningAsync(
        DockerEngine engine, IEnumerable<string> containers, HoldMode mode, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(containers);
        var running = new List<ContainerInspectResponse>();
        foreach (var container in containers)
        {
            var found = await engine.InspectAsync(container, cancellation).ConfigureAwait(false);
            if (found.State is not { Running: true, Paused: false } || running.Exists(c => c.ID == found.ID))
                continue;
            RefuseWhatWouldNotComeBack(found, mode);
            running.Add(found);
        }

        return running;
    }

    /// <summary>Unlike starting, the engine refuses to unpause what is not paused: it may never have been, or be gone on already.</summary>
    private async Task UnpauseAsync(string id)
    {
        if (await _engine.InspectAsync(id, CancellationToken.None).ConfigureAwait(false) is { State.Paused: true })
            await _engine.UnpauseAsync(id).ConfigureAwait(false);
    }

    private static void RefuseWhatWouldNotComeBack(ContainerInspectResponse container, HoldMode mode)
    {
        if (mode == HoldMode.Stop && container.HostConfig?.AutoRemove == true)
        {
            throw new DockerException(
                DockerError.ContainerNotStopped,
                $"Container '{Name(container)}' was run with --rm: stopping would remove it, and its unnamed volumes. Pause it instead.",
                Name(container));
        }

        // In a container the machine's name is the beginning of the container's id, unless it was given another.
        if (Environment.MachineName.Length >= 12 && container.ID.StartsWith(Environment.MachineName, StringComparison.Ordinal))
        {
            throw new DockerException(
                DockerError.ContainerNotStopped,
                $"Container '{Name(container)}' is the one this program runs in: it cannot hold itself.", Name(container));
        }
    }

    private static string Name(ContainerInspectResponse container) => container.Name.TrimStart('/');
}
