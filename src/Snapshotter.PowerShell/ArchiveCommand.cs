namespace Snapshotter.PowerShell;

/// <summary>
/// A cmdlet that works on any number of archives, each once, however often it is named: the rows of one archive name it
/// again and again. What comes through the pipeline waits for its end, since whoever sends it may still be writing.
/// </summary>
public abstract class ArchiveCommand : SnapshotterCommand
{
    private protected const string PathSet = "Path";
    private protected const string LiteralPathSet = "LiteralPath";

    private readonly HashSet<string> known = new(StringComparer.Ordinal);
    private readonly List<string> waiting = [];

    /// <summary>The archives; wildcards are resolved.</summary>
    public abstract string[] Path { get; set; }

    /// <summary>The archives, exactly as written.</summary>
    public abstract string[] LiteralPath { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        waiting.AddRange(ResolveAll(Path, LiteralPath, Match).Where(known.Add));
        if (!MyInvocation.ExpectingInput)
            WorkOnAll();
    }

    /// <inheritdoc/>
    protected override void EndProcessing() => WorkOnAll();

    /// <summary>The archives that a path names.</summary>
    /// <param name="pattern">A path, with wildcards or without.</param>
    /// <returns>Absolute paths, one at least.</returns>
    private protected virtual IReadOnlyList<string> Match(string pattern) => ResolveArchives(pattern);

    /// <summary>Does the cmdlet's work on one archive.</summary>
    /// <param name="archive">Absolute path.</param>
    protected abstract void Work(string archive);

    private void WorkOnAll()
    {
        foreach (string archive in waiting)
            Work(archive);
        waiting.Clear();
    }
}
