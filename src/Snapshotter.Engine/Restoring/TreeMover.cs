using Snapshotter.Engine.Archive;
using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Restoring;

/// <summary>
/// Moves names between directories of one volume: by renaming, and where the file system cannot do that (a directory of a
/// lower layer of an overlay, a name on another branch of a union, a project with a quota of its own) entry by entry, each
/// renamed, or copied and then removed. Whoever is killed in the middle goes on where it was: a directory that is there already
/// is filled. No name of a directory that others may write to is trusted: what is made for it is made in a folder of its own.
/// </summary>
/// <param name="staging">The staging folder, for names of files that have several.</param>
/// <param name="traits">Who this process is.</param>
/// <param name="durable">What is copied is flushed before it goes from its old place.</param>
internal sealed class TreeMover(IDirectory staging, FileSystemTraits traits, bool durable) : IDisposable
{
    /// <summary>Directories are gone through by recursion, with three handles a level.</summary>
    private const int MaxDepth = 200;

    /// <summary>Whoever writes there goes on: what comes while a directory is emptied is moved as well, up to a point.</summary>
    private const int MaxPasses = 3;

    private readonly KeptLinks links = new(staging);

    /// <summary>Moves something old out of the way. When it fails all of it is back, as far as that is possible.</summary>
    /// <param name="from">The directory it is in.</param>
    /// <param name="name">The name, there and then here.</param>
    /// <param name="to">The directory it goes to. What stands there was moved out before a kill; it is older and stays.</param>
    public void MoveOut(IDirectory from, ReadOnlySpan<byte> name, IDirectory to) => Move(from, name, to, MoveWay.Out);

    /// <summary>Moves something old back to where it was: what a program put there meanwhile gives way.</summary>
    /// <inheritdoc cref="MoveOut"/>
    public void MoveBack(IDirectory from, ReadOnlySpan<byte> name, IDirectory to) => Move(from, name, to, MoveWay.Back);

    /// <summary>Moves something new to its place.</summary>
    /// <param name="from">The directory it is in.</param>
    /// <param name="name">The name, there and then here.</param>
    /// <param name="to">The directory it goes to.</param>
    /// <exception cref="FileSystemException">Something else stands there, among other things.</exception>
    public void MoveIn(IDirectory from, ReadOnlySpan<byte> name, IDirectory to) => Move(from, name, to, MoveWay.In);

    /// <summary>Once all is back: see <see cref="KeptLinks.Rejoin(IDirectory)"/>.</summary>
    public void Rejoin(IDirectory root) => links.Rejoin(root);

    public void Dispose() => links.Dispose();

    private void Move(IDirectory from, ReadOnlySpan<byte> name, IDirectory to, MoveWay way)
    {
        using var place = new MovePlace(to);
        Move(from, name, place, way, 0);
    }

    private void Move(IDirectory from, ReadOnlySpan<byte> name, MovePlace to, MoveWay way, int depth)
    {
        if (!from.TryGetStatus(name, out var before))
        {
            // Somebody was faster.
            return;
        }

        if (before.Kind != FileKind.Directory && links.TryPut(before.Id, to.Directory, name))
        {
            RemoveMoved(from, name, before.Id, to.Directory, way);
            return;
        }

        try
        {
            from.Rename(name, to.Directory, name);
        }
        catch (FileSystemException e) when (depth < MaxDepth && MayGoOn(e.Error, way, depth) && before.IsMountRoot != true)
        {
            if (!TryOtherwise(from, name, to, before, way, depth, isAcross: e.Error == FileError.CrossDevice))
            {
                throw;
            }
        }

        // An overlay gives each name that is renamed a file of its own.
        if (before.Kind != FileKind.Directory && before.LinkCount > 1 && !links.Has(before.Id) && to.Directory.TryGetStatus(name, out var after) && after.Id != before.Id)
        {
            links.Note(before.Id, to.Directory, name);
        }
    }

    private static bool MayGoOn(FileError error, MoveWay way, int depth) => error switch
    {
        FileError.CrossDevice => true,
        FileError.NotEmpty or FileError.Exists or FileError.IsADirectory or FileError.NotADirectory => way != MoveWay.In || depth > 0,
        _ => false,
    };

    private bool TryOtherwise(
        IDirectory from, ReadOnlySpan<byte> name, MovePlace to, in FileStatus before, MoveWay way, int depth, bool isAcross)
    {
        bool isThere = to.Directory.TryGetStatus(name, out var there);
        bool isDirectory = before.Kind == FileKind.Directory;
        if (isThere && (there.IsMountRoot == true || (there.Kind == FileKind.Directory) != isDirectory))
        {
            if (there.IsMountRoot == true)
            {
                return false;
            }

            GiveWay(from, name, to, way, depth);
            return true;
        }

        if (isDirectory)
        {
            MoveDirectory(from, name, to, before, isThere, way, depth);
            return true;
        }

        if (isAcross)
        {
            TreeCopy.Copy(from, name, to, before, links, durable);
            RemoveMoved(from, name, before.Id, to.Directory, way);
        }

        return isAcross;
    }

    /// <summary>A directory and something else have one name: what a program put into the volume since goes.</summary>
    private void GiveWay(IDirectory from, ReadOnlySpan<byte> name, MovePlace to, MoveWay way, int depth)
    {
        if (way == MoveWay.Out)
        {
            TreeRemover.Remove(from, name);
            return;
        }

        TreeRemover.Remove(to.Directory, name);
        Move(from, name, to, way, depth + 1);
    }

    private void MoveDirectory(
        IDirectory from, ReadOnlySpan<byte> name, MovePlace to, in FileStatus before, bool isThere, MoveWay way, int depth)
    {
        if (!traits.IsPrivileged)
        {
            from.OpenToOwner(name, before);
        }

        using var source = from.OpenDirectory(name);
        source.GetStatus(out var opened);
        if (opened.Id != before.Id)
        {
            throw Moved(source.DisplayPath);
        }

        var metadata = source.ReadMetadata();
        metadata.Mode = before.Mode;
        using var target = isThere ? to.Directory.OpenDirectory(name) : TreeCopy.MakeDirectory(to, name, metadata, traits);
        try
        {
            if (isThere)
            {
                AtomicFile.RemoveLeftovers(target, traits);
            }

            MoveContent(source, target, way, depth + 1);
            if (!isThere)
            {
                target.SetMetadata(metadata);
            }

            if (durable)
            {
                target.Flush();
            }

            RemoveSame(from, name, before.Id);
        }
        catch (FileSystemException) when (way == MoveWay.Out)
        {
            TryMoveBack(target, source, metadata, depth + 1);
            RemoveIfEmpty(to.Directory, name);
            throw;
        }
    }

    private void MoveContent(IDirectory from, IDirectory to, MoveWay way, int depth)
    {
        using var place = new MovePlace(to);
        for (int pass = 0; pass < MaxPasses; pass++)
        {
            var listing = from.List();
            for (int i = 0; i < listing.Count; i++)
            {
                Move(from, listing.NameOf(i).Span, place, way, depth);
            }
        }
    }

    private void TryMoveBack(IDirectory from, IDirectory to, in FileMetadata metadata, int depth)
    {
        try
        {
            MoveContent(from, to, MoveWay.Back, depth);
            to.SetMetadata(metadata);
        }
        catch (FileSystemException)
        {
            // What failed before is told. The rest stays where it was moved to, and is moved back later, or the journal stands.
        }
    }

    private static void RemoveIfEmpty(IDirectory directory, ReadOnlySpan<byte> name)
    {
        try
        {
            directory.RemoveDirectory(name);
        }
        catch (FileSystemException)
        {
            // Not all that was in it could be put back.
        }
    }

    /// <summary>Removes a file that has a copy, or another name. What cannot go, and was to be moved out, has none.</summary>
    private static void RemoveMoved(IDirectory from, ReadOnlySpan<byte> name, FileId id, IDirectory to, MoveWay way)
    {
        try
        {
            RemoveSame(from, name, id);
        }
        catch (FileSystemException) when (way == MoveWay.Out && from.TryGetStatus(name, out var status) && status.Id == id)
        {
            to.RemoveFile(name);
            throw;
        }
    }

    /// <summary>Removes a name that still stands for what was moved: a directory that is empty now, or a file that has another name.</summary>
    private static void RemoveSame(IDirectory directory, ReadOnlySpan<byte> name, FileId id)
    {
        if (!directory.TryGetStatus(name, out var status))
        {
            return;
        }

        if (status.Id != id)
        {
            throw Moved(EntryNames.PathOf(directory, name));
        }

        if (status.Kind == FileKind.Directory)
        {
            directory.RemoveDirectory(name);
        }
        else
        {
            directory.RemoveFile(name);
        }
    }

    private static FileSystemException Moved(string path) =>
        new(FileError.Moved, "move", path, "it was exchanged while it was being moved");

    private enum MoveWay
    {
        Out,
        Back,
        In,
    }
}
