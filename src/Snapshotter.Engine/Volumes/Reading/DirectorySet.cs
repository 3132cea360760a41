using System.IO.Hashing;

namespace Snapshotter.Engine.Volumes.Reading;

/// <summary>
/// The paths in a volume that are directories: by an entry of their own, or because entries stand below them. Paths are
/// kept as checksums: two that collide cost an archive made for it a refusal.
/// </summary>
internal sealed class DirectorySet
{
    private readonly HashSet<UInt128> directories = [];
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
        UInt128 hash = default;
        foreach (var range in path.Split((byte)'/'))
        {
            hash = Next(hash, path[range]);
        }

        return directories.Contains(hash);
    }

    private void AddAll(ReadOnlySpan<byte> path)
    {
        UInt128 hash = default;
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
    private static UInt128 Next(UInt128 parent, ReadOnlySpan<byte> name) => XxHash128.HashToUInt128(name, (long)(ulong)parent);
}
