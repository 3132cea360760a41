using Snapshotter.Engine.Entries;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Saving;

/// <summary>
/// Turns a batch of names into bytes ready to write: opens, reads and hashes small files with as few calls to the
/// operating system as there can be. One per thread.
/// </summary>
internal sealed class SaveWorker : IDisposable
{
    /// <summary>A batch that holds this much takes in no more.</summary>
    private const int BatchLimit = 4 * 1024 * 1024;

    private readonly SaveContext context;
    private readonly FileEncoder files;
    private readonly NodeEncoder nodes;
    private readonly EntryPath path = new();

    public SaveWorker(SaveContext context)
    {
        this.context = context;
        var factory = new EntryFactory(context.FileSystem, context.Unkept);
        files = new FileEncoder(context, factory);
        nodes = new NodeEncoder(factory);
    }

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
                result = SaveResult.Skip(Problems.Of(e, task.DisplayPath));
            }

            batch.Results.Add(result);
        }
    }

    public void Dispose() => files.Dispose();

    private SaveResult Save(in SaveTask task, BlockBuffer output)
    {
        if (task.IsNoticeOnly)
        {
            return SaveResult.Skip(task.Notice, task.Weight);
        }

        if (output.Length > BatchLimit)
        {
            return new SaveResult { Stage = SaveStage.Deferred };
        }

        if (task.Kind is FileKind.Regular or FileKind.Unknown)
        {
            return SaveFile(task, output);
        }

        var status = NodeEncoder.Look(task);
        return status.LinkCount > 1 && status.Kind != FileKind.Directory
            ? new SaveResult { Stage = SaveStage.Deferred }
            : nodes.Encode(task, status, path.Of(task), output);
    }

    private SaveResult SaveFile(in SaveTask task, BlockBuffer output)
    {
        using var file = task.OpenFile(out var status);
        if (status.Id == context.ArchiveId)
        {
            return SaveResult.Skip(null);
        }

        bool isForWriter = status.LinkCount > 1 || status.Size > FileEncoder.SizeLimit
            || (status.Allocated < status.Size && SparseFile.TryFindRuns(file, status.Size, out _));
        if (isForWriter || !files.TryEncode(file, status, path.Of(task), default, output, out var result))
        {
            return new SaveResult { Stage = SaveStage.Deferred };
        }

        if (status.IsMountRoot == true && result.Notice is null)
        {
            result.Notice = Problems.Mounted(file.DisplayPath);
            result.Weight = NoticeWeight.Detail;
        }

        return result;
    }
}
