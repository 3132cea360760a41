using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Tests.Faults;

/// <summary>
/// Counts the operations that change or flush something and lets one of them go wrong. Without one it only counts.
/// </summary>
internal sealed class FaultPlan
{
    private readonly long at;
    private readonly FileError? error;
    private readonly bool isPartial;
    private readonly bool isLasting;
    private bool isCrashed;

    private FaultPlan(long at, FileError? error, bool isPartial, bool isLasting)
    {
        this.at = at;
        this.error = error;
        this.isPartial = isPartial;
        this.isLasting = isLasting;
    }

    /// <summary>Called after each operation, on the thread of the job: for those who look at the disk meanwhile.</summary>
    public Action<string>? Watch { get; set; }

    /// <summary>Operations counted so far.</summary>
    public long Count { get; private set; }

    /// <summary>The operation that was hit, for messages.</summary>
    public string? Hit { get; private set; }

    public bool IsCrashed => isCrashed;

    public static FaultPlan None() => new(long.MaxValue, null, false, false);

    /// <summary>The Nth operation (from 1) happens as far as memory goes, and then the machine is gone.</summary>
    public static FaultPlan CrashAt(long operation) => new(operation, null, false, false);

    /// <summary>The Nth operation fails.</summary>
    /// <param name="operation">Which, from 1.</param>
    /// <param name="error">As what.</param>
    /// <param name="isPartial">When it is a write: after half of it was written.</param>
    /// <param name="isLasting">Every later one fails as well (a disk gone read-only).</param>
    public static FaultPlan FailAt(long operation, FileError error, bool isPartial = false, bool isLasting = false) =>
        new(operation, error, isPartial, isLasting);

    /// <summary>Before anything at all: throws when the machine is gone.</summary>
    public void Alive()
    {
        if (isCrashed)
        {
            throw new SimulatedCrash();
        }
    }

    /// <summary>
    /// Around an operation that changes or flushes something.
    /// </summary>
    /// <param name="operation">What it is, for messages.</param>
    /// <param name="path">On what.</param>
    /// <param name="apply">Does it. Not called for a flush that never happened.</param>
    /// <param name="applyPart">Does half of it, where there is such a thing.</param>
    public void Run(string operation, string path, Action apply, Action? applyPart = null)
    {
        Alive();
        Count++;
        var isHit = Count == at || (isLasting && Count > at);
        if (!isHit)
        {
            apply();
            Watch?.Invoke($"{Count}: {operation} {path}");
            return;
        }
        Hit ??= $"{operation} {path}";
        if (error is { } failure)
        {
            if (isPartial)
            {
                applyPart?.Invoke();
            }
            throw new FileSystemException(failure, operation, path, "as planned by the test");
        }
        if (operation != "flush")
        {
            apply();
        }
        isCrashed = true;
        throw new SimulatedCrash();
    }
}
