using System.Text;
using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Entries;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Jobs;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Restoring.Preflight;

namespace Snapshotter.Engine.Restoring;

/// <summary>
/// Restores a volume that is a folder, once all was validated: staged and swapped, in place, or over what is there, where
/// that is a part of it only or something of it is missing in the archive.
/// </summary>
internal sealed class FolderRestore(
    IFileSystem fileSystem, ArchiveFile archive, RestoreOptions options, RestoreTarget target, JobMonitor monitor, CancellationToken cancellation)
{
    private readonly LossLog losses = new();
    private readonly VolumeContent content = new(
        archive, target, new ArchivedStaging(archive, target, fileSystem.Traits, setOwner: !options.NoOwner), monitor, cancellation);

    private bool isNew;

    private bool SetOwner => !options.NoOwner;

    private int Writers => ThreadCount.Of(options.Writers);

    private string Place => target.Planned.Path;

    public void Restore(VolumeReport report)
    {
        isNew = !fileSystem.TryGetStatus(Place, out _);
        fileSystem.CreateDirectories(Place);
        using var root = fileSystem.OpenDirectory(Place);
        root.GetStatus(out var before);
        using (var staging = Enter(root, Place))
        {
            FinishInterrupted(root, staging, ref before);
            switch (target.Way)
            {
                case RestoreWay.Over:
                    WriteOver(root, staging, before, target.Own);
                    break;
                case RestoreWay.InPlace:
                    EmptyAndFill(root, staging, before);
                    break;
                default:
                    StageAndSwap(root, staging, before);
                    break;
            }

            TellStuck(staging, Place);
        }

        losses.Moved = null;
        foreach (var part in target.Mounted.Where(part => part.Mount!.Problem is null))
        {
            PutIntoMount(root, part, part.Mount!);
        }

        if (target.Own.Filter.IsActive || target.Unfit.Count > 0 || content.HasLeft)
        {
            // Of a whole volume the root counts as well.
            report.Entries = target.Own.Filter.Entries + (target.Own.Filter.IsActive ? 0 : 1) + target.Mounted.Sum(part => part.Filter.Entries);
            report.Bytes = target.Own.Filter.Bytes + target.Mounted.Sum(part => part.Filter.Bytes);
        }

        losses.Tell(monitor.Warn, monitor.Problem);
    }

    private StagingArea Enter(IDirectory root, string place) =>
        StagingArea.Enter(root, fileSystem.Traits, place, options.Wait, cancellation);

    /// <summary>Whether what is in the mount belongs to the volume is not known: so nothing there is removed.</summary>
    private void PutIntoMount(IDirectory volume, VolumePart part, NestedMount mount)
    {
        string place = mount.Place;
        monitor.Warn(new Notice(
            BackupError.NotKept, place,
            $"'{place}' is mounted in '{Place}': what was saved of it is put into it, and nothing else there is removed."));
        if (mount.Kind != FileKind.Directory)
        {
            using var file = mount.OpenFile(volume);
            new FileVolumeWriter(fileSystem, options.Durable, SetOwner).Rewrite(archive, content.Find(part), file, place, monitor, losses);
            return;
        }

        using var root = mount.OpenDirectory(volume);
        root.GetStatus(out var before);
        using var staging = Enter(root, place);
        if (staging.Interrupted().Any())
        {
            throw StagingFolder.Interrupted(place);
        }

        staging.Clear();
        WriteOver(root, staging, before, part);
        TellStuck(staging, place);
    }

    /// <summary>It is no part of the volume any more, but takes room there, and somebody wanted it to stay.</summary>
    private void TellStuck(StagingArea staging, string place)
    {
        if (staging.Stuck.Count > 0)
        {
            monitor.Problem(new Notice(
                BackupError.OldContentLeft, place,
                $"'{place}' is restored, but {Shown.Count(staging.Stuck.Count, "name", "names")} of what was there before cannot be removed, and "
                + $"{(staging.Stuck.Count == 1 ? "stays" : "stay")} in a folder "
                + $"of which no backup takes anything: {staging.Stuck}. The next restore tries again."));
        }
    }

    private void FinishInterrupted(IDirectory root, StagingArea staging, ref FileStatus before)
    {
        foreach (var left in staging.Interrupted())
        {
            monitor.Reporter.Detail($"An earlier restore of '{Place}' was interrupted while it swapped; it is finished first.");
            using var swap = Swap(root, left);
            Finish(swap, root, staging, before);
            root.GetStatus(out before);
        }

        staging.Clear();
    }

    private VolumeSwap Swap(IDirectory root, IDirectory staging) =>
        new(root, staging, target.Keep, options.Durable, fileSystem.Traits, losses);

    private void StageAndSwap(IDirectory root, StagingArea staging, in FileStatus before)
    {
        using var swap = Swap(root, staging.Directory);
        try
        {
            var fresh = swap.Prepare();
            losses.Moved = (fresh.DisplayPath, Place);
            FileMetadata? metadata;
            using (var writer = new TreeWriter(
                archive, fileSystem, fresh, SetOwner, place: null, WriteMode.Fresh, Writers, losses, monitor,
                ParentsOf(target.Own), cancellation))
            {
                metadata = content.WriteTo(writer, target.Own, isNew);
                writer.Finish();
            }

            swap.SetRootMetadata(RootMetadata(metadata, root, before));
            if (!fileSystem.Traits.IsPrivileged)
            {
                swap.OpenShutDirectories();
            }

            cancellation.ThrowIfCancellationRequested();
            RefuseWhatIsInUse(root);
            swap.Begin();
        }
        catch
        {
            Abandon(root, staging, before);
            throw;
        }

        var wanted = Finish(swap, root, staging, before);
        End(root, staging, wanted);
    }

    /// <summary>Windows keeps what others have open from being moved: it was looked at before, but the extraction took its time.</summary>
    private void RefuseWhatIsInUse(IDirectory root)
    {
        if (fileSystem.Traits.HasReservedNames
            && TreeSurvey.Of(root.Reopen(), target.Keep, fileSystem.Traits).Obstacles is { Count: > 0 } obstacles)
        {
            throw new BackupException(
                BackupError.VolumeNotWritable, $"'{Place}' cannot be restored: {string.Join("; ", obstacles)}. Nothing was changed.", Place);
        }
    }

    private FileMetadata Finish(VolumeSwap swap, IDirectory root, StagingArea staging, in FileStatus before)
    {
        try
        {
            return swap.Finish();
        }
        catch (FileSystemException e) when (swap.IsPutBack)
        {
            Abandon(root, staging, before);
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

    private void EmptyAndFill(IDirectory root, StagingArea staging, in FileStatus before)
    {
        IDirectory? made = null;
        try
        {
            made = staging.Make(StagingFolder.Made);
            if (!staging.IsHalf)
            {
                staging.Mark(StagingFolder.HalfMark, options.Durable);
            }
        }
        catch
        {
            made?.Dispose();
            Abandon(root, staging, before);
            throw;
        }

        // From here on a failure leaves the mark.
        using (made)
        {
            var was = before;
            TellHalf(Place, isEmptied: true, () => Refill(root, staging, made, was));
        }
    }

    private void Refill(IDirectory root, StagingArea staging, IDirectory made, in FileStatus before)
    {
        var mode = target.Keep.Children.Count > 0 ? WriteMode.Merge : WriteMode.Fresh;
        var ours = StagingFolder.OwnershipAt(staging.Directory);
        foreach (byte[] name in StagingFolder.FoldersIn(root).Where(name => StagingFolder.IsOurs(root, name, ours)))
        {
            target.Keep.Add([Encoding.ASCII.GetString(name)], KeepReason.Other);
        }

        TreeRemover.RemoveContent(root.Reopen(), target.Keep);
        var metadata = RootMetadata(Fill(root, made, mode, target.Own), root, before);
        root.SetMetadata(metadata);
        Flush(root);
        staging.EndHalf(options.Durable);
        End(root, staging, metadata);
    }

    /// <summary>Whatever ends the work that changes a place file by file: the user is told that it is neither what it was nor what was saved.</summary>
    private void TellHalf(string place, bool isEmptied, Action work)
    {
        try
        {
            work();
        }
        catch
        {
            monitor.Warn(RestoreErrors.Half(place, isEmptied));
            throw;
        }
    }

    private void WriteOver(IDirectory root, StagingArea staging, in FileStatus before, VolumePart part)
    {
        FileMetadata? metadata = null;
        try
        {
            using var made = staging.Make(StagingFolder.Made);
            TellHalf(part.Mount?.Place ?? Place, isEmptied: false, () => metadata = Fill(root, made, WriteMode.Merge, part));
            Flush(root);
        }
        catch
        {
            Abandon(root, staging, before);
            throw;
        }

        if (metadata is { } wanted)
        {
            End(root, staging, wanted);
        }
        else
        {
            staging.Remove();
            root.SetTime(before);
        }
    }

    private FileMetadata? Fill(IDirectory root, IDirectory made, WriteMode mode, VolumePart part)
    {
        using var writer = new TreeWriter(
            archive, fileSystem, root.Reopen(), SetOwner, new OpenPlace(made, part.LinkTargets, options.Durable), mode, Writers,
            losses, monitor, ParentsOf(part), cancellation);
        var metadata = content.WriteTo(writer, part, isNew && part == target.Own);
        writer.Finish();
        return metadata;
    }

    private Func<ReadOnlyMemory<byte>, FileMetadata?> ParentsOf(VolumePart part) => path =>
        target.Parents?.Find(archive, part.PathOf(path), SetOwner, losses);

    private void Flush(IDirectory root)
    {
        if (options.Durable)
        {
            root.FlushFileSystem();
        }
    }

    /// <summary>Removes the staging folder, which changes the root's time: so that is set again.</summary>
    private void End(IDirectory root, StagingArea staging, in FileMetadata wanted)
    {
        staging.Remove();
        losses.Note(root.SetMetadata(wanted), root);
        if (options.Durable)
        {
            root.Flush();
        }
    }

    /// <summary>After a failure: the volume is as it was, but for the mark that one before left it half empty.</summary>
    private static void Abandon(IDirectory root, StagingArea staging, in FileStatus before)
    {
        try
        {
            if (!staging.Interrupted().Any())
            {
                staging.Remove();
                root.SetTime(before);
            }
        }
        catch (FileSystemException)
        {
            // What is left of the staging folder is removed by the next restore, and is no part of any backup.
        }
    }
}
