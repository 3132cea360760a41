using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Archive;

/// <summary>
/// Takes ranges out of an archive in place, in constant time, where the file system can: the file shrinks, and no second
/// copy is ever made. After each range the archive is whole.
/// </summary>
internal static class ArchiveCut
{
    /// <summary>True when ranges fit the blocks of the file systems in use; whether this one can cut shows at the first.</summary>
    public static bool IsAligned(IReadOnlyList<ByteRange> ranges)
        => ranges.All(range => range.Start % TarLayout.Alignment == 0 && range.End % TarLayout.Alignment == 0);

    /// <summary>Cuts merged ranges out, from the back to the front, so that those in front stay where they are.</summary>
    /// <returns>How many were cut, counted from the back: fewer than there are when the file system cannot.</returns>
    /// <exception cref="FileSystemException">The file system failed.</exception>
    public static int Run(IFile file, IReadOnlyList<ByteRange> ranges, bool durable)
    {
        if (durable)
        {
            // What stays must be on disk before anything moves.
            file.Flush();
        }

        int cut = 0;
        while (cut < ranges.Count && file.TryCollapse(ranges[^(cut + 1)].Start, ranges[^(cut + 1)].Length))
        {
            cut++;
        }

        if (cut > 0 && durable)
        {
            file.Flush();
        }

        return cut;
    }
}
