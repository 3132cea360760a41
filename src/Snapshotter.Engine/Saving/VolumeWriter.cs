using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Entries;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Jobs;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Saving;

/// <summary>
/// Writes the entries of one volume in order, on the caller's thread: what workers have ready as it is, and large, sparse
/// and hard-linked files by itself.
/// </summary>
internal sealed class VolumeWriter : IDisposable
{
    private readonly SaveContext context;
    private readonly GenerationWriter generation;
    private readonly JobMonitor monitor;
    private readonly CopyQueue copies;
    private readonly EntryFactory factory;
    private readonly FileEncoder files;
    private readonly NodeEncoder nodes;
    private readonly LinkedFiles linked;

    /// <summary>What this thread encodes by itself.</summary>
    private readonly BlockBuffer own = new();
    private readonly List<ExtendedAttribute> attributes = [];
    private readonly EntryPath paths = new();
    private readonly CancellationToken cancellation;
    private bool saidThatLinksAreTooMany;

    public VolumeWriter(
        SaveContext context, GenerationWriter generation, JobMonitor monitor, int maxCopies, CancellationToken cancellation)
    {
        this.context = context;
        this.generation = generation;
        this.monitor = monitor;
        this.cancellation = cancellation;
        factory = new EntryFactory(context.FileSystem, context.Unkept);
        files = new FileEncoder(context, factory);
        nodes = new NodeEncoder(factory);
        linked = new LinkedFiles(context.FileSystem);
        copies = new CopyQueue(generation, context.Checksum, maxCopies, Idle, cancellation);
    }

    /// <summary>Entries written.</summary>
    public long Entries { get; private set; }

    /// <summary>Bytes of file data of the entries written, holes included.</summary>
    public long Bytes { get; private set; }

    /// <summary>Writes the entry of a directory volume's root.</summary>
    public void WriteRoot(TreeDirectory root)
    {
        root.Handle.GetStatus(out var status);
        attributes.Clear();
        root.Handle.GetAttributes(attributes);
        WriteHeader(NewEntry(status, root.DisplayPath, root.Name));
    }

    /// <summary>Writes the one entry of a file volume; closes the file.</summary>
    public void WriteFileVolume(IFile file, byte[] name)
    {
        try
        {
            file.GetStatus(out var status);
            WriteContent(ref file!, status, name);
        }
        finally
        {
            file?.Dispose();
        }
    }

    /// <summary>Writes what a worker made of a batch.</summary>
    public void Write(SaveBatch batch)
    {
        // Neighbours that are ready go out in one piece.
        int from = 0;
        int to = 0;
        for (int i = 0; i < batch.Results.Count; i++)
        {
            var task = batch.Tasks[i];
            var result = batch.Results[i];
            switch (result.Stage)
            {
                case SaveStage.Encoded:
                    generation.AddHeader(batch.Bytes.Written.Slice(result.Start, result.HeaderLength));
                    to = result.Start + result.Length;
                    break;
                case SaveStage.Prefetched:
                    generation.Write(batch.Bytes.Written[from..to]);
                    WriteHeader(result.Entry!, align: true, count: false);
                    from = result.Start;
                    to = from + result.Length;
                    break;
                case SaveStage.Deferred:
                    generation.Write(batch.Bytes.Written[from..to]);
                    from = to;
                    WriteDeferred(task);
                    continue;
            }

            Count(result, result.IsRegular ? paths.Of(task) : default);
            Tell(result.Notice, result.Weight);
        }

        generation.Write(batch.Bytes.Written[from..to]);
    }

    /// <summary>Waits for all data to be written.</summary>
    public void Finish() => copies.Finish();

    public void Dispose()
    {
        copies.Dispose();
        files.Dispose();
        linked.Dispose();
    }

    private void WriteDeferred(in SaveTask task)
    {
        try
        {
            if (task.Kind is FileKind.Regular or FileKind.Unknown)
            {
                WriteFile(task);
            }
            else
            {
                WriteNode(task);
            }
        }
        catch (FileSystemException e)
        {
            monitor.Problem(Problems.Of(e, task.DisplayPath));
        }
    }

    private void WriteFile(in SaveTask task)
    {
        var file = task.OpenFile(out var status);
        try
        {
            var name = paths.Of(task);
            if (status.Id == context.ArchiveId || WriteAsLink(task, status, name))
            {
                return;
            }

            string path = file.DisplayPath;
            if (status.IsMountRoot == true)
            {
                Tell(Problems.Mounted(path), NoticeWeight.Detail);
            }

            WriteContent(ref file!, status, name);
            Remember(status, name, path);
        }
        finally
        {
            file?.Dispose();
        }
    }

    /// <summary>A symbolic link, FIFO or device, perhaps with several names; or a directory that no batch had room for.</summary>
    private void WriteNode(in SaveTask task)
    {
        var status = NodeEncoder.Look(task);
        bool mayBeLinked = status.Kind is not (FileKind.Directory or FileKind.Socket);
        var name = paths.Of(task);
        if (mayBeLinked && WriteAsLink(task, status, name))
        {
            return;
        }

        own.Clear();
        var result = nodes.Encode(task, status, name, own);
        WriteOwn(result, name);
        if (mayBeLinked && result.Stage == SaveStage.Encoded)
        {
            Remember(status, name, task.DisplayPath);
        }
    }

    /// <summary>Writes a hard link when the file was saved under another name already.</summary>
    private bool WriteAsLink(in SaveTask task, in FileStatus status, ReadOnlyMemory<byte> name)
    {
        var sighting = linked.Find(status, out byte[] first);
        if (sighting == LinkSighting.ChangedFile)
        {
            monitor.Problem(FileChange.LinkedFileChanged(task.DisplayPath, EntryNames.ForMessage(first)));
        }

        if (sighting != LinkSighting.SameFile)
        {
            return false;
        }

        // The first entry carries the attributes; a link has none of its own.
        attributes.Clear();
        var entry = NewEntry(status, task.DisplayPath, name);
        entry.Type = TypeFlag.HardLink;
        entry.LinkName = first;
        entry.Size = 0;
        WriteHeader(entry);
        return true;
    }

    private void Remember(in FileStatus status, ReadOnlyMemory<byte> name, string path)
    {
        if (!linked.Add(status, name.Span) && !saidThatLinksAreTooMany)
        {
            saidThatLinksAreTooMany = true;
            monitor.Problem(FileChange.TooManyLinks(path));
        }
    }

    /// <summary>Writes a file with its content. A large one is taken over: it is null afterwards, and closed when it is copied.</summary>
    private void WriteContent(ref IFile? file, in FileStatus status, ReadOnlyMemory<byte> name)
    {
        List<SparseRun>? holey = status.Allocated < status.Size && SparseFile.TryFindRuns(file!, status.Size, out var found) ? found : null;
        if (holey is not null || status.Size > FileEncoder.SizeLimit)
        {
            WriteLarge(ref file, status, holey, name);
            return;
        }

        own.Clear();
        if (files.TryEncode(file!, status, name, generation.Comment, own, out var result))
        {
            WriteOwn(result, name);
        }
        else
        {
            WriteUnsized(file!, status, name);
        }
    }

    private void WriteLarge(
        ref IFile? file, FileStatus status, List<SparseRun>? holey, ReadOnlyMemory<byte> name)
    {
        string path = file!.DisplayPath;
        IReadOnlyList<SparseRun> runs = holey ?? [new SparseRun(0, status.Size)];
        long stored = runs.Sum(run => run.Length);
        if (SaveLimits.IsTooLarge(stored))
        {
            monitor.Problem(SaveLimits.TooLarge(stored, path));
            return;
        }

        attributes.Clear();
        file.GetAttributes(attributes);
        var entry = NewEntry(status, path, name);
        entry.Sparse = holey;
        WriteHeader(entry, align: status.Size >= TarLayout.AlignedFileSize);
        long offset = generation.Reserve(stored);
        Bytes += status.Size;

        // Holes are not copied.
        monitor.Advance(status.Size - stored, 0);
        copies.Start(
            name.ToArray(), file, offset, runs, status,
            outcome => Tell(outcome, status, path));
        file = null;
    }

    /// <summary>A file that does not say how much it holds, and holds a lot.</summary>
    private void WriteUnsized(IFile file, FileStatus status, ReadOnlyMemory<byte> name)
    {
        string path = file.DisplayPath;
        using var spool = new Spool(context.FileSystem);
        UnsizedFile.Read(file, spool, cancellation);
        file.GetStatus(out var after);
        attributes.Clear();
        file.GetAttributes(attributes);
        var before = status;
        status.Size = spool.Length;
        WriteHeader(NewEntry(status, path, name), align: true, count: false);
        using var hasher = new FileHasher(context.Checksum);
        spool.CopyTo(piece =>
        {
            hasher.Append(piece.Span);
            generation.Write(piece.Span);
        });
        generation.PadToBlock();
        Count(new SaveResult { IsRegular = true, Size = status.Size, Hash = hasher.Finish() }, name);
        if (FileChange.IsBetween(before, after))
        {
            monitor.Problem(FileChange.Rewritten(path));
        }
    }

    /// <summary>Writes what this thread has encoded into its own buffer.</summary>
    private void WriteOwn(in SaveResult result, ReadOnlyMemory<byte> name)
    {
        if (result.Stage == SaveStage.Prefetched)
        {
            WriteHeader(result.Entry!, align: true, count: false);
        }
        else
        {
            generation.AddHeader(own.Written[..result.HeaderLength]);
        }

        generation.Write(own.Written);
        Count(result, name);
        Tell(result.Notice, result.Weight);
    }

    private TarEntry NewEntry(in FileStatus status, string path, ReadOnlyMemory<byte> name)
    {
        var entry = new TarEntry();
        if (!factory.Fill(entry, status, attributes))
        {
            monitor.Problem(FileChange.TooManyAttributes(path));
        }

        entry.Name = name;
        entry.Comment = generation.Comment;
        return entry;
    }

    private void WriteHeader(TarEntry entry, bool align = false, bool count = true)
    {
        generation.WriteHeader(entry, align);
        if (count)
        {
            Entries++;
            monitor.Advance(0, 1);
        }
    }

    /// <summary>Counts an entry that is written with its data, and adds a file's checksum to the list.</summary>
    private void Count(in SaveResult result, ReadOnlyMemory<byte> name)
    {
        if (result.Stage == SaveStage.Skipped)
        {
            return;
        }

        Entries++;
        Bytes += result.Size;
        if (result.IsRegular && context.Checksum != ChecksumAlgorithm.None)
        {
            copies.AddLine(result.Hash, name.Span);
        }

        monitor.Advance(result.Size, 1);
    }

    private void Tell(CopyOutcome outcome, in FileStatus before, string path)
    {
        if (outcome.ReadError is { } error)
        {
            monitor.Problem(new Notice(
                BackupError.FileUnreadable, path,
                $"'{path}' could not be read to its end: {error.Detail}. Zeros stand for what is missing."));
        }
        else if (outcome.Read < before.Size)
        {
            monitor.Problem(FileChange.Shrank(before.Size, Math.Min(outcome.Read, outcome.After.Size), path));
        }
        else if (FileChange.IsBetween(before, outcome.After))
        {
            if (!outcome.IsProven)
            {
                monitor.Problem(FileChange.Rewritten(path));
            }
            else if (outcome.After.Size > before.Size)
            {
                monitor.Warn(FileChange.Grew(before.Size, outcome.After.Size, path));
            }
        }
    }

    private void Tell(Notice? notice, NoticeWeight weight)
    {
        if (notice is null)
        {
            return;
        }

        switch (weight)
        {
            case NoticeWeight.Problem:
                monitor.Problem(notice);
                break;
            case NoticeWeight.Remark:
                monitor.Warn(notice);
                break;
            default:
                monitor.Reporter.Detail(notice.Message);
                break;
        }
    }

    private void Idle() => monitor.Advance(copies.TakeAdvanced(), 0);
}
