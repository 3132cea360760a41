using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Jobs;

namespace Snapshotter.Engine.Restoring;

/// <summary>What stands in a volume before the swap: moved out of the way, or back again when a part of it cannot be moved.</summary>
/// <param name="root">The volume's root.</param>
/// <param name="old">Where the content goes.</param>
/// <param name="keep">What stays, besides staging folders of ours.</param>
/// <param name="ours">What staging folders have here.</param>
/// <param name="flush">Makes a directory durable, where that is wanted.</param>
/// <param name="mover">Moves it.</param>
internal sealed class OldContent(IDirectory root, IDirectory old, KeepTree keep, Ownership ours, Action<IDirectory> flush, TreeMover mover)
{
    /// <summary>The metadata of directories that stay while their content goes.</summary>
    private readonly Dictionary<KeepTree, (FileId Id, FileMetadata Metadata)> stayed = [];

    /// <summary>Directories that had to be opened to their owner to be moved.</summary>
    private readonly List<OpenedDirectory> opened = [];

    /// <summary>Moves everything out that is to go. What an earlier process has moved is left where it is.</summary>
    /// <exception cref="FileSystemException">Something cannot be moved; see <see cref="PutBack()"/>.</exception>
    public void MoveOut()
    {
        MoveOut(root, old, keep);
        flush(old);
        flush(root);
    }

    /// <summary>Moves back what was moved out, and gives directories back the metadata they had.</summary>
    public void PutBack()
    {
        PutBack(old, root, keep);
        flush(root);
        flush(old);
    }

    private void MoveOut(IDirectory from, IDirectory to, KeepTree level)
    {
        var listing = from.List();
        for (int i = 0; i < listing.Count; i++)
        {
            var name = listing.NameOf(i).Span;
            if (from == root && StagingFolder.IsOurs(from, name, ours))
            {
                continue;
            }

            switch (level.Find(name))
            {
                case null:
                    MoveOut(from, to, name, level);
                    break;
                case { IsKept: false } inner:
                    if (!to.TryGetStatus(name, out _))
                    {
                        to.CreateDirectory(name, DirectoryMetadata.OwnerOnly);
                    }

                    using (var fromInner = from.OpenDirectory(name))
                    using (var toInner = to.OpenDirectory(name))
                    {
                        fromInner.GetStatus(out var status);
                        stayed[inner] = (status.Id, fromInner.ReadMetadata());
                        MoveOut(fromInner, toInner, inner);
                        flush(toInner);
                        flush(fromInner);
                    }

                    break;
            }
        }
    }

    private void MoveOut(IDirectory from, IDirectory to, ReadOnlySpan<byte> name, KeepTree level)
    {
        try
        {
            mover.MoveOut(from, name, to);
        }
        catch (FileSystemException e) when (e.Error == FileError.AccessDenied)
        {
            // See ShutDirectories. It will be removed: its mode matters no more, unless it has to be put back.
            if (!from.TryGetStatus(name, out var status) || status.Kind != FileKind.Directory)
            {
                throw;
            }

            opened.Add(new OpenedDirectory(level, name.ToArray(), status));
            from.OpenToOwner(name, status);
            mover.MoveOut(from, name, to);
        }
    }

    private void PutBack(IDirectory from, IDirectory to, KeepTree level)
    {
        var listing = from.List();
        for (int i = 0; i < listing.Count; i++)
        {
            var name = listing.NameOf(i).Span;
            if (level.Find(name) is not { } inner)
            {
                mover.MoveBack(from, name, to);
                continue;
            }

            using var fromInner = from.OpenDirectory(name);
            using var toInner = to.OpenDirectory(name);
            PutBack(fromInner, toInner, inner);
            toInner.GetStatus(out var status);
            if (stayed.TryGetValue(inner, out var before) && before.Id == status.Id)
            {
                toInner.SetMetadata(before.Metadata);
            }

            flush(toInner);
        }

        foreach (var directory in opened.Where(o => o.Level == level))
        {
            to.SetMode(directory.Name, directory.Before, directory.Before.Mode);
        }
    }

    private sealed record OpenedDirectory(KeepTree Level, byte[] Name, FileStatus Before);
}
