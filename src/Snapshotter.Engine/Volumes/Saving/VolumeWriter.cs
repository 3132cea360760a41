using System.IO.Hashing;
using Snapshotter.Engine.Archive;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Volumes.Saving;

/// <summary>
/// Writes the entries of one volume in order, on the caller's thread: what workers have ready as it is, and large, sparse
/// and hard-linked files by itself.
/// </summary>
internal sealed class VolumeWriter : IDisposable
{
    private readonly SaveContext context;
    private readonly AppendTransaction transaction;
    private readonly JobMonitor monitor;
    private readonly CopyQueue copies;
    private readonly EntryFactory factory;
    private readonly XxHash128 headers = new();
    private readonly BlockBuffer headerBuffer = new();
    private readonly List<ExtendedAttribute> attributes = [];
    private readonly Dictionary<FileId, LinkedFile> linked = [];

    public VolumeWriter(
        SaveContext context, AppendTransaction transaction, ChecksumListWriter sums, JobMonitor monitor, int maxCopies,
        CancellationToken cancellation)
    {
        this.context = context;
        this.transaction = transaction;
        this.monitor = monitor;
        factory = new EntryFactory(context.FileSystem);
        copies = new CopyQueue(transaction.File, sums, context.Checksum, maxCopies, Idle, cancellation);
    }

    /// <summary>Entries written.</summary>
    public long Entries { get; private set; }

    /// <summary>Bytes of file data of the entries written, holes included.</summary>
    public long Bytes { get; private set; }

    /// <summary>The checksum over all header bytes so far.</summary>
    public string HeadersHash => Hex.Of(headers.GetCurrentHash());

    /// <summary>Writes the entry of a directory volume's root.</summary>
    public void WriteRoot(DirectoryNode root, bool isFirstOfGeneration)
    {
        root.Handle.GetStatus(out var status);
        attributes.Clear();
        root.Handle.GetAttributes(attributes);
        var entry = NewEntry(status, root.Handle.DisplayPath, root.EntryName, isFirstOfGeneration);
        WriteHeader(entry);
    }

    /// <summary>Writes the one entry of a file volume.</summary>
    public void WriteFileVolume(IFile file, byte[] name, string path, bool isFirstOfGeneration)
    {
        file.GetStatus(out var status);
        attributes.Clear();
        file.GetAttributes(attributes);
        WriteContent(file, name, path, status, isFirstOfGeneration);
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
                    headers.Append(batch.Bytes.Written.Slice(result.Start, result.HeaderLength));
                    to = result.Start + result.Length;
                    Count(task, result);
                    break;
                case SaveStage.Prefetched:
                    transaction.Write(batch.Bytes.Written[from..to]);
                    WriteHeader(result.Entry!, align: true, count: false);
                    from = result.Start;
                    to = from + result.Length;
                    Count(task, result);
                    break;
                case SaveStage.Deferred:
                    transaction.Write(batch.Bytes.Written[from..to]);
                    from = to;
                    WriteDeferred(task);
                    break;
            }

            Tell(result);
        }

        transaction.Write(batch.Bytes.Written[from..to]);
    }

    /// <summary>Waits for all data to be written.</summary>
    public void Finish() => copies.Finish();

    public void Dispose() => copies.Dispose();

    private void WriteDeferred(in SaveTask task)
    {
        var directory = task.Directory;
        string path = directory.Display(task.Name.Span);
        try
        {
            if (task.Kind is not (FileKind.Regular or FileKind.Unknown))
            {
                WriteLinkedNode(task, path);
                return;
            }

            var file = directory.Handle.OpenFile(task.Name.Span);
            bool handedOver = false;
            try
            {
                file.GetStatus(out var status);
                if (status.Kind != FileKind.Regular)
                {
                    throw new FileSystemException(FileError.NotADirectory, "read", path, "it changed its type");
                }

                byte[] name = directory.NameOf(task.Name.Span);
                attributes.Clear();
                file.GetAttributes(attributes);
                if (!WriteAsLink(status, name, path))
                {
                    handedOver = true;
                    WriteContent(file, name, path, status, isFirstOfGeneration: false);
                    Remember(status, name);
                }
            }
            finally
            {
                if (!handedOver)
                {
                    file.Dispose();
                }
            }
        }
        catch (FileSystemException e)
        {
            monitor.Problem(Problems.Of(e, path));
        }
    }

    /// <summary>A symbolic link, FIFO or device with several names.</summary>
    private void WriteLinkedNode(in SaveTask task, string path)
    {
        var directory = task.Directory.Handle;
        var shortName = task.Name.Span;
        if (!directory.TryGetStatus(shortName, out var status) || status.Kind != task.Kind)
        {
            throw new FileSystemException(FileError.NotADirectory, "read", path, "it changed its type");
        }

        attributes.Clear();
        directory.GetAttributes(shortName, attributes);
        byte[] name = task.Directory.NameOf(shortName);
        if (WriteAsLink(status, name, path))
        {
            return;
        }

        var entry = NewEntry(status, path, name, isFirstOfGeneration: false);
        entry.LinkName = status.Kind == FileKind.SymbolicLink ? directory.ReadLink(shortName) : default(ReadOnlyMemory<byte>);
        WriteHeader(entry);
        Remember(status, name);
    }

    /// <summary>Writes a hard link when the file was saved under another name already.</summary>
    private bool WriteAsLink(in FileStatus status, byte[] name, string path)
    {
        if (status.LinkCount <= 1 || !linked.TryGetValue(status.Id, out var first))
        {
            return false;
        }

        var entry = NewEntry(status, path, name, isFirstOfGeneration: false);
        entry.Type = TypeFlag.HardLink;
        entry.LinkName = first.Name;
        entry.Size = 0;

        // The first entry carries the attributes; a link has none of its own.
        entry.Attributes.Clear();
        entry.AccessAcl = default;
        WriteHeader(entry);
        if (--first.NamesLeft == 0)
        {
            linked.Remove(status.Id);
        }

        return true;
    }

    private void Remember(in FileStatus status, byte[] name)
    {
        if (status.LinkCount > 1)
        {
            linked[status.Id] = new LinkedFile(name) { NamesLeft = status.LinkCount - 1 };
        }
    }

    private void WriteContent(IFile file, byte[] name, string path, FileStatus status, bool isFirstOfGeneration)
    {
        try
        {
            var entry = NewEntry(status, path, name, isFirstOfGeneration);
            IReadOnlyList<SparseRun> runs = [new SparseRun(0, status.Size)];
            if (status.Allocated < status.Size && SparseFile.TryFindRuns(file, status.Size, out var found))
            {
                runs = found;
                entry.Sparse = found;
            }

            bool align = status.Size >= TarLayout.AlignedFileSize;
            WriteHeader(entry, align);
            long stored = runs.Sum(run => run.Length);
            long offset = transaction.Reserve(stored);
            long size = status.Size;
            Bytes += size;

            // Holes are not copied.
            monitor.Advance(size - stored, 0);
            copies.Start(
                name[context.PrefixLength..], file, offset, runs, size,
                outcome => Tell(outcome, status, path));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private void Tell(CopyOutcome outcome, in FileStatus before, string path)
    {
        if (outcome.ReadError is { } error)
        {
            monitor.Problem(new Notice(
                BackupError.FileUnreadable, path,
                $"'{path}' could not be read to its end: {error.Detail}. Zeros stand for what is missing."));
        }
        else if (FileChange.HasChanged(before, outcome.After, outcome.Read))
        {
            monitor.Problem(FileChange.Describe(before, outcome.After, outcome.Read, path));
        }
    }

    private TarEntry NewEntry(in FileStatus status, string path, byte[] name, bool isFirstOfGeneration)
    {
        var entry = new TarEntry();
        if (!factory.Fill(entry, status, attributes))
        {
            monitor.Problem(FileChange.TooManyAttributes(path));
        }

        entry.Name = name;
        if (isFirstOfGeneration)
        {
            entry.Comment = GenerationMark.Comment;
        }

        return entry;
    }

    private void WriteHeader(TarEntry entry, bool align = false, bool count = true)
    {
        headerBuffer.Clear();
        TarEncoder.Encode(entry, headerBuffer, transaction.Position, align);
        headers.Append(headerBuffer.Written);
        transaction.Write(headerBuffer.Written);
        if (count)
        {
            Entries++;
            monitor.Advance(0, 1);
        }
    }

    private void Count(in SaveTask task, in SaveResult result)
    {
        Entries++;
        Bytes += result.Size;
        if (result.IsRegular && context.Checksum != ChecksumAlgorithm.None)
        {
            copies.AddLine(result.Hash, task.Directory.NameOf(task.Name.Span).AsSpan(context.PrefixLength));
        }

        monitor.Advance(result.Size, 1);
    }

    private void Tell(in SaveResult result)
    {
        if (result.Notice is null)
        {
            return;
        }

        if (result.IsHarmless)
        {
            monitor.Warn(result.Notice);
        }
        else
        {
            monitor.Problem(result.Notice);
        }
    }

    private void Idle() => monitor.Advance(copies.TakeAdvanced(), 0);

    /// <summary>A file with several names, of which the first is saved.</summary>
    private sealed class LinkedFile(byte[] name)
    {
        public byte[] Name { get; } = name;

        public uint NamesLeft { get; set; }
    }
}
