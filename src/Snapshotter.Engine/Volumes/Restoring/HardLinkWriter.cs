using Snapshotter.Engine.Archive;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Volumes.Reading;

namespace Snapshotter.Engine.Volumes.Restoring;

/// <summary>
/// Makes hard links. A link's target may still be on its way to the disk, so links wait for the next time that all files
/// are written: to wait for each link's target alone would stop all writers each time.
/// </summary>
/// <param name="archivePath">The archive, for messages.</param>
/// <param name="mode">What becomes of what stands there.</param>
/// <param name="losses">Where links that cannot be made are noted.</param>
internal sealed class HardLinkWriter(string archivePath, WriteMode mode, LossLog losses) : IDisposable
{
    /// <summary>Each link that waits may hold two directories open.</summary>
    private const int MaxWaiting = 128;

    private readonly Queue<Link> waiting = new(MaxWaiting);

    public bool IsFull => waiting.Count == MaxWaiting;

    /// <summary>Takes a link in.</summary>
    /// <param name="directory">Where it is to stand.</param>
    /// <param name="name">Its name there.</param>
    /// <param name="reader">Stands at its entry.</param>
    /// <param name="root">The directory that all paths are below.</param>
    public void Add(TargetDirectory directory, byte[] name, VolumeReader reader, IDirectory root)
    {
        var (targetParent, targetName) = DirectoryPath.Split(reader.LinkPath);
        var link = new Link
        {
            Directory = directory,
            Name = name,
            TargetPath = reader.LinkPath,
            TargetName = targetName,
            Offset = reader.Entry.HeaderOffset,
            EntryName = reader.Entry.Name.ToArray(),
        };
        try
        {
            // Opened now: once all in it is written, it may be shut even to its owner.
            link.TargetDirectory = root.OpenBelow(targetParent);
        }
        catch (FileSystemException e) when (IsNoTarget(e.Error))
        {
            throw NoTarget(link);
        }

        directory.AddReference();
        waiting.Enqueue(link);
    }

    /// <summary>Makes the links, in their order, when all their targets are written.</summary>
    /// <param name="root">The directory that all paths are below.</param>
    /// <returns>How many there were.</returns>
    public int MakeAll(IDirectory root)
    {
        int made = 0;
        for (; waiting.TryPeek(out var link); made++)
        {
            Make(link, root);
            waiting.Dequeue();
            link.TargetDirectory?.Dispose();
            link.Directory.Release();
        }

        return made;
    }

    /// <summary>Closes what is open, when the work is given up.</summary>
    public void Dispose()
    {
        foreach (var link in waiting)
        {
            link.TargetDirectory?.Dispose();
            link.Directory.Abandon();
        }
    }

    private void Make(in Link link, IDirectory root)
    {
        var handle = link.Directory.Handle;
        if (mode == WriteMode.Merge && !RestoreWorker.MakeWay(handle, link.Name, losses))
        {
            return;
        }

        byte[] temporary = mode != WriteMode.Fresh ? RestoreWorker.ReplacementName(link.Name) : link.Name;
        try
        {
            if (handle.TryGetStatus(temporary, out var existing) && existing.Kind != FileKind.Directory)
            {
                handle.RemoveFile(temporary);
            }

            handle.CreateHardLink(temporary, link.TargetDirectory ?? root, link.TargetName.Span);
            if (mode != WriteMode.Fresh)
            {
                RestoreWorker.PutInPlace(handle, temporary, link.Name);

                // Two names of one file already: then a rename does nothing at all.
                TreeRemover.Remove(handle, temporary);
            }
        }
        catch (FileSystemException e) when (e.Error == FileError.Exists)
        {
            throw Unsafe(link, "a directory of its name stands there already.");
        }
        catch (FileSystemException e) when (IsNoTarget(e.Error))
        {
            throw NoTarget(link);
        }
    }

    private static bool IsNoTarget(FileError error) =>
        error is FileError.NotFound or FileError.NotADirectory or FileError.SymbolicLink or FileError.IsADirectory or FileError.AccessDenied;

    private Reporting.BackupException NoTarget(in Link link) =>
        Unsafe(link, $"the hard link's target '{EntryNames.ForMessage(link.TargetPath)}' is not there, or cannot be linked.");

    private Reporting.BackupException Unsafe(in Link link, string problem) =>
        ArchiveErrors.Unsafe(archivePath, link.Offset, link.EntryName, problem);

    private struct Link
    {
        public TargetDirectory Directory;
        public byte[] Name;

        /// <summary>Null when it is the root.</summary>
        public IDirectory? TargetDirectory;
        public byte[] TargetPath;
        public ReadOnlyMemory<byte> TargetName;
        public long Offset;
        public byte[] EntryName;
    }
}
