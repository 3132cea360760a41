using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Entries;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Jobs;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Restoring;

/// <summary>
/// Writes entries below a directory. The caller's thread reads the archive and makes directories; workers make the files.
/// Every path is walked component by component through directory handles, and no component may be a link: nothing can be
/// written outside, whatever the archive says and whatever it planted before.
/// </summary>
internal sealed class TreeWriter : IDisposable
{
    /// <summary>Files up to this size go with their data to the workers, which write it; larger ones are copied in the kernel, or shared.</summary>
    public const int LargeFile = 256 * 1024;

    private readonly ArchiveFile archive;
    private readonly IFileSystem fileSystem;
    private readonly bool setOwner;
    private readonly DirectoryStack directories;
    private readonly WriterPool pool;
    private readonly HardLinkWriter links;
    private readonly Dictionary<PathHash, LinkTarget> linkTargets = [];
    private readonly IReadOnlySet<PathHash>? isLinkTarget;
    private readonly EntryOrder order = new();

    /// <summary>
    /// Symbolic links of other platforms, on Windows, which wants to know whether they lead to a file or a directory: they are
    /// made when what they lead to may be there.
    /// </summary>
    private readonly List<LateLink>? late;
    private long lateWeight;
    private RestoreBatch batch = new();

    /// <param name="archive">Where the data of larger files is read from.</param>
    /// <param name="fileSystem">The platform.</param>
    /// <param name="root">The directory to write below; closed at the end.</param>
    /// <param name="setOwner">Restore owners and groups.</param>
    /// <param name="place">Where others may write: there is made aside what is put there. Null for a directory in the staging folder.</param>
    /// <param name="mode">What becomes of what stands there.</param>
    /// <param name="writers">Threads that write.</param>
    /// <param name="losses">Where metadata that cannot be set is noted.</param>
    /// <param name="monitor">Hears of progress.</param>
    /// <param name="parents">The metadata of a directory that is needed but not written.</param>
    /// <param name="cancellation">Stops the work.</param>
    public TreeWriter(
        ArchiveFile archive, IFileSystem fileSystem, IDirectory root, bool setOwner, OpenPlace? place, WriteMode mode, int writers,
        LossLog losses, JobMonitor monitor, Func<ReadOnlyMemory<byte>, FileMetadata?> parents, CancellationToken cancellation)
    {
        this.archive = archive;
        this.fileSystem = fileSystem;
        this.setOwner = setOwner;
        late = fileSystem.Traits.HasReservedNames ? [] : null;
        Losses = losses;
        isLinkTarget = place?.LinkTargets;
        directories = new DirectoryStack(
            fileSystem, root, archive.Path, AsideFor("folders"), mode, losses, parents);
        links = new HardLinkWriter(archive.Path, AsideFor("links"), linkTargets, losses);
        pool = new WriterPool(archive, place, mode, writers, losses, monitor, cancellation);

        Aside? AsideFor(string folder) => place is null ? null : new Aside(place, folder, mode, losses);
    }

    public LossLog Losses { get; }

    /// <summary>Writes one entry, at the path given (which may differ from the entry's own when a link's target is left out).</summary>
    /// <param name="reader">Stands at the entry.</param>
    /// <param name="path">The path below the directory; not empty.</param>
    public void Write(VolumeReader reader, byte[] path)
    {
        pool.Advance();
        var entry = reader.Entry;
        order.Add(path, EntryKinds.KindOf(entry.Type) == FileKind.Directory);
        if (!order.IsKept)
        {
            // Names may come twice, and the later entry counts: one after the other.
            Drain();
        }

        var (parentPath, lastName) = DirectoryPath.Split(path);
        byte[] name = lastName.ToArray();
        if (entry.Type == TypeFlag.HardLink)
        {
            var linkIdentity = IdentityOf(path);
            if (directories.Enter(parentPath) is not { } directory)
            {
                linkIdentity?.Leave();
                return;
            }

            links.Add(directory, name, reader, directories.Root, linkIdentity);
            if (links.IsFull)
            {
                Drain();
            }

            return;
        }

        var kind = EntryKinds.KindOf(entry.Type);
        switch (kind)
        {
            case FileKind.Unknown:
                Losses.Note(new Notice(
                    BackupError.NotKept, EntryNames.ForMessage(path),
                    $"'{EntryNames.ForMessage(path)}' has the typeflag '{(char)entry.Type}', which stands for no file here; it is not restored."));
                break;
            case FileKind.Directory:
                directories.Make(parentPath, name, MetadataOf(entry, kind));
                break;
            case FileKind.SymbolicLink when late is not null && EntryMetadata.LinkKindOf(entry) == LinkKind.Unknown:
                MakeLater(path, entry);
                break;
            default:
                var identity = IdentityOf(path);
                if (directories.Enter(parentPath) is { } parent)
                {
                    Enqueue(parent, name, kind, reader, identity);
                }
                else
                {
                    identity?.Leave();
                }

                break;
        }
    }

    /// <summary>The metadata an entry asks for.</summary>
    public FileMetadata MetadataOf(TarEntry entry, FileKind kind) => EntryMetadata.Of(entry, kind, setOwner, Losses);

    /// <summary>Waits for everything to be written and closes all directories.</summary>
    public void Finish()
    {
        Drain();
        directories.Finish();
        pool.Advance();
    }

    public void Dispose()
    {
        pool.Dispose();
        batch.Abandon();
        links.Dispose();
        directories.Dispose();
    }

    private void Enqueue(TargetDirectory directory, byte[] name, FileKind kind, VolumeReader reader, LinkTarget? identity)
    {
        var entry = reader.Entry;
        bool inBuffer = kind == FileKind.Regular && entry.Sparse is null && entry.Size <= LargeFile;
        if (!batch.HasRoomFor(inBuffer ? (int)entry.Size : 0) || (batch.IsHalfFull && batch.Jobs[^1].Directory != directory))
        {
            Submit();
        }

        var job = new RestoreJob
        {
            Directory = directory,
            Name = name,
            Metadata = MetadataOf(entry, kind),
            Identity = identity,
            LinkTarget = kind == FileKind.SymbolicLink ? entry.LinkName.ToArray() : null,
            LinkKind = kind == FileKind.SymbolicLink ? EntryMetadata.LinkKindOf(entry) : LinkKind.Unknown,
            DeviceMajor = entry.DeviceMajor,
            DeviceMinor = entry.DeviceMinor,
            ArchiveOffset = -1,
        };
        if (kind == FileKind.Regular)
        {
            job.Size = entry.Size;
            if (inBuffer)
            {
                job.Data = entry.Size == 0 ? default : DataOf(reader);
            }
            else
            {
                job.ArchiveOffset = entry.DataOffset;
                job.Runs = entry.Sparse?.ToArray();
                batch.HasLargeFile = true;
            }
        }

        directory.AddReference();
        batch.Jobs.Add(job);
        long weight = WeightOf(job);
        batch.Weight += weight;
        if (weight > RestoreBatch.MaxBytes)
        {
            Drain();
        }
        else if ((kind == FileKind.Regular && !inBuffer) || batch.Weight > RestoreBatch.MaxBytes)
        {
            // Goes on its way at once: what follows is read meanwhile.
            Submit();
        }
    }

    private void MakeLater(byte[] path, TarEntry entry)
    {
        var job = new RestoreJob
        {
            Metadata = MetadataOf(entry, FileKind.SymbolicLink),
            Identity = IdentityOf(path),
            LinkTarget = entry.LinkName.ToArray(),
            ArchiveOffset = -1,
        };
        late!.Add(new LateLink(path, job));
        lateWeight += path.Length + WeightOf(job);
        if (lateWeight > RestoreBatch.MaxBytes)
        {
            Drain();
        }
    }

    /// <summary>Those whose targets are there first: a link may lead to another.</summary>
    private void MakeLate()
    {
        if (late is null or [])
        {
            return;
        }

        var waiting = late.ToList();
        late.Clear();
        lateWeight = 0;
        while (waiting.Count > 0)
        {
            var still = new List<LateLink>();
            foreach (var link in waiting)
            {
                if (!TryMake(link, mustLead: true))
                {
                    still.Add(link);
                }
            }

            if (still.Count == waiting.Count)
            {
                still.ForEach(link => TryMake(link, mustLead: false));
                still.Clear();
            }

            Submit();
            pool.Drain();
            waiting = still;
        }
    }

    private bool TryMake(in LateLink link, bool mustLead)
    {
        var (parentPath, name) = DirectoryPath.Split(link.Path);
        var job = link.Job;
        if (directories.Enter(parentPath) is not { } directory)
        {
            job.Identity?.Leave();
            return true;
        }

        job.Directory = directory;
        job.Name = name.ToArray();
        job.LinkKind = KindOfTarget(job);
        if (mustLead && job.LinkKind == LinkKind.Unknown)
        {
            return false;
        }

        if (!batch.HasRoomFor(0))
        {
            Submit();
        }

        job.Directory.AddReference();
        batch.Jobs.Add(job);
        return true;
    }

    private LinkKind KindOfTarget(in RestoreJob link)
    {
        try
        {
            string target = Path.Combine(link.Directory.Handle.DisplayPath, NameText.Decode(link.LinkTarget));
            return !fileSystem.TryGetStatus(Path.GetFullPath(target), out var status) ? LinkKind.Unknown
                : status.Kind == FileKind.Directory ? LinkKind.Directory : LinkKind.File;
        }
        catch (Exception e) when (e is FileSystemException or ArgumentException)
        {
            return LinkKind.Unknown;
        }
    }

    private LinkTarget? IdentityOf(byte[] path) =>
        isLinkTarget is not null && PathHash.Of(path) is var hash && isLinkTarget.Contains(hash) ? linkTargets[hash] = new LinkTarget() : null;

    private ReadOnlyMemory<byte> DataOf(VolumeReader reader)
    {
        var entry = reader.Entry;
        var data = reader.Source.Get(entry.DataOffset, (int)entry.Size, out var window);
        if (data.Length < entry.Size)
        {
            throw ArchiveErrors.Invalid(archive.Path, entry.DataOffset, "the archive ends within a file's data.");
        }

        batch.Hold(window, data.Length);
        return data;
    }

    /// <summary>About the memory that a job holds besides file data: a hostile entry may have megabytes of attributes or of pieces.</summary>
    private static long WeightOf(in RestoreJob job)
    {
        long weight = (job.LinkTarget?.Length ?? 0) + (16L * (job.Runs?.Length ?? 0));
        foreach (var attribute in job.Metadata.Attributes ?? [])
        {
            weight += 100 + attribute.Name.Length + attribute.Value.Length;
        }

        return weight;
    }

    private void Submit()
    {
        if (batch.Jobs.Count > 0)
        {
            pool.Submit(batch);
            batch = pool.TakeBatch();
        }
    }

    /// <summary>Waits until all that was handed over is written, and makes the links to it.</summary>
    private void Drain()
    {
        Submit();
        pool.Drain();
        MakeLate();
        pool.Count(0, links.MakeAll(directories.Root));
    }

    /// <summary>A symbolic link that waits; where it is to stand is looked up when its turn comes.</summary>
    private readonly record struct LateLink(byte[] Path, RestoreJob Job);
}
