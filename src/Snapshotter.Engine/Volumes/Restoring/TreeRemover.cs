using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Volumes.Restoring;

/// <summary>Removes a tree without following a link and without recursion, however deep it is.</summary>
internal static class TreeRemover
{
    /// <summary>Removes a name, whatever it is.</summary>
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

        RemoveContent(Open(parent, name), new KeepTree());
        parent.RemoveDirectory(name);
    }

    /// <summary>Removes everything in a directory but what is kept, and closes the directory.</summary>
    public static void RemoveContent(IDirectory directory, KeepTree keep)
    {
        var levels = new Stack<Level>();
        var current = directory;
        var level = Enter(current, keep, new Child(default, keep));
        try
        {
            while (true)
            {
                if (level.Directories.TryPop(out var next))
                {
                    var child = Open(current, next.Name.Span);
                    current.Dispose();
                    current = child;
                    levels.Push(level);
                    level = Enter(current, next.Keep ?? new KeepTree(), next);
                    continue;
                }

                if (levels.Count == 0)
                {
                    return;
                }

                var parent = current.OpenParent();
                current.Dispose();
                current = parent;
                if (level.Self.Keep is null)
                {
                    current.RemoveDirectory(level.Self.Name.Span);
                }

                level = levels.Pop();
            }
        }
        finally
        {
            current.Dispose();
        }
    }

    private static Level Enter(IDirectory directory, KeepTree keep, Child self)
    {
        var level = new Level(self, new Stack<Child>());
        var listing = directory.List();
        for (int i = 0; i < listing.Count; i++)
        {
            var name = listing.NameOf(i);
            var kept = keep.Find(name.Span);
            if (kept is { IsKept: true })
            {
                continue;
            }

            var kind = listing.KindOf(i);
            if (kind == FileKind.Unknown && directory.TryGetStatus(name.Span, out var status))
            {
                kind = status.Kind;
            }

            if (kind == FileKind.Directory)
            {
                level.Directories.Push(new Child(name, kept));
            }
            else
            {
                directory.RemoveFile(name.Span);
            }
        }

        return level;
    }

    /// <summary>Opens a directory, and makes sure that its owner may empty it.</summary>
    private static IDirectory Open(IDirectory parent, ReadOnlySpan<byte> name)
    {
        if (parent.TryGetStatus(name, out var status))
        {
            parent.OpenToOwner(name, status);
        }

        return parent.OpenDirectory(name);
    }

    /// <summary>A directory to remove, or to empty of all but what is kept in it.</summary>
    private sealed record Child(ReadOnlyMemory<byte> Name, KeepTree? Keep);

    private sealed record Level(Child Self, Stack<Child> Directories);
}
