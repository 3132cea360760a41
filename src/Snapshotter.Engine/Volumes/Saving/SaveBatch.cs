using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Volumes.Saving;

/// <summary>One name to save.</summary>
/// <param name="Directory">The directory it is in.</param>
/// <param name="Name">The name; empty for the directory itself.</param>
/// <param name="Kind">What the listing said it is.</param>
/// <param name="Problem">Set when the walker already found why its content cannot be saved.</param>
/// <param name="IsHarmless">Nothing is lost by it.</param>
internal readonly record struct SaveTask(
    DirectoryNode Directory, ReadOnlyMemory<byte> Name, FileKind Kind, Notice? Problem = null, bool IsHarmless = false);

/// <summary>How far a worker got with a name.</summary>
internal enum SaveStage
{
    /// <summary>Header and data are in the batch's bytes, ready to write.</summary>
    Encoded,

    /// <summary>The data is in the batch's bytes; the header is encoded when its offset, and so its alignment, is known.</summary>
    Prefetched,

    /// <summary>Large, sparse or hard-linked: saved by the writer itself.</summary>
    Deferred,

    /// <summary>Not saved: see the notice.</summary>
    Skipped,
}

/// <summary>What a worker made of one name.</summary>
internal struct SaveResult
{
    public SaveStage Stage;

    /// <summary>Where its bytes begin in the batch, how many of them are headers, and how many there are.</summary>
    public int Start;
    public int HeaderLength;
    public int Length;

    /// <summary>Bytes of file data; 0 for all but regular files.</summary>
    public long Size;
    public bool IsRegular;
    public HashBytes Hash;
    public TarEntry? Entry;
    public Notice? Notice;

    /// <summary>The notice tells of nothing that a user could miss.</summary>
    public bool IsHarmless;
}

/// <summary>A run of names that one worker turns into bytes. Reused.</summary>
internal sealed class SaveBatch
{
    private readonly object gate = new();
    private bool finished;

    public List<SaveTask> Tasks { get; } = new(32);

    public List<SaveResult> Results { get; } = new(32);

    /// <summary>Of twice the size that is aimed at, so that it seldom grows; the system gives what is not touched no memory.</summary>
    public BlockBuffer Bytes { get; } = new(2 * 1024 * 1024);

    /// <summary>Why the worker gave up; it is thrown where the batch is written.</summary>
    public Exception? Failure { get; set; }

    public void MarkFinished()
    {
        lock (gate)
        {
            finished = true;
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Waits for the worker. False when it takes longer than the time given.</summary>
    public bool Wait(TimeSpan time)
    {
        lock (gate)
        {
            return finished || (Monitor.Wait(gate, time) && finished);
        }
    }

    /// <summary>Lets go of the directories and makes the batch ready for new tasks.</summary>
    public void Reset()
    {
        foreach (var task in Tasks)
        {
            task.Directory.Release();
        }

        Tasks.Clear();
        Results.Clear();
        Bytes.Clear();
        Failure = null;
        finished = false;
    }
}
