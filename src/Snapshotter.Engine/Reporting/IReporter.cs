namespace Snapshotter.Engine.Reporting;

/// <summary>
/// How progress, warnings and the decision "go on or stop" leave the engine. The engine calls it only on the
/// thread that called the engine, so a cmdlet may write to its pipeline from here.
/// </summary>
public interface IReporter
{
    /// <summary>Whether totals are worth counting: without them <see cref="Progress"/> has no percentage.</summary>
    bool WantsTotals => false;

    /// <summary>Work has moved on. Called a few times a second at most.</summary>
    /// <param name="progress">Where the job is.</param>
    void Progress(in JobProgress progress)
    {
    }

    /// <summary>Something that does not stop the job, but that the user should know.</summary>
    /// <param name="notice">What happened, to which path.</param>
    void Warn(Notice notice)
    {
    }

    /// <summary>One step of the story, for those who asked for details.</summary>
    /// <param name="message">A sentence.</param>
    void Detail(string message)
    {
    }

    /// <inheritdoc cref="Detail(string)"/>
    sealed void Detail(Sentence message) => Detail(message?.ToString() ?? "");

    /// <summary>
    /// A file could not be saved or restored as it should be. The default goes on with the others.
    /// </summary>
    /// <param name="problem">What happened, to which path.</param>
    /// <returns>True to go on; false to stop, which rolls the job back.</returns>
    bool GoOn(Notice problem) => true;
}

/// <summary>The reporter that hears nothing: the default.</summary>
public sealed class SilentReporter : IReporter
{
    private SilentReporter()
    {
    }

    /// <summary>The one instance.</summary>
    public static SilentReporter Instance { get; } = new();
}

/// <summary>A warning or a problem with one path.</summary>
/// <param name="Kind">The stable id.</param>
/// <param name="Path">The path, as the user knows it; bytes that are no UTF-8 stand in it as U+DC80 to U+DCFF.</param>
/// <param name="Message">A sentence that says what is wrong, with names as <see cref="Shown"/> has them.</param>
public sealed record Notice(BackupError Kind, string Path, string Message)
{
    /// <inheritdoc cref="Notice(BackupError, string, string)"/>
    public Notice(BackupError kind, string path, Sentence message)
        : this(kind, path, message?.ToString() ?? "")
    {
    }

    /// <summary>A sentence that says what is wrong, with names as <see cref="Shown"/> has them.</summary>
    public string Message { get; init; } = Shown.Line(Message);

    /// <summary>What the user can do about it, for the caller to put in words.</summary>
    public Remedy Remedy { get; init; }

    /// <summary>The message, after the path when it does not name it itself.</summary>
    public override string ToString()
    {
        string path = Shown.Name(Path);
        return path.Length == 0 || Message.Contains(path, StringComparison.Ordinal) ? Message : $"{path}: {Message}";
    }
}

/// <summary>Where a running job is.</summary>
/// <param name="Activity">What is being done, e.g. "Backing up".</param>
/// <param name="Volume">The volume at work, or an empty string.</param>
/// <param name="DoneBytes">Bytes of file data done so far.</param>
/// <param name="TotalBytes">Bytes of file data in all, or -1 while unknown.</param>
/// <param name="DoneEntries">Entries done so far.</param>
/// <param name="Elapsed">Time since the job began.</param>
public readonly record struct JobProgress(
    string Activity, string Volume, long DoneBytes, long TotalBytes, long DoneEntries, TimeSpan Elapsed);
