using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Archive;

/// <summary>
/// Puts a new file in the place of an archive: written beside it, checked, flushed and renamed over it. Until the rename
/// the archive is untouched; what a run that was killed left beside it is removed by the next one.
/// </summary>
internal sealed class ArchiveRewrite : IDisposable
{
    private const int BufferSize = 256 * 1024;

    /// <summary>Copied between two looks at cancellation.</summary>
    private const long Step = 64L * 1024 * 1024;

    private readonly IFileSystem fileSystem;
    private readonly ArchiveFile archive;
    private readonly FilePlace place;

    /// <summary>Finds out whether the archive can be replaced at all; nothing is changed yet.</summary>
    /// <exception cref="BackupException">ArchiveNotWritable: the archive is a mount point.</exception>
    public ArchiveRewrite(IFileSystem fileSystem, ArchiveFile archive)
    {
        this.fileSystem = fileSystem;
        this.archive = archive;
        place = FilePlace.Find(fileSystem, archive.Path);
        archive.File.GetStatus(out var opened);
        if (!place.Directory.TryGetStatus(place.Name, out var status) || status.Id != opened.Id)
        {
            place.Dispose();
            throw NotWritable("another file has taken its place meanwhile", null, Remedy.None);
        }

        if (status.IsMountRoot == true)
        {
            place.Dispose();
            throw MountPoint(null);
        }
    }

    /// <summary>Removes what runs that were killed left beside an archive, where that can be done.</summary>
    public static void RemoveLeftovers(IFileSystem fileSystem, string archivePath)
    {
        using var place = FilePlace.Find(fileSystem, archivePath);
        AtomicFile.RemoveLeftovers(place.Directory, fileSystem.Traits);
    }

    /// <summary>Writes the ranges one behind the other into a new file, ends it, and puts it in the archive's place.</summary>
    /// <param name="kept">The ranges, whole entries all of them.</param>
    /// <param name="finish">Mends and checks the new file before it takes the archive's place; what it throws ends the run.</param>
    /// <param name="advance">Told of bytes copied; may throw to end the run.</param>
    /// <exception cref="BackupException">The archive is as it was.</exception>
    public void Run(IReadOnlyList<ByteRange> kept, Action<ArchiveFile> finish, Action<long> advance)
    {
        try
        {
            var before = archive.Stamp();
            using var next = AtomicFile.Create(place.Directory);
            long length = Copy(kept, next.File, advance);
            next.File.Write(stackalloc byte[TarLayout.EndMarkerSize], length);

            // Locked as the old one is: whoever finds it in its place must wait until all is done.
            if (!next.File.TryLock(FileLock.Writer))
            {
                throw new InvalidOperationException("Nobody else can reach the new file.");
            }

            finish(ArchiveFile.Of(archive.Path, next.File));
            KeepMetadata(next.File);
            archive.CheckPlace();
            if (archive.Stamp() != before)
            {
                throw ArchiveErrors.Changed(archive.Path, "it was written to");
            }

            PutInPlace(next);
        }
        catch (FileSystemException e)
        {
            throw e.Error switch
            {
                FileError.Busy => MountPoint(e),
                FileError.AccessDenied or FileError.ReadOnly => NotWritable(
                    $"no new file can be made beside it ({e.Detail})", e, Remedy.ChangeUser),
                _ => ArchiveErrors.From(e, archive.Path),
            };
        }
    }

    public void Dispose() => place.Dispose();

    /// <summary>There are file systems of Windows where nothing that is open can be replaced: then the old file is closed first.</summary>
    private void PutInPlace(AtomicFile next)
    {
        try
        {
            // That it is open here is no reason to wait.
            Patience.Without(() => next.PutInPlace(place.Name, durable: true));
        }
        catch (FileSystemException e) when (fileSystem.Traits.HasReservedNames && e.Error is FileError.AccessDenied or FileError.InUse)
        {
            archive.Dispose();
            next.PutInPlace(place.Name, durable: true);
        }
    }

    private long Copy(IReadOnlyList<ByteRange> kept, IFile file, Action<long> advance)
    {
        byte[]? buffer = null;
        long position = 0;
        foreach (var range in kept)
        {
            for (long from = range.Start; from < range.End;)
            {
                long count = Math.Min(Step, range.End - from);
                long copied = buffer is null ? file.CopyFrom(archive.File, from, position, count) : -1;
                if (copied < 0)
                {
                    buffer ??= new byte[BufferSize];
                    copied = archive.File.Read(buffer.AsSpan(0, (int)Math.Min(count, buffer.Length)), from);
                    file.Write(buffer.AsSpan(0, (int)copied), position);
                }

                if (copied == 0)
                {
                    throw ArchiveErrors.Invalid(archive.Path, from, "the file became shorter while it was read. Nothing was changed.");
                }

                from += copied;
                position += copied;
                advance(copied);
            }
        }

        return position;
    }

    private void KeepMetadata(IFile file)
    {
        archive.File.GetStatus(out var status);
        var attributes = new List<ExtendedAttribute>();
        archive.File.GetAttributes(attributes);
        var now = DateTimeOffset.UtcNow;
        var loss = file.SetMetadata(new FileMetadata
        {
            Kind = FileKind.Regular,
            Mode = status.Mode,
            SetOwner = true,
            UserId = status.UserId,
            GroupId = status.GroupId,
            ModifiedAt = new Timestamp(now.ToUnixTimeSeconds(), (int)(now.Ticks % TimeSpan.TicksPerSecond * 100)),
            Attributes = attributes,
        });
        if ((loss & ~MetadataLoss.Times) != 0)
        {
            throw NotWritable("the new file cannot be given its owner, mode and attributes", null, Remedy.ChangeUser);
        }
    }

    private BackupException MountPoint(Exception? cause) => NotWritable(
        "it is a mount point, so no other file can take its place, and its file system cannot cut these generations out",
        cause, Remedy.MountFolder);

    private BackupException NotWritable(string why, Exception? cause, Remedy remedy) => new(
        BackupError.ArchiveNotWritable, $"The archive '{archive.Path}' cannot be replaced: {why}. Nothing was changed.", archive.Path, cause)
    {
        Remedy = remedy,
    };
}
