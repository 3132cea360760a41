using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Volumes.Restoring;

/// <summary>Adds up what a tree takes on the disk, without following a link and without recursion, however deep it is.</summary>
internal static class TreeSize
{
    /// <summary>
    /// Bytes that removing everything in the directory but what is kept gives back at most (a file of several names counts
    /// at each), or null when some of it cannot be looked at. Closes the directory.
    /// </summary>
    public static long? Of(IDirectory directory, KeepTree keep)
    {
        var root = new TreeDirectory(directory, []);
        try
        {
            return Of(root, keep);
        }
        catch (FileSystemException)
        {
            return null;
        }
        finally
        {
            root.Release();
        }
    }

    private static long? Of(TreeDirectory root, KeepTree keep)
    {
        // What is kept in each directory on the way to the current one.
        var kept = new Stack<KeepTree?>();
        long bytes = 0;
        using var cursor = new TreeCursor(root);
        while (cursor.Next() is var step && step != TreeStep.End)
        {
            switch (step)
            {
                case TreeStep.Enter:
                    kept.Push(cursor.Current.Parent is null ? keep : kept.Peek()?.Find(cursor.Current.Name));
                    bytes += cursor.IsOnOtherMount ? 0 : SizeOfNames(cursor, kept.Peek());
                    break;
                case TreeStep.Leave:
                    kept.Pop();
                    break;
                default:
                    return null;
            }
        }

        return bytes;
    }

    private static long SizeOfNames(TreeCursor cursor, KeepTree? keep)
    {
        long bytes = 0;
        var directory = cursor.Current.Handle;
        var listing = directory.List();
        for (int i = 0; i < listing.Count; i++)
        {
            var name = listing.NameOf(i).Span;
            if (keep?.Find(name) is { IsKept: true } || !directory.TryGetStatus(name, out var status))
            {
                continue;
            }

            bytes += status.Allocated;
            if (status.Kind == FileKind.Directory)
            {
                cursor.Descend(name);
            }
        }

        return bytes;
    }
}
