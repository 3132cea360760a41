using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Restoring;

/// <summary>Goes along a path component by component; none may be a link.</summary>
internal static class DirectoryPath
{
    /// <summary>Splits off the last component of a path; the parent's path is empty for a name in the root.</summary>
    public static (ReadOnlyMemory<byte> Parent, ReadOnlyMemory<byte> Name) Split(ReadOnlyMemory<byte> path)
    {
        int slash = path.Span.LastIndexOf((byte)'/');
        return (path[..Math.Max(slash, 0)], path[(slash + 1)..]);
    }

    /// <summary>Opens a directory by its path, for the caller to close; null for the root itself.</summary>
    public static IDirectory? OpenBelow(this IDirectory root, ReadOnlyMemory<byte> path)
    {
        if (path.IsEmpty)
        {
            return null;
        }

        IDirectory? current = null;
        foreach (var range in path.Span.Split((byte)'/'))
        {
            using var parent = current;
            current = (parent ?? root).OpenDirectory(path.Span[range]);
        }

        return current;
    }
}
