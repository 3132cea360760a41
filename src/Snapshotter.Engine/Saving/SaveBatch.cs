using System.Runtime.CompilerServices;
using Snapshotter.Engine.Entries;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Saving;

/// <summary>How much a notice weighs.</summary>
internal enum NoticeWeight
{
    /// <summary>Something is lost: the volume is not complete.</summary>
    Problem,

    /// <summary>Something to know; nothing is lost.</summary>
    Remark,

    /// <summary>Only for those who asked for details.</summary>
    Detail,
}

/// <summary>One name to save, or something to tell at this place.</summary>
/// <param name="Directory">The directory it is in.</param>
/// <param name="Name">The name; empty for the directory itself.</param>
/// <param name="Kind">What the listing said it is. Unknown with a notice: there is only that notice.</param>
/// <param name="Notice">What the walker found, such as why a directory's content cannot be saved.</param>
/// <param name="Weight">Of the notice.</param>
/// <param name="Status">For the directory itself: its status before it was listed.</param>
internal readonly record struct SaveTask(
    TreeDirectory Directory, ReadOnlyMemory<byte> Name, FileKind Kind, Notice? Notice = null,
    NoticeWeight Weight = NoticeWeight.Problem, StrongBox<FileStatus>? Status = null)
{
    public bool IsNoticeOnly => Notice is not null && Kind == FileKind.Unknown;

    /// <summary>A path for messages.</summary>
    public string DisplayPath => Directory.Display(Name.Span);

    /// <summary>Opens the name as a regular file, which it should be.</summary>
    /// <exception cref="FileSystemException">It is not, or cannot be opened.</exception>
    public IFile OpenFile(out FileStatus status)
    {
        var file = Directory.Handle.OpenFile(Name.Span);
        try
        {
            file.GetStatus(out status);
            return status.Kind == FileKind.Regular
                ? file
                : throw new FileSystemException(FileError.NotADirectory, "read", DisplayPath, "it changed its type");
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}

/// <summary>How far a worker got with a name.</summary>
internal enum SaveStage
{
    /// <summary>Header and data are in the batch's bytes, ready to write.</summary>
    Encoded,

    /// <summary>The data is in the batch's bytes; the header is encoded when its offset, and so its alignment, is known.</summary>
    Prefetched,

    /// <summary>Large, sparse or hard-linked, or more than the batch takes in: saved by the writer itself.</summary>
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
    public NoticeWeight Weight;

    /// <summary>Nothing is saved.</summary>
    public static SaveResult Skip(Notice? notice, NoticeWeight weight = NoticeWeight.Problem) =>
        new() { Stage = SaveStage.Skipped, Notice = notice, Weight = weight };
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
