using System.Collections.Concurrent;
using System.Text;
using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Tests.Faults;

/// <summary>
/// A file system in memory that can crash. It keeps apart what is durable and what was only done.
/// </summary>
/// <remarks>
/// The model, chosen as the weakest that programs may rely on with journaling file systems (ext4, XFS, btrfs):
/// <list type="bullet">
/// <item>Names and metadata (create, link, rename, unlink, mode, owner, times, attributes) become durable in the order
/// in which they were changed, per file system. Flushing a directory, or the file system, makes all of them durable so
/// far. Flushing a file does not.</item>
/// <item>A file's bytes and length become durable when the file or its file system is flushed, whether or not its name
/// is. Until then, after a crash by chance, its length is one that it had on the way (changes of length and cut-outs
/// keep their order), and each page of 4096 bytes independently holds what it held after the first few of the writes
/// that touched it, or what was durable; a page of a grown file that was not written reads as zeros.</item>
/// <item>A page is written whole, except when the very last operation before the crash was a write: of that one, any
/// sectors of 512 bytes may be on disk.</item>
/// <item>A flush that did not return made nothing durable that was not so by chance.</item>
/// </list>
/// </remarks>
internal sealed class MemoryFileSystem : IFileSystem
{
    private readonly Lock gate = new();
    private readonly DiskImage durableNames;
    private readonly Dictionary<long, PagedBytes> contents;
    private readonly Dictionary<long, PagedBytes> durableContents;
    private readonly List<(ulong Device, Action<DiskImage> Change)> pendingNames = [];
    private readonly Dictionary<long, PendingData> pendingData = [];
    private readonly Dictionary<long, List<(MemoryFile Holder, FileLock Kind)>> locks = [];
    private readonly ConcurrentDictionary<object, string> handles = new(ReferenceEqualityComparer.Instance);
    private long nextInode;
    private ulong nextDevice;
    private long clock;
    private long order;

    public MemoryFileSystem()
        : this(new DiskImage(), [], DiskImage.RootInode, 1, 0)
    {
    }

    private MemoryFileSystem(DiskImage names, Dictionary<long, PagedBytes> contents, long nextInode, ulong nextDevice, long clock)
    {
        Names = names;
        durableNames = names.Clone();
        this.contents = contents;
        durableContents = contents.ToDictionary(pair => pair.Key, pair => pair.Value.Clone());
        this.nextInode = nextInode;
        this.nextDevice = nextDevice;
        this.clock = clock;
    }

    public FaultPlan Faults { get; set; } = FaultPlan.None();

    /// <summary>Bytes that files may take, in pages. Null without a bound.</summary>
    public long? Capacity { get; set; }

    /// <summary>Blocks can be shared and cut out, as on XFS.</summary>
    public bool CanShareAndCollapse { get; set; }

    public FileSystemTraits Traits { get; set; } = new(
        IsPrivileged: true, IsCaseSensitive: true, HasReservedNames: false, UserId: 0, GroupId: 0);

    /// <summary>Paths of what was opened and not closed.</summary>
    public IReadOnlyCollection<string> OpenPaths => [.. handles.Values];

    internal DiskImage Names { get; }

    internal Lock Gate => gate;

    private long Free => Capacity is { } capacity
        ? capacity - Names.Nodes.Where(pair => pair.Value.Links > 0 && contents.ContainsKey(pair.Key)).Sum(pair => contents[pair.Key].Allocated)
        : long.MaxValue;

    /// <summary>Remembers what is opened until it is closed.</summary>
    internal MemoryFile Hold(MemoryFile file)
    {
        handles.TryAdd(file, file.OpenedAs);
        return file;
    }

    /// <inheritdoc cref="Hold(MemoryFile)"/>
    internal MemoryDirectory Hold(MemoryDirectory directory)
    {
        handles.TryAdd(directory, directory.OpenedAs);
        return directory;
    }

    /// <summary>What is closed.</summary>
    internal void Drop(object handle) => handles.TryRemove(handle, out _);

    public static string Decode(ReadOnlySpan<byte> name) => Encoding.Latin1.GetString(name);

    public static byte[] Encode(string name) => Encoding.Latin1.GetBytes(name);

    /// <summary>What cannot be moved to another directory, as directories of a lower layer of an overlay, by inodes.</summary>
    public HashSet<long> LowerLayer { get; init; } = [];

    /// <summary>Puts all directories that there are into the lower layer.</summary>
    public void SinkDirectories() => Sink(node => node.Kind == FileKind.Directory);

    /// <summary>Puts everything that there is on another branch, as a union does.</summary>
    public void SinkAll() => Sink(_ => true);

    /// <summary>Directories in which names are one when this makes one of them, by their inodes; what is made in them is as they are.</summary>
    public Dictionary<long, Func<string, string>> Folding { get; init; } = [];

    /// <summary>Paths of files that cannot be opened for reading.</summary>
    public HashSet<string> Unreadable { get; } = [];

    /// <summary>The disk after a crash now. The one that crashed is left as it is: other outcomes can be drawn from it.</summary>
    public MemoryFileSystem AfterCrash(CrashMode mode, int seed = 0)
    {
        lock (gate)
        {
            var random = new Random(seed);
            var names = mode == CrashMode.Everything ? Names.Clone() : durableNames.Clone();
            if (mode == CrashMode.Random)
            {
                foreach (var device in pendingNames.GroupBy(pending => pending.Device))
                {
                    foreach (var (_, change) in device.Take(random.Next(device.Count() + 1)))
                    {
                        change(names);
                    }
                }
            }
            var kept = new Dictionary<long, PagedBytes>();
            foreach (var (inode, node) in names.Nodes.Where(pair => pair.Value.Kind == FileKind.Regular && pair.Value.Links > 0))
            {
                var bytes = mode == CrashMode.Everything
                    ? contents[inode].Clone()
                    : durableContents.TryGetValue(inode, out var flushed) ? flushed.Clone() : new PagedBytes();
                if (mode == CrashMode.Random && pendingData.TryGetValue(inode, out var pending))
                {
                    pending.ApplyByChance(bytes, random, order);
                }
                kept.Add(inode, bytes);
            }
            return new MemoryFileSystem(names, kept, nextInode, nextDevice, clock)
            {
                Capacity = Capacity,
                CanShareAndCollapse = CanShareAndCollapse,
                Traits = Traits,
                LowerLayer = LowerLayer,
                Folding = new Dictionary<long, Func<string, string>>(Folding),
            };
        }
    }

    /// <summary>A copy, all of it durable.</summary>
    public MemoryFileSystem Clone() => AfterCrash(CrashMode.Everything);

    /// <summary>Makes what stands at the path (all of it durable) the root of a mount: it cannot be renamed, replaced or removed, nor linked across.</summary>
    public void MarkMountPoint(string path)
    {
        using var scope = gate.EnterScope();
        var inode = Find(path, out _) ?? throw Failure(FileError.NotFound, "mount", path);
        var device = ++nextDevice;
        for (ulong any = 1; any < device; any++)
        {
            CommitNames(any);
        }
        foreach (var names in new[] { Names, durableNames })
        {
            Mark(names, inode);
            names[inode].IsMountPoint = true;
        }

        void Mark(DiskImage names, long root)
        {
            var old = names[root];
            names.Replace(root, old.OnDevice(device));
            foreach (var child in old.Entries.Values)
            {
                Mark(names, child);
            }
        }
    }

    /// <summary>All bytes of a file.</summary>
    public byte[] ReadAllBytes(string path)
    {
        lock (gate)
        {
            return contents[Find(path, out _) ?? throw Failure(FileError.NotFound, "read", path)].ToArray();
        }
    }

    /// <summary>Writes a file's bytes to the real disk, for other programs to read. Holes stay holes.</summary>
    public void Export(string path, string realPath) => File.WriteAllBytes(realPath, ReadAllBytes(path));

    public IDirectory OpenDirectory(string path)
    {
        lock (gate)
        {
            Faults.Alive();
            var inode = Find(path, out _) ?? throw Failure(FileError.NotFound, "open", path);
            return Names[inode].Kind == FileKind.Directory
                ? Hold(new MemoryDirectory(this, inode, path))
                : throw Failure(FileError.NotADirectory, "open", path);
        }
    }

    public IFile OpenFile(string path, FileAccessKind access)
    {
        lock (gate)
        {
            Faults.Alive();
            var inode = Find(path, out _) ?? throw Failure(FileError.NotFound, "open", path);
            return Names[inode].Kind == FileKind.Directory
                ? throw Failure(FileError.IsADirectory, "open", path)
                : Hold(new MemoryFile(this, inode, path, access != FileAccessKind.Read));
        }
    }

    /// <summary>For tests, which make their scenes by it: opens a file for writing, and makes it when it is not there.</summary>
    public IFile OpenOrCreate(string path)
    {
        lock (gate)
        {
            if (Find(path, out var directory) is null && directory is { } parent)
            {
                Create(parent, path[(path.LastIndexOf('/') + 1)..], path, () => new DiskImage.Node(FileKind.Regular) { Mode = 0x1A4 });
            }
            return OpenFile(path, FileAccessKind.ReadWrite);
        }
    }

    public bool TryGetStatus(string path, out FileStatus status)
    {
        lock (gate)
        {
            Faults.Alive();
            status = default;
            if (Find(path, out _) is not { } inode)
            {
                return false;
            }
            FillStatus(inode, out status);
            return true;
        }
    }

    public bool MayFollow(IDirectory directory, in FileStatus link) => true;

    public void CreateDirectories(string path)
    {
        lock (gate)
        {
            Faults.Alive();
            if (Find(path, out var parent) is { } inode)
            {
                if (Names[inode].Kind != FileKind.Directory)
                {
                    throw Failure(FileError.NotADirectory, "create directory", path);
                }
                return;
            }
            if (parent is null)
            {
                CreateDirectories(path[..path.TrimEnd('/').LastIndexOf('/')]);
                Find(path, out parent);
            }
            Create(parent!.Value, path.TrimEnd('/').Split('/')[^1], path, () => new DiskImage.Node(FileKind.Directory) { Mode = 0x1ED });
        }
    }

    public string? PlaceOf(string path) => TryGetStatus(path, out _) ? path : null;

    public IReadOnlyList<string> MountPointsBelow(string path)
    {
        lock (gate)
        {
            Faults.Alive();
            var found = new List<string>();
            if (Find(path, out _) is { } root && Names[root].Kind == FileKind.Directory)
            {
                Search(root, path.TrimEnd('/'));
            }
            found.Sort(StringComparer.Ordinal);
            return found;

            void Search(long directory, string prefix)
            {
                foreach (var (name, inode) in Names[directory].Entries)
                {
                    var child = $"{prefix}/{Encoding.UTF8.GetString(Encode(name))}";
                    if (Names[inode].IsMountPoint)
                    {
                        found.Add(child);
                    }
                    Search(inode, child);
                }
            }
        }
    }

    public long FreeSpace(string path)
    {
        lock (gate)
        {
            Faults.Alive();
            return Free;
        }
    }

    public long? FreeFiles(string path) => null;

    public bool MayCompress(string path) => false;

    public IFile CreateSpool()
    {
        lock (gate)
        {
            Faults.Alive();
            var inode = ++nextInode;
            Names.Add(inode, new DiskImage.Node(FileKind.Regular) { Mode = 0x180 });
            contents.Add(inode, new PagedBytes());
            return Hold(new MemoryFile(this, inode, "(spool)", isWritable: true));
        }
    }

    public ReadOnlyMemory<byte> UserName(uint userId) => userId == 0 ? "root"u8.ToArray() : default;

    public ReadOnlyMemory<byte> GroupName(uint groupId) => groupId == 0 ? "root"u8.ToArray() : default;

    private void Sink(Func<DiskImage.Node, bool> isMeant) =>
        LowerLayer.UnionWith(Names.Nodes.Where(pair => isMeant(pair.Value)).Select(pair => pair.Key));

    /// <summary>The name as it stands in a directory, where that has one that it takes for the same.</summary>
    internal string Standing(long directory, string name) => Folding.TryGetValue(directory, out var fold)
        ? Names[directory].Entries.Keys.FirstOrDefault(key => fold(key) == fold(name)) ?? name
        : name;

    /// <summary>Makes a directory take names for one.</summary>
    internal void Fold(string path, Func<string, string> fold) => Folding[Find(path, out _)!.Value] = fold;

    internal static FileSystemException Failure(FileError error, string operation, string path) =>
        new(error, operation, path, error.ToString());

    internal PagedBytes ContentOf(long inode) => contents[inode];

    internal void FillStatus(long inode, out FileStatus status)
    {
        var node = Names[inode];
        var content = contents.GetValueOrDefault(inode);
        status = new FileStatus
        {
            Kind = node.Kind,
            Mode = node.Mode,
            UserId = node.UserId,
            GroupId = node.GroupId,
            Size = content?.Length ?? node.LinkTarget.Length,
            Allocated = content?.Allocated ?? 0,
            ModifiedAt = node.ModifiedAt,
            ChangedAt = node.ChangedAt,
            LinkCount = node.Kind == FileKind.Directory ? 2 : node.Links,
            Id = new FileId(node.Device, (ulong)inode),
            DeviceMajor = node.Major,
            DeviceMinor = node.Minor,
            IsMountRoot = node.IsMountPoint,
        };
    }

    /// <summary>Adds a new inode under a name, as one operation.</summary>
    internal long Create(long directory, string name, string path, Func<DiskImage.Node> make)
    {
        var inode = ++nextInode;
        var device = Names[directory].Device;
        var time = Now();
        if (make().Kind == FileKind.Regular)
        {
            contents.Add(inode, new PagedBytes());
        }
        if (Folding.TryGetValue(directory, out var fold))
        {
            Folding.Add(inode, fold);
        }
        ChangeNames("create", path, device, names =>
        {
            var node = make().OnDevice(device);
            node.ModifiedAt = time;
            node.ChangedAt = time;
            names.Add(inode, node);
            names.Link(directory, name, inode);
            names[directory].ModifiedAt = time;
        });
        return inode;
    }

    /// <summary>An operation on names or metadata: done now, durable by the next flush of a directory.</summary>
    internal void ChangeNames(string operation, string path, ulong device, Action<DiskImage> change) => Faults.Run(operation, path, () =>
    {
        order++;
        change(Names);
        pendingNames.Add((device, change));
    });

    internal void Write(MemoryFile file, ReadOnlySpan<byte> buffer, long offset)
    {
        var data = buffer.ToArray();
        if (data.Length == 0)
        {
            return;
        }
        Faults.Run("write", file.DisplayPath, () => Store(file, data, offset), () => Store(file, data[..(data.Length / 2)], offset));
    }

    internal void SetLength(MemoryFile file, long length) => Faults.Run("truncate", file.DisplayPath, () =>
    {
        contents[file.Inode].SetLength(length);
        Pending(file.Inode).SetLength(length, ++order);
        Touch(file.Inode);
    });

    internal void Collapse(MemoryFile file, long offset, long count) => Faults.Run("collapse", file.DisplayPath, () =>
    {
        contents[file.Inode].Collapse(offset, count);
        Pending(file.Inode).Collapse(offset, count, ++order);
        Touch(file.Inode);
    });

    internal void Flush(MemoryFile file) => Faults.Run("flush", file.DisplayPath, () => FlushContent(file.Inode));

    internal void FlushNames(string path, ulong device) => Faults.Run("flush", path, () => CommitNames(device));

    internal void FlushAll(string path, ulong device) => Faults.Run("flush", path, () =>
    {
        CommitNames(device);
        foreach (var inode in pendingData.Keys.Where(inode => Names[inode].Device == device).ToList())
        {
            FlushContent(inode);
        }
    });

    internal bool TryLock(MemoryFile holder, FileLock kind)
    {
        if (IsLocked(holder, kind))
        {
            return false;
        }
        if (!locks.TryGetValue(holder.Inode, out var held))
        {
            locks.Add(holder.Inode, held = []);
        }
        held.Add((holder, kind));
        return true;
    }

    internal bool IsLocked(MemoryFile holder, FileLock kind) =>
        locks.TryGetValue(holder.Inode, out var held) && held.Exists(other => other.Holder != holder && (kind, other.Kind) switch
        {
            (FileLock.Writer, FileLock.Writer) => true,
            (FileLock.Mover, FileLock.Reader or FileLock.Mover) => true,
            (FileLock.Reader, FileLock.Mover) => true,
            _ => false,
        });

    internal void Unlock(MemoryFile holder, FileLock kind)
    {
        if (locks.TryGetValue(holder.Inode, out var held))
        {
            held.RemoveAll(one => one.Holder == holder && one.Kind == kind);
        }
    }

    internal void Unlock(MemoryFile holder)
    {
        if (locks.TryGetValue(holder.Inode, out var held))
        {
            held.RemoveAll(one => one.Holder == holder);
        }
    }

    internal Timestamp Now() => new(1_700_000_000 + (++clock / 1000), (int)(clock % 1000) * 1_000_000);

    private void Store(MemoryFile file, byte[] data, long offset)
    {
        var content = contents[file.Inode];
        var isFull = false;
        if (Capacity is not null && Names[file.Inode].Links > 0)
        {
            while (data.Length > 0 && content.MissingPages(offset, data.Length) * (long)PagedBytes.PageSize > Free)
            {
                isFull = true;
                data = data[..Math.Max(0, data.Length - PagedBytes.PageSize)];
            }
        }
        if (data.Length > 0)
        {
            content.Write(data, offset);
            Pending(file.Inode).Write(data, offset, ++order);
            Touch(file.Inode);
        }
        if (isFull)
        {
            throw Failure(FileError.NoSpace, "write", file.DisplayPath);
        }
    }

    private void Touch(long inode)
    {
        Names[inode].ModifiedAt = Now();
        Names[inode].ChangedAt = Names[inode].ModifiedAt;
    }

    private PendingData Pending(long inode)
    {
        if (!pendingData.TryGetValue(inode, out var pending))
        {
            pendingData.Add(inode, pending = new PendingData());
        }
        return pending;
    }

    private void FlushContent(long inode)
    {
        durableContents[inode] = contents[inode].Clone();
        pendingData.Remove(inode);
    }

    private void CommitNames(ulong device)
    {
        foreach (var (_, change) in pendingNames.Where(pending => pending.Device == device))
        {
            change(durableNames);
        }
        pendingNames.RemoveAll(pending => pending.Device == device);
    }

    /// <summary>Follows an absolute path, links included. Null when nothing is there; then the parent, if there is that.</summary>
    private long? Find(string path, out long? parent, int depth = 0)
    {
        if (!path.StartsWith('/') || depth > 40)
        {
            throw Failure(FileError.InvalidArgument, "resolve", path);
        }
        parent = null;
        long current = DiskImage.RootInode;
        var components = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(path)).Split('/', StringSplitOptions.RemoveEmptyEntries);
        var walked = "";
        for (var i = 0; i < components.Length; i++)
        {
            var node = Names[current];
            if (node.Kind != FileKind.Directory)
            {
                parent = null;
                return null;
            }
            parent = i == components.Length - 1 ? current : null;
            if (components[i] == "..")
            {
                current = node.Parent;
                continue;
            }
            if (components[i] == ".")
            {
                continue;
            }
            if (!node.Entries.TryGetValue(components[i], out var child))
            {
                return null;
            }
            if (Names[child].Kind == FileKind.SymbolicLink)
            {
                var target = Encoding.UTF8.GetString(Names[child].LinkTarget);
                var rest = string.Join('/', components[(i + 1)..]);
                return Find((target.StartsWith('/') ? target : $"{walked}/{target}") + (rest.Length > 0 ? "/" + rest : ""), out parent, depth + 1);
            }
            walked = $"{walked}/{components[i]}";
            current = child;
        }
        return current;
    }
}
