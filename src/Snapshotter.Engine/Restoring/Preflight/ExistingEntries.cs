using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Entries;
using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Restoring.Preflight;

/// <summary>What stands already where entries are put over what is there.</summary>
/// <param name="root">The part's root; stays open.</param>
/// <param name="part">The part.</param>
/// <param name="traits">Who this process is.</param>
/// <param name="unfit">Where names are noted that a directory there takes for one, as ext4's may that ignore case.</param>
/// <param name="blockSize">In what the file system gives room.</param>
internal sealed class ExistingEntries(IDirectory root, VolumePart part, FileSystemTraits traits, UnfitEntries unfit, int blockSize) : IDisposable
{
    private const int MaxListed = 20;
    private const int MaxLinked = 1_000_000;

    private readonly List<string> obstacles = [];
    private readonly LinkedNames linked = new(MaxLinked);
    private readonly CaseCollisions collisions = new(areAccentsOne: true);
    private readonly Dictionary<FileId, bool> tellsApart = [];
    private byte[] directoryPath = [];
    private IDirectory? directory;
    private ulong device;
    private bool isThere = true;

    /// <summary>Bytes that go when entries take their places.</summary>
    public long Bytes { get; private set; }

    /// <summary>Names that are there already.</summary>
    public long Files { get; private set; }

    /// <summary>The first of what cannot be replaced, or written to, with the reason.</summary>
    public IReadOnlyList<string> Obstacles => obstacles;

    /// <summary>Looks at the place of an entry.</summary>
    public void Look(VolumeReader reader)
    {
        byte[] path = part.Below(reader.Path);
        foreach (int end in collisions.FindIn(path) ?? [])
        {
            if (FindTaken(path.AsMemory(0, end)) is { } taken)
            {
                unfit.Add(reader, $"the folder takes its name for that of '{taken}'.");
                break;
            }
        }

        var (parentPath, name) = DirectoryPath.Split(path);
        Enter(parentPath);
        var parent = directory ?? root;
        if (!isThere || !parent.TryGetStatus(name.Span, out var status))
        {
            return;
        }

        Bytes += RestoreDemand.BytesOfName(name.Length);
        if (status.Kind == FileKind.Directory)
        {
            // It stays, and nothing is needed for it.
            Files++;
            Bytes += blockSize;
        }
        else
        {
            if (linked.IsLast(status))
            {
                Files++;
                Bytes += status.Allocated;
            }

            Note(ObstacleAt(parent, name.Span, status));
        }
    }

    public void Dispose() => directory?.Dispose();

    /// <summary>
    /// What a name is taken for that another one in the archive resembles: null where they are different names. A directory that
    /// is missing will be like the one that it is made in.
    /// </summary>
    private string? FindTaken(ReadOnlyMemory<byte> path)
    {
        var (parentPath, name) = DirectoryPath.Split(path);
        IDirectory? current = null;
        try
        {
            bool isWhole = true;
            foreach (var range in parentPath.Span.Split((byte)'/'))
            {
                var component = parentPath.Span[range];
                isWhole = component.IsEmpty || ((current ?? root).TryGetStatus(component, out var status) && status.Kind == FileKind.Directory);
                if (!isWhole || component.IsEmpty)
                {
                    break;
                }

                using var parent = current;
                current = (parent ?? root).OpenDirectory(component);
            }

            if (TellsApart(current ?? root))
            {
                return null;
            }

            return isWhole ? NameTwin.Find(current ?? root, name.Span) : "another entry";
        }
        finally
        {
            current?.Dispose();
        }
    }

    private bool TellsApart(IDirectory folder)
    {
        folder.GetStatus(out var status);
        if (!tellsApart.TryGetValue(status.Id, out bool does))
        {
            using var probe = ProbeFolder.In(folder, traits);
            tellsApart[status.Id] = does = NameRules.TellsApart(probe.Directory);
        }

        return does;
    }

    /// <summary>Goes to a directory, and notes what is the matter with those on the way that were not passed before.</summary>
    private void Enter(ReadOnlyMemory<byte> path)
    {
        if (directory is not null && path.Span.SequenceEqual(directoryPath))
        {
            return;
        }

        directory?.Dispose();
        directory = null;
        directoryPath = path.ToArray();
        root.GetStatus(out var status);
        device = status.Id.Device;
        isThere = true;
        if (path.IsEmpty)
        {
            return;
        }

        foreach (var range in path.Span.Split((byte)'/'))
        {
            using var parent = directory;
            directory = null;
            var name = path.Span[range];
            if (!(parent ?? root).TryGetStatus(name, out status) || status.Kind != FileKind.Directory)
            {
                isThere = false;
                return;
            }

            Note(ObstacleAt(parent ?? root, name, status));
            device = status.Id.Device;
            directory = (parent ?? root).OpenDirectory(name);
        }
    }

    /// <summary>What is in use on Windows is left as it is and told when its turn comes: the other entries are put in their places.</summary>
    private string? ObstacleAt(IDirectory parent, ReadOnlySpan<byte> name, in FileStatus status) =>
        traits.HasReservedNames ? null : Obstacle.In(parent, name, status, device, traits);

    private void Note(string? obstacle)
    {
        if (obstacle is not null && obstacles.Count < MaxListed && !obstacles.Contains(obstacle))
        {
            obstacles.Add(obstacle);
        }
    }
}
