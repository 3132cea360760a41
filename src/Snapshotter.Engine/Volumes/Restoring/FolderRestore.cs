using Snapshotter.Engine.Archive;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Volumes.Restoring;

/// <summary>
/// Restores a volume that is a folder, once all was validated: staged and swapped, in place, or over what is there, where
/// that is a part of it only or something of it is missing in the archive.
/// </summary>
internal sealed class FolderRestore(
    IFileSystem fileSystem, ArchiveFile archive, RestoreOptions options, RestoreTarget target, JobMonitor monitor, CancellationToken cancellation)
{
    private readonly LossLog losses = new();
    private readonly VolumeContent content = new(archive, target, monitor, cancellation);
    private readonly SpaceCheck space = new(fileSystem, archive, target);

    private bool isNew;

    private bool SetOwner => !options.NoOwner;

    private int Writers => ThreadCount.Of(options.Writers);

    private string Place => target.Planned.Path;

    public void Restore(VolumeReport report)
    {
        isNew = !fileSystem.TryGetStatus(Place, out _);
        fileSystem.CreateDirectories(Place);
        using var root = fileSystem.OpenDirectory(Place);
        var swap = new VolumeSwap(root, StagingArea.NameFor(target.Volume.Id), target.Keep, options.Durable);
        if (swap.IsBegun())
        {
            monitor.Reporter.Detail($"An earlier restore of '{Place}' was interrupted while it swapped; it is finished first.");
            root.GetStatus(out var before);
            Finish(swap, before);
        }

        if (target.Own.Filter.IsActive || target.IsMerged)
        {
            WriteOver(root, swap);
        }
        else if (options.InPlace)
        {
            EmptyAndFill(root, swap);
        }
        else
        {
            StageAndSwap(root, swap);
        }

        losses.Moved = null;
        foreach (var part in target.Mounted.Where(part => part.Mount!.Problem is null))
        {
            PutIntoMount(part, part.Mount!.Place);
        }

        if (target.Own.Filter.IsActive)
        {
            report.Entries = target.Own.Filter.Entries + target.Mounted.Sum(part => part.Filter.Entries);
            report.Bytes = target.Own.Filter.Bytes + target.Mounted.Sum(part => part.Filter.Bytes);
        }

        losses.Tell(monitor);
    }

    /// <summary>Whether what is in the mount belongs to the volume is not known: so nothing there is removed.</summary>
    private void PutIntoMount(VolumePart part, string place)
    {
        monitor.Warn(new Notice(
            BackupError.NotKept, place,
            $"'{place}' is mounted in '{Place}': what was saved of it is put into it, and nothing else there is removed."));
        if (part.Mount!.Kind == FileKind.Directory)
        {
            using var root = fileSystem.OpenDirectory(place);
            WriteBelow(root, WriteMode.Merge, part);
        }
        else
        {
            new FileVolumeWriter(fileSystem, options.Durable, SetOwner).Rewrite(archive, content.Find(part), place, monitor, losses);
        }
    }

    private void StageAndSwap(IDirectory root, VolumeSwap swap)
    {
        root.GetStatus(out var before);
        try
        {
            var fresh = swap.Prepare();
            losses.Moved = (fresh.DisplayPath, Place);
            space.CheckStaging(fresh);
            FileMetadata? metadata;
            using (var writer = new TreeWriter(
                archive, fileSystem, fresh, SetOwner, WriteMode.Fresh, Writers, losses, monitor, cancellation, ParentsOf(target.Own)))
            {
                metadata = content.WriteTo(writer, target.Own, isNew);
                writer.Finish();
            }

            losses.Note(swap.SetRootMetadata(RootMetadata(metadata, root, before)), Place);
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
    }

    private void Finish(VolumeSwap swap, in FileStatus before)
    {
        try
        {
            losses.Note(swap.Finish(), Place);
        }
        catch (FileSystemException e) when (swap.IsPutBack)
        {
            Abandon(swap, before);
            throw RestoreErrors.FromPutBack(e, Place);
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

    private void EmptyAndFill(IDirectory root, VolumeSwap swap)
    {
        swap.Discard();
        space.CheckLargestFile(root);
        space.CheckInPlace(root);
        TreeRemover.RemoveContent(fileSystem.OpenDirectory(Place), target.Keep);
        WriteBelow(root, target.Keep.Children.Count > 0 ? WriteMode.Merge : WriteMode.Fresh, target.Own);
    }

    private void WriteOver(IDirectory root, VolumeSwap swap)
    {
        swap.Discard();
        space.CheckLargestFile(root);
        WriteBelow(root, target.IsMerged ? WriteMode.Merge : WriteMode.Replace, target.Own);
    }

    private void WriteBelow(IDirectory root, WriteMode mode, VolumePart part)
    {
        root.GetStatus(out var before);
        FileMetadata? metadata;
        using (var writer = new TreeWriter(
            archive, fileSystem, fileSystem.OpenDirectory(part.Mount?.Place ?? Place), SetOwner, mode, Writers, losses, monitor,
            cancellation, ParentsOf(part)))
        {
            metadata = content.WriteTo(writer, part, isNew && part == target.Own);
            writer.Finish();
        }

        if (metadata is { } rootMetadata)
        {
            losses.Note(root.SetMetadata(rootMetadata), root);
        }
        else
        {
            root.SetTime(before);
        }

        if (options.Durable)
        {
            root.FlushFileSystem();
        }
    }

    private Func<ReadOnlyMemory<byte>, FileMetadata?> ParentsOf(VolumePart part) => path =>
        target.Parents?.Find(archive, part.PathOf(path), SetOwner, losses);

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
