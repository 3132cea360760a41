using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Tests.Faults;

/// <summary>The names and metadata on a simulated disk. Names are strings of Latin-1, one character per byte.</summary>
internal sealed class DiskImage
{
    public const long RootInode = 1;

    private readonly Dictionary<long, Node> nodes;

    public DiskImage()
    {
        nodes = new Dictionary<long, Node> { [RootInode] = new Node(FileKind.Directory) { Mode = 0x1ED, Links = 1, Parent = RootInode } };
    }

    private DiskImage(Dictionary<long, Node> nodes)
    {
        this.nodes = nodes;
    }

    public IEnumerable<KeyValuePair<long, Node>> Nodes => nodes;

    public Node this[long inode] => nodes[inode];

    public bool TryGet(long inode, out Node node) => nodes.TryGetValue(inode, out node!);

    public void Add(long inode, Node node) => nodes.Add(inode, node);

    public void Replace(long inode, Node node) => nodes[inode] = node;

    public DiskImage Clone() => new(nodes.ToDictionary(pair => pair.Key, pair => pair.Value.Clone()));

    public void Link(long directory, string name, long inode)
    {
        var node = nodes[inode];
        nodes[directory].Entries.Add(name, inode);
        node.Links++;
        if (node.Kind == FileKind.Directory)
        {
            node.Parent = directory;
        }
    }

    public void Unlink(long directory, string name)
    {
        nodes[directory].Entries.Remove(name, out var inode);
        nodes[inode].Links--;
    }

    /// <summary>One inode.</summary>
    internal sealed class Node(FileKind kind)
    {
        public FileKind Kind { get; } = kind;

        public int Mode { get; set; }

        public uint UserId { get; set; }

        public uint GroupId { get; set; }

        public Timestamp ModifiedAt { get; set; }

        public Timestamp ChangedAt { get; set; }

        public uint Links { get; set; }

        public long Parent { get; set; }

        /// <summary>Which file system it belongs to, from 1.</summary>
        public ulong Device { get; init; } = 1;

        /// <summary>The root of a mount, a directory or a single file.</summary>
        public bool IsMountPoint { get; set; }

        public byte[] LinkTarget { get; init; } = [];

        public uint Major { get; init; }

        public uint Minor { get; init; }

        public Dictionary<string, long> Entries { get; private init; } = new(StringComparer.Ordinal);

        public List<ExtendedAttribute> Attributes { get; set; } = [];

        public Node Clone() => OnDevice(Device);

        /// <summary>A copy that belongs to another file system.</summary>
        public Node OnDevice(ulong device) => new(Kind)
        {
            Mode = Mode,
            UserId = UserId,
            GroupId = GroupId,
            ModifiedAt = ModifiedAt,
            ChangedAt = ChangedAt,
            Links = Links,
            Parent = Parent,
            Device = device,
            IsMountPoint = IsMountPoint,
            LinkTarget = LinkTarget,
            Major = Major,
            Minor = Minor,
            Entries = new Dictionary<string, long>(Entries, StringComparer.Ordinal),
            Attributes = Attributes,
        };
    }
}
