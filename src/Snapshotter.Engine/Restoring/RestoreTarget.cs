using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Entries;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Jobs;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Restoring.Preflight;

namespace Snapshotter.Engine.Restoring;

/// <summary>One volume on its way back: what the archive has of it, and the place it goes to.</summary>
internal sealed class RestoreTarget
{
    private readonly IFileSystem fileSystem;
    private readonly RestoreOptions options;
    private readonly Dictionary<KeepTree, VolumePart> mounted;
    private readonly CaseCollisions? collisions;

    public RestoreTarget(
        IFileSystem fileSystem, RestoreOptions options, PlannedVolume planned, Generation generation, ManifestVolume volume, KeepTree keep)
    {
        this.fileSystem = fileSystem;
        this.options = options;
        var left = options.SkipUnfit ? Unfit : null;
        mounted = FindMounts(fileSystem, options, volume.Target, keep, left);
        collisions = fileSystem.Traits.IsCaseSensitive ? null : new CaseCollisions();
        Planned = planned;
        Generation = generation;
        Volume = volume;
        Keep = keep;
        Own = new VolumePart(options, volume.Target, fileSystem.Traits.IsCaseSensitive, keep, left);
        Parents = options.Include.Count + options.Exclude.Count + options.Entries.Count > 0 ? new ArchivedParents() : null;
    }

    public PlannedVolume Planned { get; }

    public Generation Generation { get; }

    public ManifestVolume Volume { get; }

    /// <summary>
    /// True when the archive does not have all of it: what it lacks may be in the place it goes to, so nothing there is
    /// removed.
    /// </summary>
    public bool IsMerged => !Volume.Complete;

    /// <summary>How it is brought back where something is already.</summary>
    public RestoreWay Way => IsMerged || Own.Filter.IsActive ? RestoreWay.Over : options.InPlace ? RestoreWay.InPlace : RestoreWay.Staged;

    /// <summary>Entries that cannot be where they are to go.</summary>
    public UnfitEntries Unfit { get; } = new();

    /// <summary>What stays in the volume as it is.</summary>
    public KeepTree Keep { get; }

    /// <summary>What goes to the mount that the volume's root is on: all of it, where nothing is mounted in the volume.</summary>
    public VolumePart Own { get; }

    /// <summary>What goes into mounts in the volume; known after <see cref="Validate"/>.</summary>
    public IEnumerable<VolumePart> Mounted => mounted.Values.Where(part => part.HasContent);

    /// <summary>Its directories, for those that are needed though they are not wanted; null when all is wanted.</summary>
    public ArchivedParents? Parents { get; }

    /// <summary>What reading it through counted; known after <see cref="Validate"/>.</summary>
    public Verification Verification { get; private set; }

    /// <summary>True when patterns or a list leave something of it, or when there are none; known after <see cref="Validate"/>.</summary>
    public bool IsWanted { get; private set; }

    /// <summary>Reads the volume in the archive through. Touches nothing.</summary>
    /// <exception cref="BackupException">ChecksumMismatch, UnsafeEntry, ArchiveInvalid, GenerationNotFound.</exception>
    public void Validate(ArchiveFile archive, JobMonitor monitor, CancellationToken cancellation)
    {
        Verification = new VolumeVerifier(archive, Generation, Volume, monitor, e => throw e, cancellation)
        {
            Inspect = Inspect,
        }.Run();
        if (Own.Filter.Missing is { } missing)
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

    /// <summary>Ends the job where entries cannot be where they go to, unless those are to be left out.</summary>
    /// <exception cref="BackupException">UnsafeEntry: its message names them.</exception>
    public void RefuseUnfit()
    {
        if (!options.SkipUnfit)
        {
            Unfit.Throw();
        }
    }

    /// <summary>Entries that were found unfit when all was learned: hard links to them are to be files of their own.</summary>
    public void LearnAgain(ArchiveFile archive)
    {
        var reader = new VolumeReader(archive, Generation, Volume);
        while (options.SkipUnfit && reader.Next())
        {
            Own.Filter.Learn(reader);
            foreach (var other in mounted.Values)
            {
                other.Filter.Learn(reader);
            }
        }
    }

    private string? ReservedName(byte[] path) => fileSystem.Traits.HasReservedNames ? ReservedNames.FindIn(path) : null;

    private void Inspect(VolumeReader reader)
    {
        bool isWanted = Own.Filter.Matches(reader);
        IsWanted |= isWanted && (reader.Path.Length > 0 || !Volume.IsDirectory || !Own.Filter.IsActive || options.Entries.Count > 0);
        if (isWanted
            && (EntryLimits.FindIn(reader) ?? ReservedName(reader.Path) ?? collisions?.FindWith(reader.Path)) is { } unfit)
        {
            Unfit.Add(reader, unfit);
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

        Learn(reader);
        Parents?.Learn(reader);
    }

    private void Learn(VolumeReader reader)
    {
        if (PartOf(reader.Path) is { } part && part.Filter.Wants(reader))
        {
            part.Learn(reader);
        }

        if (reader.Entry.Type == Tar.TypeFlag.HardLink && PartOf(reader.Path) is { } linked
            && (IsMerged || options.InPlace || linked.Filter.IsActive || linked.Mount is not null))
        {
            linked.LearnLink(reader);
        }

        Own.Filter.Learn(reader);
        foreach (var other in mounted.Values)
        {
            other.Filter.Learn(reader);
        }
    }

    /// <summary>Where a path goes to; null when nothing is written there.</summary>
    private VolumePart? PartOf(byte[] path) => Keep.Covering(path) is { } node ? mounted.GetValueOrDefault(node) : Own;

    private static Dictionary<KeepTree, VolumePart> FindMounts(
        IFileSystem fileSystem, RestoreOptions options, string target, KeepTree keep, UnfitEntries? left)
    {
        var found = new Dictionary<KeepTree, VolumePart>();
        foreach (var (path, node) in keep.Mounts())
        {
            found.Add(node, new VolumePart(options, target, fileSystem.Traits.IsCaseSensitive, keep, node, path, left));
        }

        return found;
    }
}
