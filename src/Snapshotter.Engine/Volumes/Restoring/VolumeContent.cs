using Snapshotter.Engine.Archive;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Volumes.Reading;

namespace Snapshotter.Engine.Volumes.Restoring;

/// <summary>Hands the entries of a volume that are wanted to a writer.</summary>
internal sealed class VolumeContent(ArchiveFile archive, RestoreTarget target, JobMonitor monitor, CancellationToken cancellation)
{
    private bool told;

    /// <summary>Writes all entries wanted.</summary>
    /// <param name="writer">Writes them.</param>
    /// <param name="isNew">The root was not there before: it is needed as any other directory on the way to what is wanted.</param>
    /// <returns>The metadata of the root, null when it is not wanted.</returns>
    public FileMetadata? WriteTo(TreeWriter writer, bool isNew)
    {
        FileMetadata? root = null;
        var reader = new VolumeReader(archive, target.Generation, target.Volume);
        while (reader.Next())
        {
            cancellation.ThrowIfCancellationRequested();
            if (reader.Path.Length == 0)
            {
                root = isNew || target.Filter.WantsRoot(reader) ? writer.MetadataOf(reader.Entry, FileKind.Directory) : null;
            }
            else if (target.Keep.Covers(reader.Path))
            {
                TellKept(reader);
            }
            else if (!IsStaging(reader.Path) && target.Filter.Choose(reader) is { } path)
            {
                writer.Write(reader, path);
            }
        }

        return root;
    }

    /// <summary>
    /// Another program may have saved what an interrupted restore left; a hostile archive would bring a journal for the next
    /// one to finish.
    /// </summary>
    private static bool IsStaging(ReadOnlySpan<byte> path)
    {
        int slash = path.IndexOf((byte)'/');
        return StagingArea.IsStaging(slash < 0 ? path : path[..slash]);
    }

    private void TellKept(VolumeReader reader)
    {
        if (!told && EntryKinds.KindOf(reader.Entry.Type) != FileKind.Directory)
        {
            told = true;
            string path = EntryNames.Display(reader.Path);
            monitor.Problem(new Notice(
                BackupError.NotKept, path,
                $"'{path}' lies on something that is mounted in '{target.Planned.Path}'; mount points are left as they are. Restore it as a volume of its own."));
        }
    }
}
