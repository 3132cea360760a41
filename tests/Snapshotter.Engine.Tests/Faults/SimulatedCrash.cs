namespace Snapshotter.Engine.Tests.Faults;

/// <summary>
/// The machine is gone: thrown by the operation at which it went and by every one after it, so that no handler can
/// do anything any more. Not an IOException: nothing may take it for an error of the disk.
/// </summary>
internal sealed class SimulatedCrash() : Exception("the machine crashed here");

/// <summary>What a disk holds after a crash.</summary>
public enum CrashMode
{
    /// <summary>Only what a flush had covered.</summary>
    OnlyFlushed,

    /// <summary>All that was done, flushed or not (as after a kill of the process).</summary>
    Everything,

    /// <summary>What was flushed, and of the rest what chance wrote: see <see cref="MemoryFileSystem"/>.</summary>
    Random,
}
