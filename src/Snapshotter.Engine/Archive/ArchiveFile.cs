using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Archive;

/// <summary>
/// An open archive: the file behind a <c>backup.tar</c>, with its lock. As a source of blocks it tells in the terms of a user
/// what cannot be read, and where.
/// </summary>
internal sealed class ArchiveFile : IBlockSource, IDisposable
{
    /// <summary>There are file systems (some of networks) that number a file anew whenever they are asked.</summary>
    private const int MaxOpened = 4;

    /// <summary>How long a reader waits at least for one who moves bytes: that takes moments.</summary>
    private static readonly TimeSpan LongestMove = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan LockPause = TimeSpan.FromMilliseconds(100);

    private readonly IFileSystem? fileSystem;
    private int recovered;
    private FileStatus opened;

    private ArchiveFile(string path, IFile file, bool isWriter, IFileSystem? fileSystem)
    {
        Path = path;
        File = file;
        IsWriter = isWriter;
        this.fileSystem = fileSystem;
    }

    public string Path { get; }

    public IFile File { get; }

    /// <summary>An archive that is open already, and locked as its user needs it.</summary>
    public static ArchiveFile Of(string path, IFile file) => new(path, file, isWriter: true, fileSystem: null);

    /// <summary>True when nobody else can write while this is open.</summary>
    public bool IsWriter { get; }

    /// <inheritdoc/>
    /// <exception cref="BackupException">ArchiveUnreadable.</exception>
    public long Length
    {
        get
        {
            try
            {
                return File.Length;
            }
            catch (FileSystemException e)
            {
                throw ArchiveErrors.Unreadable(Path, null, e);
            }
        }
    }

    /// <inheritdoc/>
    /// <exception cref="BackupException">ArchiveUnreadable, with the offset.</exception>
    public int Read(Span<byte> buffer, long offset)
    {
        try
        {
            return File.Read(buffer, offset);
        }
        catch (FileSystemException)
        {
            return ReadAgain(buffer, offset);
        }
    }

    /// <summary>A second try, for failures of a moment: of a network, of a cable.</summary>
    private int ReadAgain(Span<byte> buffer, long offset)
    {
        try
        {
            int read = File.Read(buffer, offset);
            Interlocked.Increment(ref recovered);
            return read;
        }
        catch (FileSystemException e)
        {
            throw ArchiveErrors.Unreadable(Path, offset, e);
        }
    }

    /// <summary>What to tell of reads that failed and then did not; null when there were none.</summary>
    public Notice? ReadNotice => Volatile.Read(ref recovered) is var count and > 0
        ? new Notice(
            BackupError.ArchiveUnreadable, Path,
            $"{(count == 1 ? "A read" : $"{count} reads")} of the archive failed and succeeded at the second try: its disk, or the way to it, is not to be trusted.")
        : null;

    /// <summary>Opens the archive to read data from it: bytes will not move meanwhile, but another process may append.</summary>
    /// <param name="fileSystem">The platform.</param>
    /// <param name="path">Path of the archive.</param>
    /// <param name="wait">How long to wait for one that moves bytes in it.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public static ArchiveFile OpenRead(
        IFileSystem fileSystem, string path, TimeSpan wait = default, CancellationToken cancellation = default)
    {
        var archive = Open(fileSystem, path, FileAccessKind.Read, wait, cancellation);
        return archive.LockOrThrow(FileLock.Reader, wait > LongestMove ? wait : LongestMove, cancellation);
    }

    /// <summary>
    /// Opens the archive to append to it, as the only writer. A file that another took the place of while this one was
    /// waiting for its lock is no archive any more: then the new one is opened.
    /// </summary>
    /// <param name="fileSystem">The platform.</param>
    /// <param name="path">Path of the archive.</param>
    /// <param name="wait">How long to wait for another writer.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public static ArchiveFile OpenWrite(IFileSystem fileSystem, string path, TimeSpan wait, CancellationToken cancellation)
    {
        for (int opened = 1; ; opened++)
        {
            var archive = Open(fileSystem, path, FileAccessKind.ReadWrite, wait, cancellation).LockOrThrow(FileLock.Writer, wait, cancellation);
            if (archive.IsStillThere() || opened == MaxOpened)
            {
                return archive;
            }

            archive.Dispose();
        }
    }

    /// <summary>True while somebody else may be writing.</summary>
    public bool HasWriter()
    {
        try
        {
            return !IsWriter && File.IsLocked(FileLock.Writer);
        }
        catch (FileSystemException e)
        {
            throw ArchiveErrors.Unreadable(Path, null, e);
        }
    }

    /// <summary>Changes whenever somebody writes, as far as the file system's clock can tell two moments apart.</summary>
    public (long Length, Timestamp ModifiedAt, Timestamp ChangedAt) Stamp()
    {
        try
        {
            File.GetStatus(out var status);
            return (status.Size, status.ModifiedAt, status.ChangedAt);
        }
        catch (FileSystemException e)
        {
            throw ArchiveErrors.Unreadable(Path, null, e);
        }
    }

    /// <summary>Keeps readers away while bytes move within the archive; the handle must be open for writing.</summary>
    public void LockForMoving(TimeSpan wait, CancellationToken cancellation) =>
        LockOrThrow(FileLock.Mover, wait, cancellation);

    /// <summary>Lets readers in again.</summary>
    public void EndMoving() => File.Unlock(FileLock.Mover);

    public void Dispose() => File.Dispose();

    /// <summary>Waits for programs that keep others from opening it, as those of Windows can.</summary>
    private static ArchiveFile Open(
        IFileSystem fileSystem, string path, FileAccessKind access, TimeSpan wait, CancellationToken cancellation)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return Open(fileSystem, path, access);
            }
            catch (BackupException e) when (e.Error == BackupError.ArchiveLocked && clock.Elapsed < wait)
            {
                cancellation.WaitHandle.WaitOne(LockPause);
                cancellation.ThrowIfCancellationRequested();
            }
        }
    }

    private static ArchiveFile Open(IFileSystem fileSystem, string path, FileAccessKind access)
    {
        try
        {
            if (fileSystem.TryGetStatus(path, out var status))
            {
                Check(path, status);
            }

            var file = fileSystem.OpenFile(path, access);
            return new ArchiveFile(path, file, isWriter: access != FileAccessKind.Read, fileSystem);
        }
        catch (FileSystemException e) when (access == FileAccessKind.Read && e.Error == FileError.NotFound)
        {
            // To create one is of no use to a reader.
            throw new BackupException(BackupError.ArchiveNotFound, $"The archive '{path}' does not exist.", path, e) { Remedy = Remedy.CheckMount };
        }
        catch (FileSystemException e)
        {
            throw ArchiveErrors.From(e, path);
        }
    }

    /// <summary>
    /// What has become of the file since it was opened for writing, as a part of a sentence; null when it still stands where
    /// it stood.
    /// </summary>
    public string? FindChangeOfPlace()
    {
        if (fileSystem is null)
        {
            return null;
        }

        File.GetStatus(out var own);
        if (own.LinkCount == 0 && opened.LinkCount > 0)
        {
            return "it was removed";
        }

        if (!fileSystem.TryGetStatus(Path, out var standing))
        {
            return "it was removed or renamed";
        }

        // Some file systems of networks number a file anew whenever they are asked: there a number says nothing.
        bool isNumbered = own.Id == opened.Id && fileSystem.TryGetStatus(Path, out var again) && again.Id == standing.Id;
        return isNumbered && standing.Id != own.Id ? "another file was put in its place" : null;
    }

    /// <summary>As <see cref="FindChangeOfPlace"/>, as an exception.</summary>
    /// <exception cref="BackupException">ArchiveChanged.</exception>
    public void CheckPlace()
    {
        if (FindChangeOfPlace() is { } change)
        {
            throw ArchiveErrors.Changed(Path, change);
        }
    }

    private bool IsStillThere()
    {
        try
        {
            File.GetStatus(out opened);
            return fileSystem!.TryGetStatus(Path, out var standing) && standing.Id == opened.Id;
        }
        catch (FileSystemException e)
        {
            Dispose();
            throw ArchiveErrors.From(e, Path);
        }
    }

    private static void Check(string path, in FileStatus status)
    {
        if (status.Kind == FileKind.Directory)
        {
            throw new BackupException(
                BackupError.ArchiveNotFound, $"'{path}' is a directory, not an archive.", path)
            {
                Remedy = Remedy.ReplaceDirectory,
            };
        }

        if (status.Kind != FileKind.Regular)
        {
            throw new BackupException(BackupError.ArchiveInvalid, $"'{path}' is not a regular file.", path) { Remedy = Remedy.NameArchive };
        }

        if (status.Size == 0)
        {
            throw new BackupException(
                BackupError.ArchiveEmpty, $"The archive '{path}' has zero bytes; an empty one has 1024.", path)
            {
                Remedy = Remedy.CreateArchive,
            };
        }
    }

    private ArchiveFile LockOrThrow(FileLock kind, TimeSpan wait, CancellationToken cancellation)
    {
        try
        {
            var clock = System.Diagnostics.Stopwatch.StartNew();
            while (!File.TryLock(kind))
            {
                if (clock.Elapsed >= wait)
                {
                    throw new BackupException(
                        BackupError.ArchiveLocked, $"The archive '{Path}' is in use by another process.", Path)
                    {
                        Remedy = Remedy.WaitForArchive,
                    };
                }

                cancellation.WaitHandle.WaitOne(LockPause);
                cancellation.ThrowIfCancellationRequested();
            }

            return this;
        }
        catch (FileSystemException e)
        {
            Dispose();
            throw ArchiveErrors.From(e, Path);
        }
        catch
        {
            Dispose();
            throw;
        }
    }
}
