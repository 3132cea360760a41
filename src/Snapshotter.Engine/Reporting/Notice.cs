namespace Snapshotter.Engine.Reporting;

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
