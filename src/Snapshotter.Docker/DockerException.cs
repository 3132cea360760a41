using Snapshotter.Engine.Reporting;

namespace Snapshotter.Docker;

/// <summary>What went wrong, as a stable name: users and scripts may rely on it, not on the words of a message.</summary>
public enum DockerError
{
    /// <summary>No Docker engine answers at the address, or it may not be used by this user.</summary>
    DockerUnavailable,

    /// <summary>The engine answered, but refused what was asked.</summary>
    DockerRefused,

    /// <summary>The engine knows no container of that name or id.</summary>
    ContainerNotFound,

    /// <summary>A container could not be stopped or paused. Those held before it have been released again.</summary>
    ContainerNotStopped,

    /// <summary>A container that was stopped or paused for a backup could not be started again: it needs a hand.</summary>
    ContainerNotStarted,
}

/// <summary>The one exception that leaves this library for a failure a user can do something about.</summary>
public sealed class DockerException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="error">The stable id.</param>
    /// <param name="message">A sentence that names the container or address, and says what to do.</param>
    /// <param name="target">The container or address concerned.</param>
    /// <param name="inner">The cause, if another exception was it.</param>
    public DockerException(DockerError error, string message, string? target = null, Exception? inner = null)
        : base(Shown.Line(message), inner)
    {
        Error = error;
        Target = target;
    }

    /// <summary>The stable id.</summary>
    public DockerError Error { get; }

    /// <summary>The container or address concerned; null when there is no single one.</summary>
    public string? Target { get; }
}
