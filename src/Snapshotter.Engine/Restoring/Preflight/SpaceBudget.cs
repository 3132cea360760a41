using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Restoring.Preflight;

/// <summary>
/// Is there room for all volumes, one after the other? Each takes what it needs and then gives back what it replaces. What
/// that is takes a look at all that stands there, so it is found out only where it matters.
/// </summary>
internal sealed class SpaceBudget(IFileSystem fileSystem)
{
    /// <summary>For the staging folder and what is in it.</summary>
    private const int OwnFiles = 8;

    /// <summary>What an inode takes where it is made of the same room (XFS).</summary>
    private const int InodeSize = 512;

    /// <summary>The staging folder, and a folder in it for each writer.</summary>
    private const int OwnBlocks = 32;

    private readonly List<SpaceNeed> needs = [];

    /// <summary>Adds a part, in the order of their restoring.</summary>
    public void Add(SpaceNeed need) => needs.Add(need);

    /// <exception cref="BackupException">InsufficientSpace.</exception>
    /// <exception cref="FileSystemException">A file system does not answer.</exception>
    public void Check()
    {
        foreach (var group in needs.GroupBy(need => need.Device))
        {
            if (FindLack(group, isExact: false) is not null && FindLack(group, isExact: true) is { } lack)
            {
                throw lack;
            }
        }
    }

    private BackupException? FindLack(IEnumerable<SpaceNeed> group, bool isExact)
    {
        long? files = null;
        long bytes = 0;
        bool isFirst = true;
        foreach (var need in group)
        {
            if (isFirst)
            {
                (bytes, files) = (fileSystem.FreeSpace(need.Place), fileSystem.FreeFiles(need.Place));
                isFirst = false;
            }

            var before = isExact ? need.Before() : default;
            var after = isExact ? need.After() : default;
            bytes += before.Bytes;
            files += before.Files;
            bool isOver = need.Way is RestoreWay.Over or RestoreWay.Rewrite;
            int blockSize = fileSystem.BlockSize(need.Place);
            long neededBytes = need.Demand.BytesOn(blockSize);
            if (isExact && neededBytes > bytes && need.Demand.Shareable > 0 && need.SharesBlocks())
            {
                neededBytes = Math.Max(0, neededBytes - need.Demand.Shareable);
            }

            long neededFiles = need.Demand.Files + OwnFiles;
            if (isOver)
            {
                // One after the other takes the place of what was there; beside it is one at a time.
                neededBytes = Math.Max(neededBytes - after.Bytes, Math.Min(neededBytes, need.Demand.LargestFile));
                neededFiles = Math.Max(neededFiles - after.Files, OwnFiles);
            }

            long margin = need.Way == RestoreWay.InPlace ? MarginOf(neededBytes, neededFiles - before.Files, blockSize) : 0;
            if (neededBytes + margin > bytes && !(need.Way == RestoreWay.InPlace && fileSystem.MayCompress(need.Place)))
            {
                return Lack(need, neededBytes + margin, bytes, RemedyFor(need, after.Bytes > 0));
            }

            if (neededFiles > files)
            {
                return LackOfFiles(need, neededFiles, files.Value, RemedyFor(need, after.Files > 0));
            }

            bytes += (isOver ? 0 : after.Bytes) - neededBytes;
            files += (isOver ? 0 : after.Files) - neededFiles + OwnFiles;
        }

        return null;
    }

    /// <summary>
    /// Once a folder is emptied it is too late: so there must be room as well for what the file system notes of files, such as
    /// where their pieces lie, which is far less than one in a hundred; for inodes that are more than before; and for the
    /// folders of the restore itself. Beside old content none of it is asked for: there nothing is lost when room runs out.
    /// </summary>
    private static long MarginOf(long bytes, long newFiles, int blockSize) =>
        (bytes / 100) + (Math.Max(0, newFiles) * InodeSize) + (OwnBlocks * (long)Math.Min(blockSize, 64 * 1024));

    /// <summary>To empty the volume first is no remedy where nothing is in it.</summary>
    private static Remedy RemedyFor(SpaceNeed need, bool isSomethingThere) =>
        need.Way == RestoreWay.Staged && isSomethingThere ? Remedy.FreeVolumeSpace : Remedy.FreeSpace;

    private static BackupException Lack(SpaceNeed need, long neededBytes, long freeBytes, Remedy remedy)
    {
        var (needed, free) = Shown.Sizes(neededBytes, Math.Max(0, freeBytes));
        return new BackupException(
            BackupError.InsufficientSpace,
            need.Way switch
            {
                RestoreWay.InPlace => $"'{need.Path}' needs {needed}, and once it is emptied {free} will be free. Nothing was changed.",
                RestoreWay.Staged => $"'{need.Path}' needs {needed} to be restored beside what is there, and {free} will be free then. Nothing was changed.",
                _ => $"'{need.Path}' needs {needed} to be put over what is there, and {free} will be free then. Nothing was changed.",
            },
            need.Path)
        {
            Remedy = remedy,
        };
    }

    private static BackupException LackOfFiles(SpaceNeed need, long needed, long free, Remedy remedy) => new(
        BackupError.InsufficientSpace,
        $"'{need.Path}' needs {Shown.Count(needed, "file", "files")}, and its file system has room for {free} (inodes) then. Nothing was changed.",
        need.Path)
    {
        Remedy = remedy,
    };
}
