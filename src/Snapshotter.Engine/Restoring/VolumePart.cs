using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Entries;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Restoring.Preflight;

namespace Snapshotter.Engine.Restoring;

/// <summary>The part of a volume that goes to one mount: to the volume's own, or to one in it.</summary>
internal sealed class VolumePart
{
    /// <summary>The part on the volume's own mount.</summary>
    public VolumePart(RestoreOptions options, string target, bool caseSensitive, KeepTree keep, UnfitEntries? left)
    {
        Path = [];
        Filter = new RestoreFilter(
            options, target, caseSensitive, keep.Children.Count == 0 ? null : path => keep.Covering(path) is null, left);
    }

    /// <summary>The part on a mount in the volume.</summary>
    /// <param name="options">What is wanted.</param>
    /// <param name="target">The path that names the volume.</param>
    /// <param name="caseSensitive">Whether case counts in patterns.</param>
    /// <param name="keep">What stays in the volume.</param>
    /// <param name="node">The mount in it.</param>
    /// <param name="path">Where the mount is, below the volume's root.</param>
    /// <param name="left">Entries that are left out; null when none are.</param>
    public VolumePart(RestoreOptions options, string target, bool caseSensitive, KeepTree keep, KeepTree node, byte[] path, UnfitEntries? left)
    {
        Mount = node.Mount;
        Path = path;
        Filter = new RestoreFilter(options, target, caseSensitive, other => keep.Covering(other) == node, left);
    }

    /// <summary>Null for the volume's own.</summary>
    public NestedMount? Mount { get; }

    /// <summary>Where its root is, below that of the volume.</summary>
    public byte[] Path { get; }

    /// <summary>Which entries are wanted.</summary>
    public RestoreFilter Filter { get; }

    /// <summary>What they ask of the file system.</summary>
    public RestoreDemand Demand { get; } = new();

    /// <summary>
    /// The paths below its root that hard links lead to, and those of the links, which may take the place of a target that
    /// is left out. For parts that go where others may write.
    /// </summary>
    public HashSet<PathHash> LinkTargets { get; } = [];

    /// <summary>True when the archive has more for it than the directory that is its root.</summary>
    public bool HasContent { get; private set; }

    /// <summary>Takes note of an entry that belongs to it and is wanted.</summary>
    public void Learn(VolumeReader reader)
    {
        Demand.Add(reader.Entry);
        if (Mount is null)
        {
            return;
        }

        var kind = EntryKinds.KindOf(reader.Entry.Type);
        bool isRoot = IsRoot(reader.Path);
        HasContent |= !isRoot || kind != FileKind.Directory;
        if (isRoot ? kind != Mount.Kind : Mount.Kind != FileKind.Directory)
        {
            Mount.Problem ??= "it was saved as another type of file than what is mounted there";
        }
    }

    /// <summary>Takes note of a hard link in it.</summary>
    public void LearnLink(VolumeReader reader)
    {
        LinkTargets.Add(PathHash.Of(Below(reader.LinkPath)));
        LinkTargets.Add(PathHash.Of(Below(reader.Path)));
    }

    /// <summary>True for the path of its root.</summary>
    public bool IsRoot(ReadOnlySpan<byte> path) => path.SequenceEqual(Path);

    /// <summary>A path that belongs to it, from its own root on.</summary>
    public byte[] Below(byte[] path) => Path.Length == 0 || path.Length <= Path.Length ? path : path[(Path.Length + 1)..];

    /// <summary>A path below its own root, from the volume's root on.</summary>
    public ReadOnlyMemory<byte> PathOf(ReadOnlyMemory<byte> below) => Path.Length == 0 ? below : (byte[])[.. Path, (byte)'/', .. below.Span];
}
