using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Entries;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Jobs;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Restoring;

/// <summary>Hands the entries of a volume that are wanted to a writer.</summary>
internal sealed class VolumeContent(
    ArchiveFile archive, RestoreTarget target, ArchivedStaging staging, JobMonitor monitor, CancellationToken cancellation)
{
    private readonly HashSet<KeepTree> told = [];

    /// <summary>True when something that was saved is not restored, as another thing's place is there.</summary>
    public bool HasLeft => told.Count > 0;

    /// <summary>Writes the entries of a part.</summary>
    /// <param name="writer">Writes them below the part's root.</param>
    /// <param name="part">The part.</param>
    /// <param name="isNew">The root was not there before: it is needed as any other directory on the way to what is wanted.</param>
    /// <returns>The metadata of the part's root, null when it is not wanted.</returns>
    public FileMetadata? WriteTo(TreeWriter writer, VolumePart part, bool isNew)
    {
        FileMetadata? root = null;
        var reader = new VolumeReader(archive, target.Generation, target.Volume);
        while (reader.Next())
        {
            cancellation.ThrowIfCancellationRequested();
            if (part.IsRoot(reader.Path))
            {
                bool isWanted = isNew || (part.Path.Length == 0 ? part.Filter.WantsRoot(reader) : part.Filter.Matches(reader));
                root = isWanted ? writer.MetadataOf(reader.Entry, FileKind.Directory) : root;
            }
            else if (part.Filter.Choose(reader) is { } path)
            {
                if (TemporaryName.IsOnPath(path) && staging.Covers(path, monitor, cancellation))
                {
                    continue;
                }

                reader.RedirectLink(part.Below(reader.LinkPath));
                writer.Write(reader, part.Below(path));
            }
            else if (part == target.Own)
            {
                TellLeft(reader);
            }
        }

        return root;
    }

    /// <summary>The one file of a part that is a file.</summary>
    public VolumeReader Find(VolumePart part)
    {
        var reader = new VolumeReader(archive, target.Generation, target.Volume);
        while (reader.Next())
        {
            if (part.Filter.Choose(reader) is { } path && part.IsRoot(path))
            {
                return reader;
            }
        }

        throw new InvalidOperationException("The part was found before.");
    }

    /// <summary>
    /// Tells once of each place that something was saved for and is not restored. Other programs save nested volumes twice: that
    /// is nothing to tell of.
    /// </summary>
    private void TellLeft(VolumeReader reader)
    {
        if (target.Keep.Covering(reader.Path) is not { } place
            || place is { Mount.Problem: null }
            || (place.Reason == KeepReason.Volume && !target.Generation.IsNative)
            || EntryKinds.KindOf(reader.Entry.Type) == FileKind.Directory
            || !target.Own.Filter.Matches(reader)
            || !told.Add(place))
        {
            return;
        }

        string path = EntryNames.Display(reader.Path);
        monitor.Problem(new Notice(
            BackupError.NotKept, path,
            place.Mount is { } mount
                ? $"'{path}' and what else was saved of '{mount.Place}' is not restored: {mount.Problem}."
                : place.Reason == KeepReason.Volume
                ? $"'{path}' and what else was saved there is not restored: it is the place of another volume, which is restored on its own."
                : $"'{path}' is not restored: the archive itself lies there, or a volume that this generation does not have."));
    }
}
