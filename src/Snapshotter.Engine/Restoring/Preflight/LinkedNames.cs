using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Restoring.Preflight;

/// <summary>Counts the names of files that have several: such a file goes with the last of them, and not before.</summary>
/// <param name="max">Of so many files it is remembered; of more it is said that they stay.</param>
internal sealed class LinkedNames(int max)
{
    private readonly Dictionary<FileId, uint> seen = [];

    /// <summary>Takes note of a name that goes: true when the file goes with it.</summary>
    public bool IsLast(in FileStatus status)
    {
        if (status.Kind == FileKind.Directory || status.LinkCount <= 1)
        {
            return true;
        }

        if (!seen.TryGetValue(status.Id, out uint count) && seen.Count >= max)
        {
            return false;
        }

        if (++count < status.LinkCount)
        {
            seen[status.Id] = count;
            return false;
        }

        seen.Remove(status.Id);
        return true;
    }
}
