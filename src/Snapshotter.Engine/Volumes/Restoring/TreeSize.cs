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
        var levels = new Stack<Stack<Child>>();
        var current = directory;
        long bytes = 0;
        try
        {
            var children = Enter(current, keep, ref bytes);
            while (true)
            {
                if (children.TryPop(out var next))
                {
                    var child = current.OpenDirectory(next.Name.Span);
                    current.Dispose();
                    current = child;
                    levels.Push(children);
                    children = Enter(current, next.Keep ?? new KeepTree(), ref bytes);
                    continue;
                }

                if (!levels.TryPop(out children!))
                {
                    return bytes;
                }

                var parent = current.OpenParent();
                current.Dispose();
                current = parent;
            }
        }
        catch (FileSystemException)
        {
            return null;
        }
        finally
        {
            current.Dispose();
        }
    }

    private static Stack<Child> Enter(IDirectory directory, KeepTree keep, ref long bytes)
    {
        var directories = new Stack<Child>();
        var listing = directory.List();
        for (int i = 0; i < listing.Count; i++)
        {
            var name = listing.NameOf(i);
            var kept = keep.Find(name.Span);
            if (kept is { IsKept: true } || !directory.TryGetStatus(name.Span, out var status))
            {
                continue;
            }

            bytes += status.Allocated;
            if (status.Kind == FileKind.Directory)
            {
                directories.Push(new Child(name, kept));
            }
        }

        return directories;
    }

    private sealed record Child(ReadOnlyMemory<byte> Name, KeepTree? Keep);
}
