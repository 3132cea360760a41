using Snapshotter.Engine.Archive;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Volumes.Restoring;

/// <summary>Is there room for a volume? Found out before anything in it is changed.</summary>
internal sealed class SpaceCheck(IFileSystem fileSystem, ArchiveFile archive, RestoreTarget target)
{
    private readonly long needed = target.Own.Demand.Bytes;
    private readonly string path = target.Planned.Path;

    /// <summary>Staging takes a second copy, unless the file system can share the archive's blocks.</summary>
    public void CheckStaging(IDirectory fresh)
    {
        long free = fileSystem.FreeSpace(path);
        if (needed > free && !CanShareBlocks(fresh, "probe"u8))
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
    public void CheckInPlace(IDirectory root)
    {
        long free = fileSystem.FreeSpace(path);
        if (needed > free
            && !fileSystem.MayCompress(path)
            && TreeSize.Of(fileSystem.OpenDirectory(path), target.Keep) is { } taken
            && needed > free + taken
            && !CanShareBlocks(root, StagingArea.NameFor(target.Volume.Id)))
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
    public void CheckLargestFile(IDirectory root)
    {
        root.GetStatus(out var before);
        byte[] name = StagingArea.NameFor(target.Volume.Id);
        using var probe = root.CreateFile(name, 0x180);
        try
        {
            probe.SetLength(target.Own.Demand.LargestFile);
        }
        finally
        {
            root.RemoveFile(name);
            root.SetTime(before);
        }
    }

    /// <summary>Tries it with a file of a name that is free.</summary>
    private bool CanShareBlocks(IDirectory directory, ReadOnlySpan<byte> name)
    {
        directory.GetStatus(out var before);
        using var probe = directory.CreateFile(name, 0x180);
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
            directory.RemoveFile(name);
            directory.SetTime(before);
        }
    }
}
