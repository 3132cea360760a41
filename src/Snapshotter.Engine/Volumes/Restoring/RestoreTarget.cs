using Snapshotter.Engine.Archive;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Volumes.Reading;

namespace Snapshotter.Engine.Volumes.Restoring;

/// <summary>One volume on its way back: what the archive has of it, and the place it goes to.</summary>
internal sealed class RestoreTarget(
    IFileSystem fileSystem, RestoreOptions options, PlannedVolume planned, Generation generation, ManifestVolume volume, KeepTree keep)
{
    private readonly RestoreFilter filter = new(options, fileSystem.Traits.IsCaseSensitive);
    private readonly CaseCollisions? collisions = fileSystem.Traits.IsCaseSensitive ? null : new CaseCollisions();
    private Verification verification;
    private long largestFile;

    public PlannedVolume Planned { get; } = planned;

    public Generation Generation { get; } = generation;

    public ManifestVolume Volume { get; } = volume;

    /// <summary>Bytes of file data, holes included; known after <see cref="Validate"/>.</summary>
    public long Size => verification.Bytes;

    private bool SetOwner => !options.NoOwner;

    private int Writers => ThreadCount.Of(options.Writers);

    /// <summary>Reads the volume in the archive through. Touches nothing.</summary>
    /// <exception cref="BackupException">ChecksumMismatch, UnsafeEntry, ArchiveInvalid, GenerationNotFound.</exception>
    public void Validate(ArchiveFile archive, JobMonitor monitor, CancellationToken cancellation)
    {
        verification = new VolumeVerifier(archive, Generation, Volume, monitor, e => throw e, cancellation)
        {
            Inspect = Inspect,
        }.Run();
    }

    private string? ReservedName(byte[] path) => fileSystem.Traits.HasReservedNames ? ReservedNames.FindIn(path) : null;

    private void Inspect(VolumeReader reader)
    {
        if (filter.Wants(reader) && (ReservedName(reader.Path) ?? collisions?.FindWith(reader.Path)) is { } unfit)
        {
            throw reader.Unsafe(unfit);
        }

        if (EntryLimits.FindIn(reader) is { } problem)
        {
            throw reader.Unsafe(problem);
        }

        var kind = EntryKinds.KindOf(reader.Entry.Type);
        if (reader.Path.Length == 0 ? kind != (Volume.IsDirectory ? FileKind.Directory : FileKind.Regular) : !Volume.IsDirectory)
        {
            throw reader.Unsafe($"the volume is a {(Volume.IsDirectory ? "directory" : "single file")}, and this is something else.");
        }

        if (reader.Path.Length > 0 && keep.NeedsDirectory(reader.Path) && kind != FileKind.Directory)
        {
            throw reader.Unsafe("something is mounted below a directory of that name, and the archive has no directory there.");
        }

        largestFile = Math.Max(largestFile, reader.Entry.Size);
        filter.Learn(reader);
    }

    /// <summary>Looks at the place it goes to: the right type, and room enough. Touches nothing.</summary>
    public void CheckTarget()
    {
        string path = Planned.Path;
        CheckWay();
        try
        {
            if (fileSystem.TryGetStatus(path, out var status)
                && status.Kind != (Volume.IsDirectory ? FileKind.Directory : FileKind.Regular))
            {
                throw new BackupException(
                    BackupError.VolumeNotWritable,
                    $"'{path}' is {(status.Kind == FileKind.Directory ? "a directory" : "no directory")}, but the backup of '{Volume.Target}' is "
                    + $"{(Volume.IsDirectory ? "a directory" : "a file")}. Move it away, or restore elsewhere with -Destination.",
                    path);
            }
        }
        catch (FileSystemException e)
        {
            throw RestoreErrors.From(e, path);
        }
    }

    public void Restore(ArchiveFile archive, JobMonitor monitor, VolumeReport report, CancellationToken cancellation)
    {
        report.Entries = verification.Entries;
        report.Bytes = verification.Bytes;
        CheckWay();
        if (!Volume.IsDirectory)
        {
            new FileVolumeWriter(fileSystem, options.Durable, SetOwner).Restore(archive, Generation, Volume, Planned.Path, monitor, cancellation);
            return;
        }

        fileSystem.CreateDirectories(Planned.Path);
        using var root = fileSystem.OpenDirectory(Planned.Path);
        var swap = new VolumeSwap(root, StagingArea.NameFor(Volume.Id), keep, options.Durable);
        if (swap.IsBegun())
        {
            monitor.Reporter.Detail($"An earlier restore of '{Planned.Path}' was interrupted while it swapped; it is finished first.");
            root.GetStatus(out var before);
            Finish(swap, before);
        }

        if (filter.IsActive)
        {
            WriteOver(archive, root, swap, monitor, report, cancellation);
        }
        else if (options.InPlace)
        {
            EmptyAndFill(archive, root, swap, monitor, cancellation);
        }
        else
        {
            StageAndSwap(archive, root, swap, monitor, cancellation);
        }
    }

    /// <summary>
    /// Below a destination the targets of the manifest are followed: they are the archive's own words, and a link that it
    /// planted there earlier must not lead them out.
    /// </summary>
    private void CheckWay()
    {
        if (options.Destination is not { } destination)
        {
            return;
        }

        string root = Path.GetFullPath(destination);
        string[] way = Path.GetRelativePath(root, Planned.Path).Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries);
        try
        {
            IDirectory? directory = fileSystem.TryGetStatus(root, out _) ? fileSystem.OpenDirectory(root) : null;
            for (int i = 0; directory is not null && i < way.Length; i++)
            {
                using var current = directory;
                byte[] name = System.Text.Encoding.UTF8.GetBytes(way[i]);
                bool exists = current.TryGetStatus(name, out var status);
                if (exists && status.Kind == FileKind.SymbolicLink)
                {
                    throw new BackupException(
                        BackupError.UnsafeEntry,
                        $"'{Volume.Target}' cannot be restored to '{Planned.Path}': '{way[i]}' on the way there is a symbolic link. Remove it, or restore elsewhere.",
                        Planned.Path);
                }

                directory = exists && status.Kind == FileKind.Directory ? current.OpenDirectory(name) : null;
            }

            directory?.Dispose();
        }
        catch (FileSystemException e)
        {
            throw RestoreErrors.From(e, Planned.Path);
        }
    }

    private void StageAndSwap(ArchiveFile archive, IDirectory root, VolumeSwap swap, JobMonitor monitor, CancellationToken cancellation)
    {
        root.GetStatus(out var before);
        var losses = new LossLog();
        try
        {
            var fresh = swap.Prepare();
            CheckSpace(archive, fresh);
            FileMetadata? metadata;
            using (var writer = new TreeWriter(
                archive, fileSystem, fresh, SetOwner, replace: false, Writers, losses, monitor, cancellation))
            {
                metadata = WriteAll(archive, writer, monitor, cancellation);
                writer.Finish();
            }

            losses.Note(swap.SetRootMetadata(RootMetadata(metadata, root, before)), Planned.Path);
            if (!fileSystem.Traits.IsPrivileged)
            {
                swap.OpenShutDirectories();
            }

            cancellation.ThrowIfCancellationRequested();
            swap.Begin();
        }
        catch
        {
            Abandon(swap, before);
            throw;
        }

        Finish(swap, before);
        losses.Tell(monitor);
    }

    private void Finish(VolumeSwap swap, in FileStatus before)
    {
        try
        {
            swap.Finish();
        }
        catch (FileSystemException e) when (swap.IsPutBack)
        {
            Abandon(swap, before);
            throw RestoreErrors.FromPutBack(e, Planned.Path);
        }
    }

    /// <summary>What the root is to get: as the archive has it, but for the owner where owners are not restored.</summary>
    private FileMetadata RootMetadata(FileMetadata? archived, IDirectory root, in FileStatus before)
    {
        var metadata = archived ?? root.ReadMetadata();
        if (!SetOwner)
        {
            metadata.SetOwner = true;
            metadata.UserId = before.UserId;
            metadata.GroupId = before.GroupId;
        }

        return metadata;
    }

    private void EmptyAndFill(ArchiveFile archive, IDirectory root, VolumeSwap swap, JobMonitor monitor, CancellationToken cancellation)
    {
        swap.Discard();
        CheckLargestFile(root);
        CheckSpaceInPlace(archive, root);
        TreeRemover.RemoveContent(fileSystem.OpenDirectory(Planned.Path), keep);
        WriteBelow(archive, root, replace: keep.Children.Count > 0, monitor, cancellation);
    }

    private void WriteOver(ArchiveFile archive, IDirectory root, VolumeSwap swap, JobMonitor monitor, VolumeReport report, CancellationToken cancellation)
    {
        swap.Discard();
        CheckLargestFile(root);
        WriteBelow(archive, root, replace: true, monitor, cancellation);
        report.Entries = filter.Entries;
        report.Bytes = filter.Bytes;
    }

    private void WriteBelow(ArchiveFile archive, IDirectory root, bool replace, JobMonitor monitor, CancellationToken cancellation)
    {
        var losses = new LossLog();
        root.GetStatus(out var before);
        FileMetadata? metadata;
        using (var writer = new TreeWriter(
            archive, fileSystem, fileSystem.OpenDirectory(Planned.Path), SetOwner, replace, Writers, losses, monitor, cancellation))
        {
            metadata = WriteAll(archive, writer, monitor, cancellation);
            writer.Finish();
        }

        if (metadata is { } rootMetadata)
        {
            losses.Note(root.SetMetadata(rootMetadata), Planned.Path);
        }
        else
        {
            root.SetTime(before);
        }

        if (options.Durable)
        {
            root.FlushFileSystem();
        }

        losses.Tell(monitor);
    }

    /// <summary>Writes all entries wanted. Returns the metadata of the root, null when it is not wanted.</summary>
    private FileMetadata? WriteAll(ArchiveFile archive, TreeWriter writer, JobMonitor monitor, CancellationToken cancellation)
    {
        FileMetadata? root = null;
        var reader = new VolumeReader(archive, Generation, Volume);
        bool told = false;
        while (reader.Next())
        {
            cancellation.ThrowIfCancellationRequested();
            if (reader.Path.Length == 0)
            {
                root = filter.IsActive ? null : writer.MetadataOf(reader.Entry, FileKind.Directory);
            }
            else if (keep.Covers(reader.Path))
            {
                TellKept(reader, monitor, ref told);
            }
            else if (!IsStaging(reader.Path) && filter.Choose(reader) is { } path)
            {
                writer.Write(reader, path);
            }
        }

        return root;
    }

    /// <summary>
    /// Another program may have saved what an interrupted restore left; a hostile archive would bring a journal for the next
    /// one to finish.
    /// </summary>
    private static bool IsStaging(ReadOnlySpan<byte> path)
    {
        int slash = path.IndexOf((byte)'/');
        return StagingArea.IsStaging(slash < 0 ? path : path[..slash]);
    }

    private void TellKept(VolumeReader reader, JobMonitor monitor, ref bool told)
    {
        if (!told && EntryKinds.KindOf(reader.Entry.Type) != FileKind.Directory)
        {
            told = true;
            string path = EntryNames.Display(reader.Path);
            monitor.Problem(new Notice(
                BackupError.NotKept, path,
                $"'{path}' lies on something that is mounted in '{Planned.Path}'; mount points are left as they are. Restore it as a volume of its own."));
        }
    }

    /// <summary>Staging takes a second copy, unless the file system can share the archive's blocks.</summary>
    private void CheckSpace(ArchiveFile archive, IDirectory fresh)
    {
        long free = fileSystem.FreeSpace(Planned.Path);
        if (verification.StoredBytes > free && !CanShareBlocks(archive, fresh, "probe"u8))
        {
            throw new BackupException(
                BackupError.InsufficientSpace,
                $"'{Planned.Path}' needs {verification.StoredBytes} bytes to be restored beside what is there, and {free} are free. "
                + "Free some, or use -InPlace, which empties the volume first.",
                Planned.Path);
        }
    }

    /// <summary>What there is goes first, but not when even that does not make room enough.</summary>
    private void CheckSpaceInPlace(ArchiveFile archive, IDirectory root)
    {
        long free = fileSystem.FreeSpace(Planned.Path);
        if (verification.StoredBytes > free
            && !fileSystem.MayCompress(Planned.Path)
            && TreeSize.Of(fileSystem.OpenDirectory(Planned.Path), keep) is { } taken
            && verification.StoredBytes > free + taken
            && !CanShareBlocks(archive, root, StagingArea.NameFor(Volume.Id)))
        {
            throw new BackupException(
                BackupError.InsufficientSpace,
                $"'{Planned.Path}' needs {verification.StoredBytes} bytes; {free} are free, and emptying it would give {taken} more. "
                + "Nothing was changed; free some.",
                Planned.Path);
        }
    }

    /// <summary>A file larger than the file system can hold must be found before anything in the volume is changed.</summary>
    private void CheckLargestFile(IDirectory root)
    {
        root.GetStatus(out var before);
        byte[] name = StagingArea.NameFor(Volume.Id);
        using var probe = root.CreateFile(name, 0x180);
        try
        {
            probe.SetLength(largestFile);
        }
        finally
        {
            root.RemoveFile(name);
            root.SetTime(before);
        }
    }

    /// <summary>Tries it with a file of a name that is free.</summary>
    private static bool CanShareBlocks(ArchiveFile archive, IDirectory directory, ReadOnlySpan<byte> name)
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

    private static void Abandon(VolumeSwap swap, in FileStatus before)
    {
        try
        {
            if (!swap.IsBegun())
            {
                swap.Abandon(before);
            }
        }
        catch (FileSystemException)
        {
            // What is left of the staging folder is removed by the next restore, and is no part of any backup.
        }
    }
}
