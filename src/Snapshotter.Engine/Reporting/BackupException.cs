namespace Snapshotter.Engine.Reporting;

/// <summary>
/// The one exception that leaves the engine for a failure a user can do something about.
/// Unless its message says otherwise nothing was changed on disk.
/// </summary>
public sealed class BackupException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="error">The stable id.</param>
    /// <param name="message">A sentence that names the file, offset or line, and says what is wrong. What to do about it is the <see cref="Remedy"/>.</param>
    /// <param name="target">The path, prefix or entry name concerned.</param>
    /// <param name="inner">The cause, if another exception was it.</param>
    public BackupException(BackupError error, string message, string? target = null, Exception? inner = null)
        : base(Shown.Line(message), inner)
    {
        Error = error;
        Target = target;
    }

    /// <inheritdoc cref="BackupException(BackupError, string, string?, Exception?)"/>
    public BackupException(BackupError error, Sentence message, string? target = null, Exception? inner = null)
        : this(error, message?.ToString() ?? "", target, inner)
    {
    }

    /// <summary>The stable id.</summary>
    public BackupError Error { get; }

    /// <summary>The path, prefix or entry name concerned; null when there is no single one.</summary>
    public string? Target { get; }

    /// <summary>What the user can do about it, for the caller to put in words.</summary>
    public Remedy Remedy { get; init; }

    /// <summary>The absolute offset in the archive, in bytes, where the problem was found; null when it is not about a place in the archive.</summary>
    public long? Offset { get; init; }

    /// <summary>The name of the entry concerned, as stored; null when it is not about an entry.</summary>
    public string? EntryName { get; init; }

    /// <summary>The line in a configuration file, from 1; null when it is not about a place in such a file.</summary>
    public int? Line { get; init; }

    /// <summary>The column in a configuration file, from 1; null when it is not about a place in such a file.</summary>
    public int? Column { get; init; }
}
