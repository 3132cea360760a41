using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Archive;

/// <summary>Makes an empty archive: nothing but the end-of-archive marker.</summary>
internal static class ArchiveInitializer
{
    private const int OwnerOnly = 0x180; // rw-------

    /// <summary>Finds what <see cref="Run"/> would refuse. Touches nothing.</summary>
    /// <exception cref="BackupException">As <see cref="Run"/>, but for what only writing shows.</exception>
    public static void Check(IFileSystem fileSystem, string path, bool force)
    {
        try
        {
            if (fileSystem.TryGetStatus(path, out var status))
            {
                Check(path, status, force);
            }
            else
            {
                FilePlace.Find(fileSystem, path).Dispose();
            }
        }
        catch (FileSystemException e)
        {
            throw From(e, path);
        }
    }

    /// <param name="fileSystem">The platform.</param>
    /// <param name="path">Path of the file; its folder must exist.</param>
    /// <param name="force">Replace a file that is not empty.</param>
    /// <exception cref="BackupException">ArchiveExists, ArchiveLocked, ArchiveNotFound (a directory stands there, or its folder is missing), ArchiveNotWritable.</exception>
    public static void Run(IFileSystem fileSystem, string path, bool force)
    {
        try
        {
            if (fileSystem.TryGetStatus(path, out var status))
            {
                Check(path, status, force);
                Empty(fileSystem, path);
            }
            else
            {
                Create(fileSystem, path);
            }
        }
        catch (FileSystemException e)
        {
            throw From(e, path);
        }
    }

    private static BackupException From(FileSystemException cause, string path) => cause.Error == FileError.NotFound
        ? new(BackupError.ArchiveNotFound, $"The folder of '{path}' does not exist.", path, cause) { Remedy = Remedy.CreateFolder }
        : ArchiveErrors.From(cause, path);

    /// <summary>In place, not by a new file: a bind-mounted one cannot be replaced. Who made it chose its mode.</summary>
    private static void Empty(IFileSystem fileSystem, string path)
    {
        using var file = fileSystem.OpenFile(path, FileAccessKind.ReadWrite);
        if (!file.TryLock(FileLock.Writer) || !file.TryLock(FileLock.Mover))
        {
            throw InUse(path);
        }

        file.SetLength(0);
        file.Write(new byte[TarLayout.EndMarkerSize], 0);
        file.Flush();
    }

    /// <summary>
    /// At its place and not beside it, so that of two who create it at once one fails. For its owner only, whatever the
    /// umask says: an archive holds what not everybody may read where it came from.
    /// </summary>
    private static void Create(IFileSystem fileSystem, string path)
    {
        using var place = FilePlace.Find(fileSystem, path);
        using var file = place.Directory.CreateFile(place.Name, OwnerOnly);
        try
        {
            if (!file.TryLock(FileLock.Writer))
            {
                throw InUse(path);
            }

            file.GetStatus(out var status);
            file.SetMetadata(new FileMetadata { Kind = FileKind.Regular, Mode = OwnerOnly, ModifiedAt = status.ModifiedAt });
            file.Write(new byte[TarLayout.EndMarkerSize], 0);
            file.Flush();
        }
        catch (FileSystemException)
        {
            place.Directory.RemoveFile(place.Name);
            throw;
        }

        place.Directory.Flush();
    }

    private static BackupException InUse(string path) =>
        new(BackupError.ArchiveLocked, $"The archive '{path}' is in use by another process.", path) { Remedy = Remedy.WaitForArchive };

    private static void Check(string path, in FileStatus status, bool force)
    {
        if (status.Kind == FileKind.Directory)
        {
            throw new BackupException(BackupError.ArchiveNotFound, $"'{path}' is a directory, not an archive.", path)
            {
                Remedy = Remedy.ReplaceDirectory,
            };
        }

        if (status.Kind != FileKind.Regular)
        {
            throw new BackupException(BackupError.ArchiveInvalid, $"'{path}' is not a regular file.", path) { Remedy = Remedy.NameArchive };
        }

        if (status.Size > 0 && !force)
        {
            throw new BackupException(
                BackupError.ArchiveExists, $"'{path}' exists and has {Shown.Count(status.Size, "byte", "bytes")}.", path)
            {
                Remedy = Remedy.AllowReplacing,
            };
        }
    }
}
