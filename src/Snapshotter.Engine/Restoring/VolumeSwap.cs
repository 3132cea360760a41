using Snapshotter.Engine.Entries;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Jobs;

namespace Snapshotter.Engine.Restoring;

/// <summary>
/// Exchanges the content of a volume for what was extracted into its staging folder. Each step can be done again: whoever
/// finds the journal after a kill calls <see cref="Finish"/> and the volume is wholly new.
/// </summary>
/// <param name="root">The volume's root.</param>
/// <param name="staging">The open staging folder: see <see cref="StagingArea"/>.</param>
/// <param name="keep">What stays in the volume as it is.</param>
/// <param name="durable">False leaves out the flushes.</param>
/// <param name="traits">Who this process is.</param>
/// <param name="losses">Where metadata that cannot be set is noted.</param>
internal sealed class VolumeSwap(
    IDirectory root, IDirectory staging, KeepTree keep, bool durable, FileSystemTraits traits, LossLog losses) : IDisposable
{
    private readonly TreeMover mover = new(staging, traits, durable);

    /// <summary>True when <see cref="Finish"/> failed with the old content wholly back where it was.</summary>
    public bool IsPutBack { get; private set; }

    public void Dispose() => mover.Dispose();

    /// <summary>Makes the folders in an empty staging folder.</summary>
    /// <returns>The open folder <c>new</c>.</returns>
    public IDirectory Prepare()
    {
        staging.CreateDirectory(StagingFolder.New, Ownership.OwnerOnly);
        staging.CreateDirectory(StagingFolder.Old, Ownership.OwnerOnly);
        staging.CreateDirectory(StagingFolder.Root, Ownership.OwnerOnly);
        return staging.OpenDirectory(StagingFolder.New);
    }

    /// <summary>Notes the metadata that the volume's root is to get, on a directory of its own: nothing to write down or parse.</summary>
    public MetadataLoss SetRootMetadata(in FileMetadata metadata)
    {
        using var carrier = staging.OpenDirectory(StagingFolder.Root);
        return carrier.SetMetadata(metadata);
    }

    /// <summary>Lets a process without root's rights move what was extracted: see <see cref="ShutDirectories"/>.</summary>
    public void OpenShutDirectories()
    {
        using var fresh = staging.OpenDirectory(StagingFolder.New);
        staging.CreateDirectory(StagingFolder.Modes, Ownership.OwnerOnly);
        using var modes = staging.OpenDirectory(StagingFolder.Modes);
        ShutDirectories.Open(fresh, modes, keep);
    }

    /// <summary>Writes the journal: from here on the swap will be finished, by this process or the next.</summary>
    public void Begin()
    {
        if (durable)
        {
            staging.FlushFileSystem();
        }

        Mark(StagingFolder.SwapMark);
    }

    /// <summary>True once the journal stands.</summary>
    public bool IsBegun() => staging.TryGetStatus(StagingFolder.SwapMark, out _);

    /// <summary>
    /// Moves the old out and the new in, and sets the root's metadata; the staging folder, all of it of no more use, is left
    /// for the caller to remove. When something of the old cannot be moved, all of it is put back and there is no journal any
    /// more: see <see cref="IsPutBack"/>. What is out and cannot be removed stays in the staging folder.
    /// </summary>
    /// <returns>The root's metadata, which is to be set again when the staging folder is gone: that changes the root's time.</returns>
    public FileMetadata Finish()
    {
        var metadata = ReadRootMetadata();
        if (!staging.TryGetStatus(StagingFolder.FillMark, out _))
        {
            MoveOldOut();
            Mark(StagingFolder.FillMark);
        }

        if (staging.TryGetStatus(StagingFolder.New, out _))
        {
            using var fresh = staging.OpenDirectory(StagingFolder.New);
            MoveIn(fresh, root, keep);
            Flush(root);
        }

        if (staging.TryGetStatus(StagingFolder.Modes, out _))
        {
            using var modes = staging.OpenDirectory(StagingFolder.Modes);
            ShutDirectories.Shut(root, modes);
            Flush(root);
        }

        // What cannot go stays in the folder: the volume is whole all the same. Who clears that tells of it.
        var stuck = new StuckEntries();
        TreeRemover.RemoveWhatGoes(staging, StagingFolder.Old, stuck);
        TreeRemover.Remove(staging, StagingFolder.New);
        TreeRemover.RemoveWhatGoes(staging, StagingFolder.Made, stuck);

        // While the journal stands, so that a kill only repeats it.
        root.SetMetadata(metadata);
        Flush(root);
        if (staging.TryGetStatus(StagingFolder.HalfMark, out _))
        {
            // Emptied by one restore, filled by another.
            staging.RemoveFile(StagingFolder.HalfMark);
        }

        // With this mark gone the job is done; that of the filling must not go before it.
        staging.RemoveFile(StagingFolder.SwapMark);
        Flush(staging);
        return metadata;
    }

    private FileMetadata ReadRootMetadata()
    {
        using var carrier = staging.OpenDirectory(StagingFolder.Root);
        return carrier.ReadMetadata();
    }

    private void Mark(ReadOnlySpan<byte> name)
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

    private void MoveOldOut()
    {
        using var old = staging.OpenDirectory(StagingFolder.Old);
        var content = new OldContent(root, old, keep, StagingFolder.OwnershipAt(staging), Flush, mover);
        try
        {
            content.MoveOut();
        }
        catch (FileSystemException)
        {
            // An immutable file, another's folder in a sticky one, a new mount point.
            IsPutBack = TryPutBack(content);
            throw;
        }
    }

    private bool TryPutBack(OldContent content)
    {
        try
        {
            content.PutBack();
            mover.Rejoin(root);
            staging.RemoveFile(StagingFolder.SwapMark);
            Flush(staging);
            return true;
        }
        catch (FileSystemException)
        {
            // The journal stands: the next restore tries again.
            return false;
        }
    }

    private void MoveIn(IDirectory from, IDirectory to, KeepTree kept)
    {
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
                        MoveIn(fromInner, toInner, inner);
                        var metadata = ExistingDirectory.Allow(fromInner.ReadMetadata(), to, toInner, traits, out var loss);
                        losses.Note(loss | toInner.SetMetadata(metadata), toInner);
                        Flush(toInner);
                    }

                    break;
                default:
                    MoveIn(from, to, name);
                    break;
            }
        }
    }

    /// <summary>The old is out: what stands there now was put there since, by a program that goes on in the volume. It gives way.</summary>
    private void MoveIn(IDirectory from, IDirectory to, ReadOnlySpan<byte> name)
    {
        try
        {
            mover.MoveIn(from, name, to);
        }
        catch (FileSystemException e) when (e.Error is FileError.NotEmpty or FileError.Exists or FileError.IsADirectory or FileError.NotADirectory)
        {
            TreeRemover.Remove(to, name);
            mover.MoveIn(from, name, to);
        }
    }
}
