using System.Text;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Archive;

/// <summary>Makes an empty archive: nothing but the end-of-archive marker.</summary>
internal static class ArchiveInitializer
{
    /// <param name="fileSystem">The platform.</param>
    /// <param name="path">Path of the file; its folder must exist.</param>
    /// <param name="force">Replace a file that is not empty.</param>
    /// <exception cref="BackupException">ArchiveExists, ArchiveLocked, ArchiveNotFound (a directory stands there, or its folder is missing), ArchiveNotWritable.</exception>
    public static void Run(IFileSystem fileSystem, string path, bool force)
    {
        try
        {
            bool exists = fileSystem.TryGetStatus(path, out var status);
            if (exists)
            {
                Check(path, status, force);
            }

            using var file = fileSystem.OpenFile(path, FileAccessKind.ReadWriteOrCreate);
            if (!file.TryLock(FileLock.Writer) || (exists && !file.TryLock(FileLock.Mover)))
            {
                throw new BackupException(BackupError.ArchiveLocked, $"The archive '{path}' is in use by another process.", path);
            }

            // In place, not by a new file: a bind-mounted one cannot be replaced.
            file.SetLength(0);
            file.Write(new byte[TarLayout.EndMarkerSize], 0);
            file.Flush();
            if (!exists)
            {
                using var folder = fileSystem.OpenDirectory(Path.GetDirectoryName(path) ?? "/");
                folder.Flush();
            }
        }
        catch (FileSystemException e) when (e.Error == FileError.NotFound)
        {
            throw new BackupException(
                BackupError.ArchiveNotFound, $"The folder of '{path}' does not exist. Create it first.", path, e);
        }
        catch (FileSystemException e)
        {
            throw ArchiveErrors.From(e, path);
        }
    }

    private static void Check(string path, in FileStatus status, bool force)
    {
        if (status.Kind == FileKind.Directory)
        {
            throw new BackupException(
                BackupError.ArchiveNotFound,
                $"'{path}' is a directory. Docker makes one when the file to mount does not exist on the host: remove it and create the archive before mounting it.",
                path);
        }

        if (status.Kind != FileKind.Regular)
        {
            throw new BackupException(BackupError.ArchiveInvalid, $"'{path}' is not a regular file. An archive must be one.", path);
        }

        if (status.Size > 0 && !force)
        {
            throw new BackupException(
                BackupError.ArchiveExists, $"'{path}' exists and has {status.Size} bytes. Use -Force to throw its content away.", path);
        }
    }
}
