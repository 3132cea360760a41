using System.Collections.Concurrent;
using Snapshotter.Engine.Archive;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Tar;
using Snapshotter.Engine.Volumes.Reading;

namespace Snapshotter.Engine.Volumes.Restoring;

/// <summary>
/// Writes entries below a directory. The caller's thread reads the archive and makes directories; workers make the files.
/// Every path is walked component by component through directory handles, and no component may be a link: nothing can be
/// written outside, whatever the archive says and whatever it planted before.
/// </summary>
internal sealed class TreeWriter : IDisposable
{
    private const int MaxOpen = 128;
    private const int LargeFile = 256 * 1024;

    private readonly ArchiveFile archive;
    private readonly IFileSystem fileSystem;
    private readonly bool setOwner;
    private readonly bool replace;
    private readonly JobMonitor monitor;
    private readonly List<TargetDirectory> stack = [];
    private readonly BlockingCollection<RestoreBatch> queue;
    private readonly ConcurrentBag<RestoreBatch> spare = [];
    private readonly List<Thread> threads = [];
    private readonly CancellationTokenSource stop;
    private readonly object gate = new();
    private readonly EntryOrder order = new();
    private RestoreBatch batch = new();
    private Exception? failure;
    private long bytesDone;
    private long entriesDone;
    private long submitted;
    private long finished;

    /// <param name="archive">Where the data of larger files is read from.</param>
    /// <param name="fileSystem">The platform.</param>
    /// <param name="root">The directory to write below; closed at the end.</param>
    /// <param name="setOwner">Restore owners and groups.</param>
    /// <param name="replace">Put entries over what stands there; else the directory is fresh.</param>
    /// <param name="writers">Threads that write.</param>
    /// <param name="losses">Where metadata that cannot be set is noted.</param>
    /// <param name="monitor">Hears of progress.</param>
    /// <param name="cancellation">Stops the work.</param>
    public TreeWriter(
        ArchiveFile archive, IFileSystem fileSystem, IDirectory root, bool setOwner, bool replace, int writers, LossLog losses,
        JobMonitor monitor, CancellationToken cancellation)
    {
        this.archive = archive;
        this.fileSystem = fileSystem;
        this.setOwner = setOwner;
        this.replace = replace;
        this.monitor = monitor;
        Losses = losses;
        root.GetStatus(out var status);
        stack.Add(new TargetDirectory(root, [], status.Id, losses));
        stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        queue = new BlockingCollection<RestoreBatch>(2 * writers);
        for (int i = 0; i < writers; i++)
        {
            var thread = new Thread(Work) { IsBackground = true, Name = "Snapshotter write" };
            threads.Add(thread);
            thread.Start();
        }
    }

    public LossLog Losses { get; }

    /// <summary>Writes one entry, at the path given (which may differ from the entry's own when a link's target is left out).</summary>
    /// <param name="reader">Stands at the entry.</param>
    /// <param name="path">The path below the directory; not empty.</param>
    public void Write(VolumeReader reader, byte[] path)
    {
        Advance();
        var entry = reader.Entry;
        order.Add(path, EntryKinds.KindOf(entry.Type) == FileKind.Directory);
        if (!order.IsKept)
        {
            // Names may come twice, and the later entry counts: one after the other.
            Drain();
        }

        int slash = path.AsSpan().LastIndexOf((byte)'/');
        var parentPath = path.AsMemory(0, Math.Max(slash, 0));
        byte[] name = path[(slash + 1)..];
        if (entry.Type == TypeFlag.HardLink)
        {
            Link(Enter(parentPath), name, reader);
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
                MakeDirectory(parentPath, name, MetadataOf(entry, kind));
                break;
            default:
                Enqueue(Enter(parentPath), name, kind, reader);
                break;
        }
    }

    /// <summary>The metadata an entry asks for.</summary>
    public FileMetadata MetadataOf(TarEntry entry, FileKind kind) => EntryMetadata.Of(entry, kind, setOwner, Losses);

    /// <summary>Waits for everything to be written and closes all directories.</summary>
    public void Finish()
    {
        Drain();
        while (stack.Count > 0)
        {
            Pop();
        }

        Rethrow();
        Advance();
    }

    public void Dispose()
    {
        stop.Cancel();
        queue.CompleteAdding();
        foreach (var thread in threads)
        {
            thread.Join();
        }

        foreach (var directory in stack)
        {
            directory.Handle.Dispose();
        }

        queue.Dispose();
        stop.Dispose();
    }

    private void Enqueue(TargetDirectory directory, byte[] name, FileKind kind, VolumeReader reader)
    {
        var entry = reader.Entry;
        bool inBuffer = kind == FileKind.Regular && entry.Sparse is null && entry.Size <= LargeFile;
        if (!batch.HasRoomFor(inBuffer ? (int)entry.Size : 0))
        {
            Submit();
        }

        var job = new RestoreJob
        {
            Directory = directory,
            Name = name,
            Metadata = MetadataOf(entry, kind),
            LinkTarget = kind == FileKind.SymbolicLink ? entry.LinkName.ToArray() : null,
            DeviceMajor = entry.DeviceMajor,
            DeviceMinor = entry.DeviceMinor,
            ArchiveOffset = -1,
            BufferStart = batch.BufferLength,
        };
        if (kind == FileKind.Regular)
        {
            job.Size = entry.Size;
            if (inBuffer)
            {
                int read = reader.Source.Read(batch.Buffer.AsSpan(batch.BufferLength, (int)entry.Size), entry.DataOffset);
                if (read < entry.Size)
                {
                    throw ArchiveErrors.Invalid(archive.Path, entry.DataOffset, "the archive ends within a file's data.");
                }

                batch.BufferLength += read;
            }
            else
            {
                job.ArchiveOffset = entry.DataOffset;
                job.Runs = entry.Sparse?.ToArray();
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
        if (batch.Jobs.Count == 0)
        {
            return;
        }

        var full = batch;
        batch = spare.TryTake(out var next) ? next : new RestoreBatch();
        submitted++;
        try
        {
            while (!queue.TryAdd(full, 100, stop.Token))
            {
                Advance();
            }
        }
        catch (OperationCanceledException)
        {
            // A worker that fails stops the others and this thread: its failure is what happened.
            Rethrow();
            throw;
        }
    }

    /// <summary>Waits until all that was handed over is written.</summary>
    private void Drain()
    {
        Submit();
        lock (gate)
        {
            while (finished < submitted && Volatile.Read(ref failure) is null)
            {
                Monitor.Wait(gate, TimeSpan.FromMilliseconds(100));
                Advance();
            }
        }

        Rethrow();
    }

    private void Work()
    {
        var worker = new RestoreWorker(archive, replace, Losses, Count, stop.Token);
        try
        {
            foreach (var next in queue.GetConsumingEnumerable(stop.Token))
            {
                worker.Process(next);
                foreach (var job in next.Jobs)
                {
                    job.Directory.Release();
                }

                next.Reset();
                spare.Add(next);
                lock (gate)
                {
                    finished++;
                    Monitor.PulseAll(gate);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The caller sees the same token.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Interlocked.CompareExchange(ref failure, e, null);
            stop.Cancel();
            lock (gate)
            {
                Monitor.PulseAll(gate);
            }
        }
    }

    private void Count(long bytes, long entries)
    {
        Interlocked.Add(ref bytesDone, bytes);
        Interlocked.Add(ref entriesDone, entries);
    }

    private void Advance()
    {
        Rethrow();
        monitor.Advance(Interlocked.Exchange(ref bytesDone, 0), Interlocked.Exchange(ref entriesDone, 0));
    }

    private void Rethrow()
    {
        if (Volatile.Read(ref failure) is { } e)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(e);
        }
    }

    private void MakeDirectory(ReadOnlyMemory<byte> parentPath, byte[] name, FileMetadata metadata)
    {
        var parent = Enter(parentPath);
        Push(parent, name);
        stack[^1].Metadata = metadata;
    }

    private void Link(TargetDirectory directory, byte[] name, VolumeReader reader)
    {
        // The target may still be on its way.
        directory.AddReference();
        Drain();
        byte[] linkPath = reader.LinkPath;
        int slash = linkPath.AsSpan().LastIndexOf((byte)'/');
        IDirectory? targetDirectory = null;
        try
        {
            targetDirectory = OpenFromRoot(linkPath.AsMemory(0, Math.Max(slash, 0)));
            byte[] temporary = replace ? RestoreWorker.ReplacementName(name) : name;
            if (directory.Handle.TryGetStatus(temporary, out var existing) && existing.Kind != FileKind.Directory)
            {
                directory.Handle.RemoveFile(temporary);
            }

            directory.Handle.CreateHardLink(temporary, targetDirectory ?? stack[0].Handle, linkPath.AsSpan(slash + 1));
            if (replace)
            {
                RestoreWorker.PutInPlace(directory.Handle, temporary, name);

                // Two names of one file already: then a rename does nothing at all.
                TreeRemover.Remove(directory.Handle, temporary);
            }
        }
        catch (FileSystemException e) when (e.Error == FileError.Exists)
        {
            throw reader.Unsafe("a directory of its name stands there already.");
        }
        catch (FileSystemException e) when (
            e.Error is FileError.NotFound or FileError.NotADirectory or FileError.SymbolicLink or FileError.IsADirectory or FileError.AccessDenied)
        {
            throw reader.Unsafe($"the hard link's target '{EntryNames.ForMessage(linkPath)}' is not there, or cannot be linked.");
        }
        finally
        {
            targetDirectory?.Dispose();
            directory.Release();
        }

        Count(0, 1);
    }

    /// <summary>Opens a directory by its path without following a link; null for the root.</summary>
    private IDirectory? OpenFromRoot(ReadOnlyMemory<byte> path)
    {
        if (path.IsEmpty)
        {
            return null;
        }

        IDirectory? current = null;
        foreach (var range in path.Span.Split((byte)'/'))
        {
            var next = (current ?? stack[0].Handle).OpenDirectory(path.Span[range]);
            current?.Dispose();
            current = next;
        }

        return current;
    }

    /// <summary>Makes the stack of open directories fit a path, making directories the archive has no entry for.</summary>
    private TargetDirectory Enter(ReadOnlyMemory<byte> path)
    {
        int depth = 1;
        int start = 0;
        while (start < path.Length)
        {
            int slash = path.Span[start..].IndexOf((byte)'/');
            var component = slash < 0 ? path[start..] : path.Slice(start, slash);
            start += component.Length + 1;
            if (depth < stack.Count && component.Span.SequenceEqual(stack[depth].Name))
            {
                depth++;
                continue;
            }

            PopTo(depth);
            Push(stack[^1], component.ToArray());
            depth++;
        }

        PopTo(depth);
        return stack[^1];
    }

    private void Push(TargetDirectory parent, byte[] name)
    {
        const int ownerAll = 0x1C0; // rwx------
        var handle = parent.Handle;
        FileMetadata? metadata = null;
        if (handle.TryGetStatus(name, out var status))
        {
            if (status.Kind == FileKind.Directory)
            {
                // Entered again, or there before: it keeps its time unless its own entry comes.
                metadata = Keep(handle, name, status);
            }
            else if (replace)
            {
                handle.RemoveFile(name);
            }
            else
            {
                string path = handle.DisplayPath.TrimEnd('/') + "/" + EntryNames.ForMessage(name);
                throw new BackupException(
                    BackupError.UnsafeEntry, $"'{archive.Path}' has entries below '{path}', which is not a directory in it. The archive is refused.", path)
                {
                    EntryName = path,
                };
            }
        }

        if (metadata is null)
        {
            handle.CreateDirectory(name, ownerAll);
        }

        var child = handle.OpenDirectory(name);
        child.GetStatus(out var opened);
        stack.Add(new TargetDirectory(child, name, opened.Id, Losses) { Metadata = metadata });
        if (stack.Count > MaxOpen)
        {
            stack[stack.Count - MaxOpen].Suspend();
        }
    }

    private FileMetadata Keep(IDirectory parent, byte[] name, in FileStatus status)
    {
        const int ownerAll = 0x1C0;
        if (!fileSystem.Traits.IsPrivileged && (status.Mode & ownerAll) != ownerAll)
        {
            parent.SetMetadata(name, new FileMetadata { Kind = FileKind.Directory, Mode = status.Mode | ownerAll, ModifiedAt = status.ModifiedAt });
        }

        var attributes = new List<ExtendedAttribute>();
        parent.GetAttributes(name, attributes);
        return new FileMetadata { Kind = FileKind.Directory, Mode = status.Mode, ModifiedAt = status.ModifiedAt, Attributes = attributes };
    }

    private void PopTo(int depth)
    {
        while (stack.Count > depth)
        {
            Pop();
        }
    }

    private void Pop()
    {
        var directory = stack[^1];
        stack.RemoveAt(stack.Count - 1);
        if (stack.Count > 0 && stack[^1].IsSuspended)
        {
            stack[^1].Resume(directory.Handle);
        }

        directory.Release();
    }
}
