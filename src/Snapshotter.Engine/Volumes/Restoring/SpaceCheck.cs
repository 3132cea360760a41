using Snapshotter.Engine.Archive;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Volumes.Restoring;

/// <summary>Is there room for a volume? Found out before anything in it is changed.</summary>
internal sealed class SpaceCheck(IFileSystem fileSystem, ArchiveFile archive, RestoreTarget target)
{
    private readonly long needed = target.Own.Demand.Bytes;
    private readonly string path = target.Planned.Path;

    private static ReadOnlySpan<byte> Probe => "probe"u8;

    /// <summary>Staging takes a second copy, unless the file system can share the archive's blocks.</summary>
    public void CheckStaging(IDirectory fresh)
    {
        long free = fileSystem.FreeSpace(path);
        if (needed > free && !CanShareBlocks(fresh))
        {
            throw new BackupException(
                BackupError.InsufficientSpace,
                $"'{path}' needs {needed} bytes to be restored beside what is there, and {free} are free.", path)
            {
                Remedy = Remedy.FreeVolumeSpace,
            };
        }
    }

    /// <summary>What there is goes first, but not when even that does not make room enough.</summary>
    /// <param name="made">A folder in the staging folder.</param>
    public void CheckInPlace(IDirectory made)
    {
        long free = fileSystem.FreeSpace(path);
        if (needed > free
            && !fileSystem.MayCompress(path)
            && TreeSize.Of(fileSystem.OpenDirectory(path), target.Keep) is { } taken
            && needed > free + taken
            && !CanShareBlocks(made))
        {
            throw new BackupException(
                BackupError.InsufficientSpace,
                $"'{path}' needs {needed} bytes; {free} are free, and emptying it would give {taken} more. "
                + "Nothing was changed.",
                path)
            {
                Remedy = Remedy.FreeSpace,
            };
        }
    }

    /// <summary>A file larger than the file system can hold must be found before anything in the volume is changed.</summary>
    /// <param name="made">A folder in the staging folder.</param>
    /// <param name="part">What is to be written there.</param>
    public void CheckLargestFile(IDirectory made, VolumePart part)
    {
        using var probe = made.CreateFile(Probe, 0x180);
        try
        {
            probe.SetLength(part.Demand.LargestFile);
        }
        finally
        {
            made.RemoveFile(Probe);
        }
    }

    private bool CanShareBlocks(IDirectory directory)
    {
        using var probe = directory.CreateFile(Probe, 0x180);
        try
        {
            return probe.TryClone(archive.File, 0, 0, Tar.TarLayout.Alignment);
        }
        catch (FileSystemException)
        {
            return false;
        }
        finally
        {
            directory.RemoveFile(Probe);
        }
    }
}
