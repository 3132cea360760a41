using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Entries;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Restoring;

/// <summary>
/// Makes hard links. A link's target may still be on its way to the disk, so links wait for the next time that all files
/// are written: to wait for each link's target alone would stop all writers each time.
/// </summary>
/// <param name="archivePath">The archive, for messages.</param>
/// <param name="aside">Where things are made that are to stand where others may write; null to make all at its place.</param>
/// <param name="targets">The files that links lead to; needed where others may write.</param>
/// <param name="losses">Knows the paths that a user will find.</param>
internal sealed class HardLinkWriter(
    string archivePath, Aside? aside, IReadOnlyDictionary<PathHash, LinkTarget> targets, LossLog losses) : IDisposable
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
    /// <param name="identity">Where to note what file it has become, for links to it.</param>
    public void Add(TargetDirectory directory, byte[] name, VolumeReader reader, IDirectory root, LinkTarget? identity)
    {
        var (targetParent, targetName) = DirectoryPath.Split(reader.LinkPath);
        if (targets.GetValueOrDefault(PathHash.Of(reader.LinkPath)) is { IsLeft: true })
        {
            Leave(EntryNames.PathOf(directory.Handle, name), reader.LinkPath, identity);
            return;
        }

        var link = new Link
        {
            Directory = directory,
            Name = name,
            TargetPath = reader.LinkPath,
            TargetName = targetName,
            Identity = identity,
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

        aside?.Dispose();
    }

    private void Make(in Link link, IDirectory root)
    {
        try
        {
            if (aside is null)
            {
                MakeAtItsPlace(link, root);
            }
            else
            {
                MakeAside(link, root);
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

    private void MakeAtItsPlace(in Link link, IDirectory root)
    {
        var handle = link.Directory.Handle;
        if (handle.TryGetStatus(link.Name, out var existing) && existing.Kind != FileKind.Directory)
        {
            NameTwin.Refuse(handle, link.Name, losses);
            handle.RemoveFile(link.Name);
        }

        handle.CreateHardLink(link.Name, link.TargetDirectory ?? root, link.TargetName.Span);
    }

    private void MakeAside(Link link, IDirectory root)
    {
        var handle = link.Directory.Handle;
        var target = targets.GetValueOrDefault(PathHash.Of(link.TargetPath)) ?? throw NoTarget(link);
        if (target.IsLeft)
        {
            Leave(EntryNames.PathOf(handle, link.Name), link.TargetPath, link.Identity);
            return;
        }

        if (handle.TryGetStatus(link.Name, out var existing) && target.Is(existing))
        {
            // Two names of one file already: then a rename does nothing at all.
            link.Identity?.Note(handle, link.Name);
            return;
        }

        bool isPut = aside!.Put(handle, link.Name, (making, name) =>
        {
            making.CreateHardLink(name, link.TargetDirectory ?? root, link.TargetName.Span);
            link.Identity?.Note(making, name);
            return making.TryGetStatus(name, out var made) && target.Is(made) ? true : throw NoTarget(link);
        });
        if (!isPut)
        {
            link.Identity?.Leave();
        }
    }

    /// <summary>What it leads to was not restored, and that was told.</summary>
    private void Leave(string path, byte[] targetPath, LinkTarget? identity)
    {
        identity?.Leave();
        losses.Note(new Notice(
            BackupError.NotKept, path,
            $"'{path}' is not restored: it is a hard link to '{EntryNames.ForMessage(targetPath)}', in whose place something else stays."));
    }

    private static bool IsNoTarget(FileError error) =>
        error is FileError.NotFound or FileError.NotADirectory or FileError.SymbolicLink or FileError.IsADirectory or FileError.AccessDenied;

    private BackupException NoTarget(in Link link) =>
        Unsafe(link, $"the hard link's target '{EntryNames.ForMessage(link.TargetPath)}' is not there, or cannot be linked.");

    private BackupException Unsafe(in Link link, string problem) =>
        ArchiveErrors.Unsafe(archivePath, link.Offset, link.EntryName, problem);

    private struct Link
    {
        public TargetDirectory Directory;
        public byte[] Name;

        /// <summary>Null when it is the root.</summary>
        public IDirectory? TargetDirectory;
        public byte[] TargetPath;
        public ReadOnlyMemory<byte> TargetName;

        /// <summary>Other links may lead to this one.</summary>
        public LinkTarget? Identity;
        public long Offset;
        public byte[] EntryName;
    }
}
