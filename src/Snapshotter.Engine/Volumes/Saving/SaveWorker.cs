using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Volumes.Saving;

/// <summary>
/// Turns a batch of names into bytes ready to write: opens, reads and hashes small files with as few calls to the
/// operating system as there can be. One per thread.
/// </summary>
internal sealed class SaveWorker(SaveContext context) : IDisposable
{
    /// <summary>Larger files are left to the writer, which copies them without a detour through memory.</summary>
    private const int PrefetchLimit = 1024 * 1024;

    /// <summary>A batch that holds this much prefetches no more.</summary>
    private const int BatchLimit = 4 * 1024 * 1024;

    private readonly EntryFactory factory = new(context.FileSystem);
    private readonly FileHasher hasher = new(context.Checksum);
    private readonly TarEntry entry = new();
    private readonly List<ExtendedAttribute> attributes = [];
    private byte[] nameBuffer = new byte[4096];

    public void Process(SaveBatch batch, CancellationToken cancellation)
    {
        foreach (var task in batch.Tasks)
        {
            cancellation.ThrowIfCancellationRequested();
            int start = batch.Bytes.Length;
            SaveResult result;
            try
            {
                result = Save(task, batch.Bytes);
            }
            catch (FileSystemException e)
            {
                batch.Bytes.Truncate(start);
                result = new SaveResult { Stage = SaveStage.Skipped, Notice = Problems.Of(e, task.Directory.Display(task.Name.Span)) };
            }

            batch.Results.Add(result);
        }
    }

    public void Dispose() => hasher.Dispose();

    private SaveResult Save(in SaveTask task, BlockBuffer output)
    {
        if (task.Problem is not null && task.Kind == FileKind.Unknown)
        {
            return new SaveResult { Stage = SaveStage.Skipped, Notice = task.Problem, IsHarmless = task.IsHarmless };
        }

        return task.Name.IsEmpty ? SaveDirectory(task, output)
            : task.Kind is FileKind.Regular or FileKind.Unknown ? SaveFile(task, output)
            : SaveOther(task, output);
    }

    private SaveResult SaveDirectory(in SaveTask task, BlockBuffer output)
    {
        task.Directory.Handle.GetStatus(out var status);
        attributes.Clear();
        task.Directory.Handle.GetAttributes(attributes);
        return Encode(task, task.Directory.EntryName, status, output);
    }

    /// <summary>Links and nodes, and directories that could not be opened.</summary>
    private SaveResult SaveOther(in SaveTask task, BlockBuffer output)
    {
        var directory = task.Directory.Handle;
        var name = task.Name.Span;
        if (!directory.TryGetStatus(name, out var status))
        {
            throw new FileSystemException(FileError.NotFound, "read", task.Directory.Display(name), "it is gone");
        }

        if (status.Kind != task.Kind)
        {
            throw new FileSystemException(FileError.NotADirectory, "read", task.Directory.Display(name), "it changed its type");
        }

        if (status.Kind == FileKind.Socket)
        {
            string path = task.Directory.Display(name);
            return new SaveResult
            {
                Stage = SaveStage.Skipped,
                IsHarmless = true,
                Notice = new Notice(BackupError.NotKept, path, $"'{path}' is a socket; sockets are not saved."),
            };
        }

        if (status.LinkCount > 1 && status.Kind != FileKind.Directory)
        {
            return new SaveResult { Stage = SaveStage.Deferred };
        }

        attributes.Clear();
        directory.GetAttributes(name, attributes);
        byte[]? target = status.Kind == FileKind.SymbolicLink ? directory.ReadLink(name) : null;
        return Encode(task, NameOf(task), status, output, target);
    }

    private SaveResult SaveFile(in SaveTask task, BlockBuffer output)
    {
        using var file = task.Directory.Handle.OpenFile(task.Name.Span);
        file.GetStatus(out var status);
        if (status.Kind != FileKind.Regular)
        {
            throw new FileSystemException(FileError.NotADirectory, "read", task.Directory.Display(task.Name.Span), "it changed its type");
        }

        if (status.Id == context.ArchiveId)
        {
            return new SaveResult { Stage = SaveStage.Skipped };
        }

        if (status.LinkCount > 1 || status.Allocated < status.Size || status.Size > PrefetchLimit || output.Length > BatchLimit)
        {
            return new SaveResult { Stage = SaveStage.Deferred };
        }

        attributes.Clear();
        file.GetAttributes(attributes);
        SaveResult result;
        if (status.Size < TarLayout.AlignedFileSize)
        {
            result = Encode(task, NameOf(task), status, output);
        }
        else
        {
            // Its header depends on where it lies: the entry outlives this call.
            var own = new TarEntry();
            result = new SaveResult { Stage = SaveStage.Prefetched, Start = output.Length, Entry = own, Notice = task.Problem };
            FillOrTell(own, task, status, ref result);
            own.Name = task.Directory.NameOf(task.Name.Span);
        }

        result.IsRegular = true;
        result.Size = status.Size;
        ReadContent(file, task, status, output, ref result);
        return result;
    }

    private void ReadContent(IFile file, in SaveTask task, in FileStatus status, BlockBuffer output, ref SaveResult result)
    {
        var content = output.AppendUninitialized((int)status.Size);
        int read = status.Size == 0 ? 0 : file.Read(content, 0);
        content[read..].Clear();
        if (context.Checksum != ChecksumAlgorithm.None)
        {
            result.Hash = hasher.HashOf(content);
        }

        output.PadToBlock();
        result.Length = output.Length - result.Start;
        file.GetStatus(out var after);
        if (FileChange.HasChanged(status, after, read))
        {
            result.Notice ??= FileChange.Describe(status, after, read, task.Directory.Display(task.Name.Span));
        }
    }

    private SaveResult Encode(
        in SaveTask task, ReadOnlyMemory<byte> name, in FileStatus status, BlockBuffer output, byte[]? linkName = null)
    {
        var result = new SaveResult { Stage = SaveStage.Encoded, Start = output.Length, Notice = task.Problem };
        FillOrTell(entry, task, status, ref result);
        entry.Name = name;
        entry.LinkName = linkName;
        TarEncoder.Encode(entry, output, 0, alignData: false);
        result.HeaderLength = result.Length = output.Length - result.Start;
        return result;
    }

    private void FillOrTell(TarEntry target, in SaveTask task, in FileStatus status, ref SaveResult result)
    {
        if (!factory.Fill(target, status, attributes))
        {
            result.Notice ??= FileChange.TooManyAttributes(task.Directory.Display(task.Name.Span));
        }
    }

    private ReadOnlyMemory<byte> NameOf(in SaveTask task)
    {
        int length = task.Directory.EntryName.Length + 1 + task.Name.Length;
        if (length > nameBuffer.Length)
        {
            nameBuffer = new byte[length * 2];
        }

        task.Directory.WriteName(task.Name.Span, nameBuffer);
        return nameBuffer.AsMemory(0, length);
    }
}
