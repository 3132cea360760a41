using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Restoring;

/// <summary>
/// Removes a tree without following a link and without recursion, however deep it is. Somebody who owns a part of it may move
/// things meanwhile: a name is only ever removed in a directory that was entered from the root and is known by its handle, so
/// that what stands outside is not touched. What is gone already is as good as removed; at what was exchanged, or lies on
/// another mount, the work ends.
/// </summary>
internal static class TreeRemover
{
    /// <summary>Removes a name, whatever it is.</summary>
    /// <param name="parent">What it is in; stays open.</param>
    /// <param name="name">The name.</param>
    /// <exception cref="FileSystemException">Some of it cannot be removed; see <see cref="RemoveContent"/>.</exception>
    public static void Remove(IDirectory parent, ReadOnlySpan<byte> name)
    {
        if (!parent.TryGetStatus(name, out var status))
        {
            return;
        }

        if (status.Kind != FileKind.Directory)
        {
            parent.RemoveFile(name);
            return;
        }

        byte[] only = name.ToArray();
        Walk(new TreeDirectory(parent, []), null, cursor => cursor.Descend(only));
    }

    /// <summary>Removes as much as possible of a directory, and it.</summary>
    /// <param name="parent">What it is in; stays open.</param>
    /// <param name="name">The name.</param>
    /// <param name="stuck">Where is noted what cannot be removed; all else goes.</param>
    /// <returns>True when all of it is gone.</returns>
    /// <exception cref="FileSystemException">Another failure; see <see cref="RemoveContent"/>.</exception>
    public static bool RemoveWhatGoes(IDirectory parent, ReadOnlySpan<byte> name, StuckEntries stuck)
    {
        if (parent.TryGetStatus(name, out var status))
        {
            if (status.Kind != FileKind.Directory)
            {
                parent.RemoveFile(name);
                return true;
            }

            byte[] only = name.ToArray();
            Walk(new TreeDirectory(parent, []), null, cursor => cursor.Descend(only), stuck);
        }

        return !parent.TryGetStatus(name, out _);
    }

    /// <summary>Removes everything in a directory but what is kept, and closes the directory.</summary>
    /// <exception cref="FileSystemException">
    /// Some of it cannot be removed: among others <see cref="FileError.Moved"/>, when somebody moved a part of it away, and
    /// <see cref="FileError.Busy"/>, when something that is not kept is mounted in it.
    /// </exception>
    public static void RemoveContent(IDirectory directory, KeepTree keep)
    {
        var root = new TreeDirectory(directory, []);
        try
        {
            Walk(root, keep, cursor => Empty(cursor, keep));
        }
        finally
        {
            root.Release();
        }
    }

    private static void Walk(TreeDirectory root, KeepTree? keep, Action<TreeCursor> begin, StuckEntries? stuck = null)
    {
        // What is kept in each directory on the way to the current one; null where all goes, and the directory as well.
        var kept = new Stack<KeepTree?>();
        using var cursor = new TreeCursor(root, Open);
        while (cursor.Next() is var step && step != TreeStep.End)
        {
            var directory = cursor.Current;
            switch (step)
            {
                case TreeStep.Enter when directory.Parent is null:
                    kept.Push(keep);
                    begin(cursor);
                    break;
                case TreeStep.Enter:
                    kept.Push(kept.Peek()?.Find(directory.Name));
                    Try(stuck, () => EmptyEntered(cursor, kept.Peek(), stuck));
                    break;
                case TreeStep.Leave when kept.Pop() is null && directory.Parent is { } parent:
                    Try(stuck, () => RemoveEmpty(parent.Handle, directory, isNotEmptyKnown: stuck is { Count: > 0 }));
                    break;
                case TreeStep.Fail when stuck is not null && StuckEntries.Is(cursor.Failure!):
                    stuck.Add(cursor.Failure!);
                    break;
                case TreeStep.Leave:
                case TreeStep.Fail when cursor.Failure!.Error == FileError.NotFound:
                    break;
                default:
                    throw cursor.Failure is { Error: not (FileError.NotADirectory or FileError.SymbolicLink) } failure
                        ? failure
                        : Moved(directory.DisplayPath);
            }
        }
    }

    private static void Try(StuckEntries? stuck, Action remove)
    {
        try
        {
            remove();
        }
        catch (FileSystemException e) when (stuck is not null && StuckEntries.Is(e))
        {
            stuck.Add(e);
        }
    }

    private static void EmptyEntered(TreeCursor cursor, KeepTree? keep, StuckEntries? stuck)
    {
        DemandSameMount(cursor);
        var directory = cursor.Current;
        directory.Parent!.Handle.OpenToOwner(directory.Name, cursor.Status);
        Empty(cursor, keep, stuck);
    }

    /// <summary>Removes the files, and has the directories walked.</summary>
    private static void Empty(TreeCursor cursor, KeepTree? keep, StuckEntries? stuck = null)
    {
        var directory = cursor.Current.Handle;
        var listing = directory.List();
        for (int i = 0; i < listing.Count; i++)
        {
            var name = listing.NameOf(i).Span;
            if (keep?.Find(name) is { IsKept: true })
            {
                continue;
            }

            var kind = listing.KindOf(i);
            if (kind == FileKind.Unknown && directory.TryGetStatus(name, out var status))
            {
                kind = status.Kind;
            }

            if (kind == FileKind.Directory)
            {
                cursor.Descend(name);
            }
            else
            {
                RemoveFile(directory, name, stuck);
            }
        }
    }

    private static void RemoveFile(IDirectory directory, ReadOnlySpan<byte> name, StuckEntries? stuck)
    {
        try
        {
            directory.RemoveFile(name);
        }
        catch (FileSystemException e) when (e.Error == FileError.NotFound)
        {
            // Somebody was faster.
        }
        catch (FileSystemException e) when (stuck is not null && StuckEntries.Is(e))
        {
            stuck.Add(e);
        }
        catch (FileSystemException e) when (e.Error == FileError.IsADirectory)
        {
            throw Moved(e.Path);
        }
    }

    /// <summary>
    /// Removes a directory that was emptied, if its name still stands for it. Should it be exchanged in the very moment
    /// between, no more than an empty directory is lost, which was put where all is being removed.
    /// </summary>
    private static void RemoveEmpty(IDirectory parent, TreeDirectory emptied, bool isNotEmptyKnown)
    {
        if (!parent.TryGetStatus(emptied.Name, out var status))
        {
            return;
        }

        if (status.Id != emptied.Id)
        {
            throw Moved(emptied.DisplayPath);
        }

        try
        {
            parent.RemoveDirectory(emptied.Name);
        }
        catch (FileSystemException e) when (e.Error == FileError.NotFound)
        {
            // Somebody was faster.
        }
        catch (FileSystemException e) when (isNotEmptyKnown && e.Error is FileError.NotEmpty or FileError.Exists)
        {
            // Something in it stays.
        }
    }

    /// <summary>Opens a directory, and lets its owner do so where its mode does not.</summary>
    private static IDirectory Open(IDirectory parent, ReadOnlySpan<byte> name)
    {
        try
        {
            return parent.OpenDirectory(name);
        }
        catch (FileSystemException e) when (e.Error == FileError.AccessDenied)
        {
            if (!parent.TryGetStatus(name, out var status) || status.Kind != FileKind.Directory)
            {
                throw;
            }

            parent.OpenToOwner(name, status);
            return parent.OpenDirectory(name);
        }
    }

    /// <summary>Mounted while the tree is removed, or a mount that was not to be kept: neither is part of the tree.</summary>
    private static void DemandSameMount(TreeCursor cursor)
    {
        if (cursor.IsOnOtherMount)
        {
            throw new FileSystemException(FileError.Busy, "remove", cursor.Current.DisplayPath, "something is mounted there");
        }
    }

    private static FileSystemException Moved(string path) =>
        new(FileError.Moved, "remove", path, "it was moved or exchanged while it was being removed; what is left of it stays");
}
