using System.Globalization;
using System.Text;
using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Entries;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Restoring.Preflight;

/// <summary>Entries that the place they go to cannot hold. They are collected, so that one run names them all.</summary>
internal sealed class UnfitEntries
{
    private const int MaxNamed = 1000;

    private readonly StringBuilder named = new();
    private BackupException? first;
    private long count;
    private readonly HashSet<PathHash> paths = [];

    /// <summary>How many there are.</summary>
    public long Count => count;

    /// <summary>Takes note of the entry that the reader stands at.</summary>
    public void Add(VolumeReader reader, string problem)
    {
        if (!paths.Add(PathHash.Of(reader.Path)))
        {
            return;
        }

        first ??= reader.Unsafe(problem, Remedy.LeaveOut);
        if (++count <= MaxNamed)
        {
            named.Append(CultureInfo.InvariantCulture, $"{(count == 1 ? "" : "; ")}'{EntryNames.ForMessage(reader.Path)}': {problem}");
        }
    }

    /// <summary>Whether a path, or a directory on the way to it, is one of them.</summary>
    public bool Covers(ReadOnlySpan<byte> path)
    {
        if (paths.Count == 0)
        {
            return false;
        }

        for (int i = 0; i < path.Length; i++)
        {
            if (path[i] == (byte)'/' && paths.Contains(PathHash.Of(path[..i])))
            {
                return true;
            }
        }

        return paths.Contains(PathHash.Of(path));
    }

    /// <summary>Tells of those that are left out; null when there are none.</summary>
    /// <param name="target">The volume.</param>
    public Notice? LeftOut(string target) => first is null ? null : new Notice(
        BackupError.NotKept, target,
        $"{Shown.Count(count, "entry", "entries")} of '{target}' {(count == 1 ? "is" : "are")} left out, since {(count == 1 ? "it" : "they")} cannot be where "
        + $"{(count == 1 ? "it goes" : "they go")} to:"
        + $" {named}{(count > MaxNamed ? $"; and {count - MaxNamed} more." : "")}");

    /// <summary>Ends the job when there were any.</summary>
    /// <exception cref="BackupException">UnsafeEntry: its message names them.</exception>
    public void Throw()
    {
        if (first is null)
        {
            return;
        }

        throw count == 1 ? first : new BackupException(
            BackupError.UnsafeEntry,
            $"{count} entries cannot be restored where they go to. Nothing was changed."
            + $" {named}{(count > MaxNamed ? $"; and {count - MaxNamed} more." : "")}",
            first.Target, first)
        {
            Offset = first.Offset,
            EntryName = first.EntryName,
            Remedy = Remedy.LeaveOut,
        };
    }
}
