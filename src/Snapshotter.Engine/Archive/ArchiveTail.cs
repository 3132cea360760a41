using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Archive;

/// <summary>What stands behind the end-of-archive marker, before an archive is changed.</summary>
internal static class ArchiveTail
{
    /// <summary>Cuts off an append that was killed earlier, which is told to the reporter.</summary>
    /// <returns>The length of the file afterwards.</returns>
    /// <exception cref="BackupException">ArchiveInvalid: there is data that is not Snapshotter's.</exception>
    public static long Settle(ArchiveFile archive, ArchiveMap map, IReporter reporter)
    {
        switch (map.Tail)
        {
            case TailState.Foreign:
                throw ArchiveErrors.Invalid(
                    archive.Path, map.End,
                    "there is more data behind the end-of-archive marker, and it is not Snapshotter's. Nothing was changed. "
                    + "If these are entries of a second archive (tar -tif shows them), extract them and make one archive of both.");
            case TailState.InterruptedAppend:
                reporter.Warn(new Notice(
                    BackupError.ArchiveInvalid, archive.Path,
                    $"An earlier backup was interrupted before it was complete; its {Shown.Count(map.FileLength - map.End, "byte", "bytes")} at offset {map.End} are removed."));
                long length = map.End + TarLayout.EndMarkerSize;
                archive.File.SetLength(length);
                return length;
            default:
                return map.FileLength;
        }
    }
}
