using Snapshotter.Engine.Entries;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Saving;

/// <summary>Turns what is no regular file into a header: directories, links, FIFOs, devices. One per thread.</summary>
internal sealed class NodeEncoder(EntryFactory factory)
{
    private readonly TarEntry entry = new();
    private readonly List<ExtendedAttribute> attributes = [];

    /// <summary>The present status of a name that should be of the kind that the listing said.</summary>
    /// <exception cref="FileSystemException">It is gone, has become something else, or cannot be looked at.</exception>
    public static FileStatus Look(in SaveTask task)
    {
        if (task.Status is { } known)
        {
            return known.Value;
        }

        if (!task.Directory.Handle.TryGetStatus(task.Name.Span, out var status))
        {
            throw new FileSystemException(FileError.NotFound, "read", task.DisplayPath, "it is gone");
        }

        return status.Kind == task.Kind
            ? status
            : throw new FileSystemException(FileError.NotADirectory, "read", task.DisplayPath, "it changed its type");
    }

    /// <summary>Appends the header.</summary>
    /// <param name="task">The name.</param>
    /// <param name="status">Its status.</param>
    /// <param name="name">Its name in the archive; not kept.</param>
    /// <param name="output">Where to.</param>
    /// <exception cref="FileSystemException">It cannot be read.</exception>
    public SaveResult Encode(in SaveTask task, in FileStatus status, ReadOnlyMemory<byte> name, BlockBuffer output)
    {
        var result = new SaveResult { Stage = SaveStage.Encoded, Start = output.Length, Notice = task.Notice, Weight = task.Weight };
        byte[]? target = null;
        if (status.Kind == FileKind.Socket)
        {
            string path = task.DisplayPath;
            return SaveResult.Skip(
                new Notice(BackupError.NotKept, path, $"'{path}' is a socket; sockets are not saved."), NoticeWeight.Remark);
        }

        if (status.Kind == FileKind.SymbolicLink)
        {
            target = task.Directory.Handle.ReadLink(task.Name.Span);
            if (!SaveLimits.IsLinkTarget(target.Length))
            {
                return SaveResult.Skip(SaveLimits.BadLink(target.Length, task.DisplayPath));
            }
        }

        ReadAttributes(task);
        if (!factory.Fill(entry, status, attributes))
        {
            result.Notice ??= FileChange.TooManyAttributes(task.DisplayPath);
        }

        entry.Name = name;
        entry.LinkName = target;
        TarEncoder.Encode(entry, output, 0, alignData: false);
        result.HeaderLength = result.Length = output.Length - result.Start;
        return result;
    }

    private void ReadAttributes(in SaveTask task)
    {
        attributes.Clear();
        if (task.Name.IsEmpty)
        {
            task.Directory.Handle.GetAttributes(attributes);
        }
        else
        {
            task.Directory.Handle.GetAttributes(task.Name.Span, attributes);
        }
    }
}
