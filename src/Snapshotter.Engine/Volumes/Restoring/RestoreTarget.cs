using Snapshotter.Engine.Archive;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Volumes.Reading;

namespace Snapshotter.Engine.Volumes.Restoring;

/// <summary>One volume on its way back: what the archive has of it, and the place it goes to.</summary>
internal sealed class RestoreTarget(
    IFileSystem fileSystem, RestoreOptions options, PlannedVolume planned, Generation generation, ManifestVolume volume, KeepTree keep)
{
    private readonly CaseCollisions? collisions = fileSystem.Traits.IsCaseSensitive ? null : new CaseCollisions();

    public PlannedVolume Planned { get; } = planned;

    public Generation Generation { get; } = generation;

    public ManifestVolume Volume { get; } = volume;

    /// <summary>
    /// True when the archive does not have all of it: what it lacks may be in the place it goes to, so nothing there is
    /// removed.
    /// </summary>
    public bool IsMerged => !Volume.Complete;

    /// <summary>What stays in the volume as it is.</summary>
    public KeepTree Keep { get; } = keep;

    /// <summary>Which of its entries are wanted.</summary>
    public RestoreFilter Filter { get; } = new(options, volume.Target, fileSystem.Traits.IsCaseSensitive);

    /// <summary>Its directories, for those that are needed though they are not wanted; null when all is wanted.</summary>
    public ArchivedParents? Parents { get; } = options.Include.Count + options.Exclude.Count > 0 ? new ArchivedParents() : null;

    /// <summary>What reading it through counted; known after <see cref="Validate"/>.</summary>
    public Verification Verification { get; private set; }

    /// <summary>Bytes of the largest file in it, holes included; known after <see cref="Validate"/>.</summary>
    public long LargestFile { get; private set; }

    /// <summary>Reads the volume in the archive through. Touches nothing.</summary>
    /// <exception cref="BackupException">ChecksumMismatch, UnsafeEntry, ArchiveInvalid, GenerationNotFound.</exception>
    public void Validate(ArchiveFile archive, JobMonitor monitor, CancellationToken cancellation)
    {
        Verification = new VolumeVerifier(archive, Generation, Volume, monitor, e => throw e, cancellation)
        {
            Inspect = Inspect,
        }.Run();
        if (Filter.Missing is { } missing)
        {
            throw new BackupException(
                BackupError.GenerationNotFound,
                $"Generation {Generation.Number} of '{Generation.Prefix}' in '{archive.Path}' has no entry '{missing.Path}' of '{missing.Target}' "
                + $"at offset {missing.Offset}: the archive was changed since it was listed.",
                missing.Path)
            {
                Remedy = Remedy.ListArchive,
            };
        }
    }

    private string? ReservedName(byte[] path) => fileSystem.Traits.HasReservedNames ? ReservedNames.FindIn(path) : null;

    private void Inspect(VolumeReader reader)
    {
        if (Filter.Wants(reader) && (ReservedName(reader.Path) ?? collisions?.FindWith(reader.Path)) is { } unfit)
        {
            throw reader.Unsafe(unfit, Remedy.LeaveOut);
        }

        if (EntryLimits.FindIn(reader) is { } problem)
        {
            throw reader.Unsafe(problem);
        }

        var kind = EntryKinds.KindOf(reader.Entry.Type);
        if (reader.Path.Length == 0 ? kind != (Volume.IsDirectory ? FileKind.Directory : FileKind.Regular) : !Volume.IsDirectory)
        {
            throw reader.Unsafe($"the volume is a {(Volume.IsDirectory ? "directory" : "single file")}, and this is something else.");
        }

        if (reader.Path.Length > 0 && Keep.NeedsDirectory(reader.Path) && kind != FileKind.Directory)
        {
            throw reader.Unsafe("something is mounted below a directory of that name, and the archive has no directory there.");
        }

        LargestFile = Math.Max(LargestFile, reader.Entry.Size);
        Filter.Learn(reader);
        Parents?.Learn(reader);
    }
}
