using Snapshotter.Engine.Entries;

namespace Snapshotter.Engine.Jobs;

/// <summary>
/// The paths in a volume that are directories: by an entry of their own, or because entries stand below them. Paths are
/// kept as checksums: two that collide cost an archive made for it a refusal.
/// </summary>
internal sealed class DirectorySet
{
    private readonly HashSet<PathHash> directories = [];
    private byte[] lastParent = [];

    /// <summary>Takes note of an entry's path.</summary>
    public void Add(byte[] path, bool isDirectory)
    {
        int parentLength = Math.Max(0, path.AsSpan().LastIndexOf((byte)'/'));
        var parent = path.AsSpan(0, parentLength);
        if (isDirectory)
        {
            AddAll(path);
        }
        else if (!parent.SequenceEqual(lastParent))
        {
            lastParent = parent.ToArray();
            AddAll(parent);
        }
    }

    public bool Contains(ReadOnlySpan<byte> path)
    {
        PathHash hash = default;
        foreach (var range in path.Split((byte)'/'))
        {
            hash = Next(hash, path[range]);
        }

        return directories.Contains(hash);
    }

    private void AddAll(ReadOnlySpan<byte> path)
    {
        PathHash hash = default;
        if (!path.IsEmpty)
        {
            foreach (var range in path.Split((byte)'/'))
            {
                hash = Next(hash, path[range]);
                directories.Add(hash);
            }
        }
    }

    /// <summary>Of a path by that of its parent: a deep path costs no more than its length.</summary>
    private static PathHash Next(PathHash parent, ReadOnlySpan<byte> name) => PathHash.Of(name, parent.Low);
}
