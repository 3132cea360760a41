using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Volumes.Restoring;

/// <summary>
/// Exchanges the content of a volume for what was extracted into its staging folder. Each step can be done again: whoever
/// finds the journal after a kill calls <see cref="Finish"/> and the volume is wholly new.
/// </summary>
internal sealed class VolumeSwap(IDirectory root, byte[] stagingName, KeepTree keep, bool durable)
{
    /// <summary>True when <see cref="Finish"/> failed with the old content wholly back where it was.</summary>
    public bool IsPutBack { get; private set; }

    /// <summary>Makes a fresh staging folder, throwing away an unfinished one that has no journal.</summary>
    /// <returns>The open folder <c>new</c>, in which nothing is inherited from the volume's root.</returns>
    public IDirectory Prepare()
    {
        Discard();
        root.CreateDirectory(stagingName, DirectoryMetadata.OwnerOnly);
        using var staging = root.OpenDirectory(stagingName);
        staging.GetStatus(out var status);

        // No default ACL and no setgid bit from the root: what is made below gets its own metadata only.
        staging.SetMetadata(new FileMetadata
        {
            Kind = FileKind.Directory,
            Mode = DirectoryMetadata.OwnerOnly,
            ModifiedAt = status.ModifiedAt,
            Attributes = [],
        });
        staging.CreateDirectory(StagingArea.New, DirectoryMetadata.OwnerOnly);
        staging.CreateDirectory(StagingArea.Old, DirectoryMetadata.OwnerOnly);
        staging.CreateDirectory(StagingArea.Root, DirectoryMetadata.OwnerOnly);
        return staging.OpenDirectory(StagingArea.New);
    }

    /// <summary>Removes what an earlier restore left that did not come to its swap.</summary>
    public void Discard() => TreeRemover.Remove(root, stagingName);

    /// <summary>Notes the metadata that the volume's root is to get, on a directory of its own: nothing to write down or parse.</summary>
    public MetadataLoss SetRootMetadata(in FileMetadata metadata)
    {
        using var staging = root.OpenDirectory(stagingName);
        using var carrier = staging.OpenDirectory(StagingArea.Root);
        return carrier.SetMetadata(metadata);
    }

    /// <summary>Lets a process without root's rights move what was extracted: see <see cref="ShutDirectories"/>.</summary>
    public void OpenShutDirectories()
    {
        using var staging = root.OpenDirectory(stagingName);
        using var fresh = staging.OpenDirectory(StagingArea.New);
        staging.CreateDirectory(StagingArea.Modes, DirectoryMetadata.OwnerOnly);
        using var modes = staging.OpenDirectory(StagingArea.Modes);
        ShutDirectories.Open(fresh, modes, keep);
    }

    /// <summary>Writes the journal: from here on the swap will be finished, by this process or the next.</summary>
    public void Begin()
    {
        using var staging = root.OpenDirectory(stagingName);
        if (durable)
        {
            staging.FlushFileSystem();
        }

        Mark(staging, StagingArea.SwapMark);
    }

    /// <summary>True when an earlier restore left a journal.</summary>
    public bool IsBegun()
    {
        if (!root.TryGetStatus(stagingName, out var status) || status.Kind != FileKind.Directory)
        {
            return false;
        }

        using var staging = root.OpenDirectory(stagingName);
        return staging.TryGetStatus(StagingArea.SwapMark, out _);
    }

    /// <summary>
    /// Moves the old out and the new in, sets the root's metadata and removes the staging folder. When something of the old
    /// cannot be moved, all of it is put back and there is no journal any more: see <see cref="IsPutBack"/>.
    /// </summary>
    /// <returns>What could not be set of the metadata of directories that stayed.</returns>
    public MetadataLoss Finish()
    {
        var loss = MetadataLoss.None;
        FileMetadata metadata;
        using (var staging = root.OpenDirectory(stagingName))
        {
            metadata = ReadRootMetadata(staging);
            if (!staging.TryGetStatus(StagingArea.FillMark, out _))
            {
                MoveOldOut(staging);
                Mark(staging, StagingArea.FillMark);
            }

            if (staging.TryGetStatus(StagingArea.New, out _))
            {
                using var fresh = staging.OpenDirectory(StagingArea.New);
                loss |= MoveIn(fresh, root, keep);
                Flush(root);
            }

            if (staging.TryGetStatus(StagingArea.Modes, out _))
            {
                using var modes = staging.OpenDirectory(StagingArea.Modes);
                ShutDirectories.Shut(root, modes);
                Flush(root);
            }

            TreeRemover.Remove(staging, StagingArea.Old);
            TreeRemover.Remove(staging, StagingArea.New);

            // While the journal stands, so that a kill only repeats it.
            root.SetMetadata(metadata);
            Flush(root);

            // With this mark gone the job is done; the other one must not go before it.
            staging.RemoveFile(StagingArea.SwapMark);
            Flush(staging);
        }

        TreeRemover.Remove(root, stagingName);

        // Removing the folder changed the root's time.
        loss |= root.SetMetadata(metadata);
        Flush(root);
        return loss;
    }

    /// <summary>Removes the staging folder of a restore that failed before it began to swap: the volume is as it was.</summary>
    /// <param name="before">The root's status before the restore began.</param>
    public void Abandon(in FileStatus before)
    {
        TreeRemover.Remove(root, stagingName);
        root.SetTime(before);
    }

    private static FileMetadata ReadRootMetadata(IDirectory staging)
    {
        using var carrier = staging.OpenDirectory(StagingArea.Root);
        return carrier.ReadMetadata();
    }

    private void Mark(IDirectory staging, ReadOnlySpan<byte> name)
    {
        staging.CreateFile(name, 0x180).Dispose();
        Flush(staging);
    }

    private void Flush(IDirectory directory)
    {
        if (durable)
        {
            directory.Flush();
        }
    }

    private void MoveOldOut(IDirectory staging)
    {
        using var old = staging.OpenDirectory(StagingArea.Old);
        var content = new OldContent(root, stagingName, old, keep, Flush);
        try
        {
            content.MoveOut();
        }
        catch (FileSystemException)
        {
            // An immutable file, another's folder in a sticky one, a new mount point.
            IsPutBack = TryPutBack(content, staging);
            throw;
        }
    }

    private bool TryPutBack(OldContent content, IDirectory staging)
    {
        try
        {
            content.PutBack();
            staging.RemoveFile(StagingArea.SwapMark);
            Flush(staging);
            return true;
        }
        catch (FileSystemException)
        {
            // The journal stands: the next restore tries again.
            return false;
        }
    }

    private MetadataLoss MoveIn(IDirectory from, IDirectory to, KeepTree kept)
    {
        var loss = MetadataLoss.None;
        var listing = from.List();
        for (int i = 0; i < listing.Count; i++)
        {
            var name = listing.NameOf(i).Span;
            switch (kept.Find(name))
            {
                case { IsKept: true }:
                    break;
                case { } inner when to.TryGetStatus(name, out _):
                    using (var fromInner = from.OpenDirectory(name))
                    using (var toInner = to.OpenDirectory(name))
                    {
                        loss |= MoveIn(fromInner, toInner, inner);
                        loss |= toInner.SetMetadata(fromInner.ReadMetadata());
                        Flush(toInner);
                    }

                    break;
                default:
                    from.Rename(name, to, name);
                    break;
            }
        }

        return loss;
    }
}
