namespace Snapshotter.Engine.Entries;

/// <summary>
/// Watches whether entries come in the order of a walk: each directory before what is in it and at one stretch, names
/// ascending, those of directories among themselves and all others among themselves. As long as they do, no directory is
/// entered twice and no name of a file comes twice: entries may be written by several threads in any order.
/// </summary>
internal sealed class EntryOrder
{
    private readonly List<Level> levels = [new Level(default)];

    /// <summary>False once an entry was out of order.</summary>
    public bool IsKept { get; private set; } = true;

    /// <summary>True once a name was both a directory's and another's. Only known while the order is kept.</summary>
    public bool HasConflict { get; private set; }

    /// <summary>Looks at the next entry. Keeps a part of the path's array.</summary>
    /// <param name="path">The path below the root, clean and not empty.</param>
    /// <param name="isDirectory">Whether the entry is a directory.</param>
    public void Add(byte[] path, bool isDirectory)
    {
        if (!IsKept)
        {
            return;
        }

        int depth = 0;
        int start = 0;
        for (int slash; (slash = path.AsSpan(start).IndexOf((byte)'/')) >= 0; start += slash + 1)
        {
            var component = path.AsMemory(start, slash);
            if (depth + 1 < levels.Count && levels[depth + 1].Name.Span.SequenceEqual(component.Span))
            {
                depth++;
            }
            else
            {
                Note(depth++, component, isDirectory: true);
            }
        }

        Note(depth, path.AsMemory(start), isDirectory);
    }

    private void Note(int depth, ReadOnlyMemory<byte> name, bool isDirectory)
    {
        levels.RemoveRange(depth + 1, levels.Count - depth - 1);
        var level = levels[depth];
        var (own, other) = isDirectory ? (level.Directories, level.Files) : (level.Files, level.Directories);
        var hash = PathHash.Of(name.Span);
        IsKept &= own.Last.Span.SequenceCompareTo(name.Span) < 0;
        HasConflict |= other.Hashes.Contains(hash);
        own.Last = name;
        own.Hashes.Add(hash);
        if (isDirectory)
        {
            levels.Add(new Level(name));
        }
    }

    /// <summary>One directory of the path at work, with the names seen in it.</summary>
    private sealed class Level(ReadOnlyMemory<byte> name)
    {
        public ReadOnlyMemory<byte> Name { get; } = name;

        public Names Files { get; } = new();

        public Names Directories { get; } = new();
    }

    private sealed class Names
    {
        public ReadOnlyMemory<byte> Last { get; set; }

        public HashSet<PathHash> Hashes { get; } = [];
    }
}
