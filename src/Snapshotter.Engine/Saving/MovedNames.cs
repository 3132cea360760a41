using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Saving;

/// <summary>
/// Finds out whether something may have been moved past a walk: out of a directory that was still to be listed into one that
/// was listed already, so that it was seen in neither. Then the second one has changed since it was listed, and another,
/// listed later, had changed after that. Only where both is true something may be missing: what merely comes or goes while a
/// backup runs makes no backup incomplete.
/// </summary>
internal sealed class MovedNames(DirectoryLog log)
{
    private const int MaxKept = 100;

    /// <summary>Some file systems know whole seconds only, or two of them.</summary>
    private static readonly TimeSpan CoarseClock = TimeSpan.FromSeconds(2);

    /// <summary>The kernel's clock for files goes in steps of up to ten milliseconds, and a server's may be off a bit more.</summary>
    private static readonly TimeSpan FineClock = TimeSpan.FromMilliseconds(50);

    /// <summary>The first directories in the walk's order that have changed since they were listed.</summary>
    private readonly List<Changed> changed = [];
    private long changedInAll;
    private TimeSpan leastAhead = TimeSpan.MinValue;
    private TimeSpan mostAhead = TimeSpan.MaxValue;

    /// <summary>Looks at all directories again, once the walk is over.</summary>
    /// <returns>What to tell.</returns>
    public IEnumerable<Notice> Find(TreeDirectory root, CancellationToken cancellation)
    {
        log.Rewind();
        if (LookAgain(root, cancellation) is { } lost)
        {
            return [Moved(lost)];
        }

        return changed.Count == 0 ? [] : Describe(CountSuspects(cancellation));
    }

    /// <summary>Returns the path of a directory that is not to be found again, or null.</summary>
    private string? LookAgain(TreeDirectory root, CancellationToken cancellation)
    {
        using var cursor = new TreeCursor(root);
        while (cursor.Next() is var step and not TreeStep.End)
        {
            cancellation.ThrowIfCancellationRequested();
            switch (step)
            {
                case TreeStep.Enter:
                    bool wasListed = log.Read(out var before, out var below);
                    if (wasListed && before.Id == cursor.Status.Id)
                    {
                        Compare(before, cursor);
                        below.ForEach(name => cursor.Descend(name));
                    }
                    else
                    {
                        // Another one: the directory that both were in has changed.
                        log.Skip(below.Count);
                    }

                    break;
                case TreeStep.Fail:
                    log.Skip(1);
                    break;
                case TreeStep.Lost:
                    return cursor.Current.DisplayPath;
            }
        }

        return null;
    }

    private void Compare(in ListedDirectory before, TreeCursor cursor)
    {
        if (!before.HasChanged(cursor.Status))
        {
            return;
        }

        // The file system's clock may be another one. It was this much ahead at least, and at most.
        var changedAt = ListedDirectory.TimeOf(cursor.Status.ModifiedAt, cursor.Status.ChangedAt);
        var now = DateTime.UtcNow;
        leastAhead = TimeSpan.FromTicks(Math.Max(leastAhead.Ticks, (changedAt - now).Ticks));
        mostAhead = TimeSpan.FromTicks(Math.Min(mostAhead.Ticks, (changedAt - before.ListedAt).Ticks));
        changedInAll++;
        if (changed.Count < MaxKept)
        {
            changed.Add(new Changed(log.Position, before.ListedAt, cursor.Current.DisplayPath));
        }
    }

    /// <summary>
    /// How many of those that have changed are followed by another that had changed after they were listed. When one is not,
    /// none behind it is: those were listed later, and fewer follow them.
    /// </summary>
    private int CountSuspects(CancellationToken cancellation)
    {
        bool isOurClock = leastAhead <= FineClock && mostAhead >= -FineClock;
        var ahead = isOurClock ? TimeSpan.Zero : leastAhead;
        int suspects = 0;
        log.Rewind();
        while (suspects < changed.Count && log.ReadNext(out var later))
        {
            cancellation.ThrowIfCancellationRequested();
            var last = later.LastChange;
            var slack = last.Ticks % TimeSpan.TicksPerSecond == 0 ? CoarseClock : FineClock;
            while (suspects < changed.Count && changed[suspects].Position < log.Position
                && last >= changed[suspects].ListedAt + ahead - slack)
            {
                suspects++;
            }
        }

        return suspects;
    }

    private IEnumerable<Notice> Describe(int suspects)
    {
        foreach (var directory in changed.Take(suspects))
        {
            yield return Moved(directory.Path);
        }

        if (suspects == MaxKept && changedInAll > MaxKept)
        {
            yield return Moved(changed[^1].Path + "' and others behind '" + changed[^1].Path);
        }
    }

    private static Notice Moved(string path) => new(
        BackupError.FileChanged, path,
        $"'{path}' changed after its names were read, while other directories were still to be read: what was moved into it meanwhile may be missing.");

    private readonly record struct Changed(long Position, DateTime ListedAt, string Path);
}
