using System.Text;
using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Volumes.Restoring;

/// <summary>
/// What must stay where it is in a volume that is restored: mount points and volumes nested in it. A node without children
/// stays as a whole; a node with children is a directory that stays, while all else in it is exchanged.
/// </summary>
internal sealed class KeepTree
{
    private readonly Dictionary<string, KeepTree> children;

    /// <param name="caseSensitive">Whether names that differ in case only are different names.</param>
    public KeepTree(bool caseSensitive = true) =>
        children = new Dictionary<string, KeepTree>(caseSensitive ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase);

    /// <summary>True when this very path is to be kept, with all below.</summary>
    public bool IsKept { get; private set; }

    public IReadOnlyDictionary<string, KeepTree> Children => children;

    /// <summary>Builds the tree from absolute paths, of which those below the root count.</summary>
    /// <exception cref="FileSystemException">One of the places cannot be looked at.</exception>
    public static KeepTree Build(NestedPlaces places, string root, IEnumerable<string> paths)
    {
        var tree = new KeepTree(places.IsCaseSensitive);
        foreach (string path in paths)
        {
            if (places.Find(root, path) is { } names)
            {
                tree.Add(names, places.IsCaseSensitive);
            }
        }

        return tree;
    }

    /// <summary>The node of a name in this directory, or null when nothing of that name is kept.</summary>
    public KeepTree? Find(ReadOnlySpan<byte> name) =>
        children.Count == 0 ? null : children.GetValueOrDefault(Encoding.UTF8.GetString(name));

    /// <summary>True when the path, or a directory above it, is kept as a whole.</summary>
    public bool Covers(ReadOnlySpan<byte> path)
    {
        if (children.Count == 0)
        {
            return false;
        }

        var node = this;
        foreach (var range in path.Split((byte)'/'))
        {
            node = node.Find(path[range]);
            if (node is null)
            {
                return false;
            }

            if (node.IsKept)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>True when the path is a directory that must stay one, as something below it is kept.</summary>
    public bool NeedsDirectory(ReadOnlySpan<byte> path)
    {
        if (children.Count == 0)
        {
            return false;
        }

        var node = this;
        foreach (var range in path.Split((byte)'/'))
        {
            node = node.Find(path[range]);
            if (node is null || node.IsKept)
            {
                return false;
            }
        }

        return true;
    }

    private void Add(string[] names, bool caseSensitive)
    {
        var node = this;
        foreach (string name in names)
        {
            if (!node.children.TryGetValue(name, out var child))
            {
                node.children[name] = child = new KeepTree(caseSensitive);
            }

            node = child;
        }

        node.IsKept = true;
    }
}
