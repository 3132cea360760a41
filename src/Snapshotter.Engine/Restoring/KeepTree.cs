using System.Text;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Jobs;

namespace Snapshotter.Engine.Restoring;

/// <summary>Why something stays where it is in a volume that is restored.</summary>
internal enum KeepReason
{
    /// <summary>It does not: it is a directory on the way to what does.</summary>
    None,

    /// <summary>Something is mounted there. What was saved below it is put into what is mounted.</summary>
    Mount,

    /// <summary>It is in no backup, or is none of this restore's business: the archive, a volume that the generation does not have.</summary>
    Other,

    /// <summary>Another volume of the same generation: it is restored on its own, or not at all.</summary>
    Volume,
}

/// <summary>
/// What must stay where it is in a volume that is restored: mount points, volumes nested in it, the archive. A node that is
/// kept stays as a whole; one that is not is a directory that stays, while all else in it is exchanged.
/// </summary>
internal sealed class KeepTree
{
    private readonly bool caseSensitive;
    private readonly Dictionary<string, KeepTree> children;

    /// <param name="caseSensitive">Whether names that differ in case only are different names.</param>
    public KeepTree(bool caseSensitive = true)
    {
        this.caseSensitive = caseSensitive;
        children = new Dictionary<string, KeepTree>(caseSensitive ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Why this very path is kept.</summary>
    public KeepReason Reason { get; private set; }

    /// <summary>True when this very path is to be kept, with all below.</summary>
    public bool IsKept => Reason != KeepReason.None;

    /// <summary>What is mounted there; null for all that is kept for another reason.</summary>
    public NestedMount? Mount { get; private set; }

    public IReadOnlyDictionary<string, KeepTree> Children => children;

    /// <summary>Builds the tree from absolute paths, of which those below the root count.</summary>
    /// <exception cref="FileSystemException">One of the places cannot be looked at.</exception>
    public static KeepTree Build(NestedPlaces places, string root, IEnumerable<string> paths)
    {
        var tree = new KeepTree(places.IsCaseSensitive);
        foreach (string path in paths)
        {
            tree.Add(places, root, path, KeepReason.Other);
        }

        return tree;
    }

    /// <summary>Keeps an absolute path, if it is below the root, however it is spelled.</summary>
    /// <exception cref="FileSystemException">One of the places cannot be looked at.</exception>
    public void Add(NestedPlaces places, string root, string path, KeepReason reason)
    {
        foreach (string[] names in places.FindAll(root, path))
        {
            Add(names, reason);
        }
    }

    /// <summary>Keeps a path, given as the names from the root down. Where it is kept already the greater reason counts.</summary>
    public void Add(ReadOnlySpan<string> names, KeepReason reason, NestedMount? mount = null)
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

        if (reason > node.Reason)
        {
            node.Reason = reason;
            node.Mount = mount;
        }
    }

    /// <summary>The node of a name in this directory, or null when nothing of that name is kept.</summary>
    public KeepTree? Find(ReadOnlySpan<byte> name) =>
        children.Count == 0 ? null : children.GetValueOrDefault(Encoding.UTF8.GetString(name));

    /// <summary>
    /// Whose the path is: the node of what is kept there or above it; null when it is the volume's own. In what is mounted
    /// another mount, or another volume, may stand again; in all else nothing does.
    /// </summary>
    public KeepTree? Covering(ReadOnlySpan<byte> path)
    {
        KeepTree? covering = null;
        var node = this;
        if (children.Count > 0)
        {
            foreach (var range in path.Split((byte)'/'))
            {
                node = node.Find(path[range]);
                if (node is null)
                {
                    break;
                }

                if (node.IsKept)
                {
                    covering = node;
                    if (node.Reason != KeepReason.Mount)
                    {
                        break;
                    }
                }
            }
        }

        return covering;
    }

    /// <summary>All mounts in it, with their paths below the root.</summary>
    public IEnumerable<(byte[] Path, KeepTree Node)> Mounts()
    {
        var pending = new Stack<(byte[] Path, KeepTree Node)>([([], this)]);
        while (pending.TryPop(out var next))
        {
            if (next.Node.Mount is not null)
            {
                yield return next;
            }

            foreach (var (name, child) in next.Node.children)
            {
                byte[] bytes = Encoding.UTF8.GetBytes(name);
                pending.Push((next.Path.Length == 0 ? bytes : [.. next.Path, (byte)'/', .. bytes], child));
            }
        }
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
}
