using System.Text;
using Snapshotter.Engine.Config;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Jobs;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Saving;

/// <summary>A volume that was found where the configuration says.</summary>
internal sealed class VolumeSource(VolumeSpec spec, FileId id, IDirectory? directory, IReadOnlyCollection<byte[]> nested) : IDisposable
{
    private IDirectory? directory = directory;

    public VolumeSpec Spec { get; } = spec;

    /// <summary>Who it was when it was found.</summary>
    public FileId Id { get; } = id;

    public bool IsDirectory { get; } = directory is not null;

    /// <summary>Paths below the root of other volumes of the same configuration: they are saved on their own.</summary>
    public IReadOnlyCollection<byte[]> Nested { get; } = nested;

    /// <summary>The open directory; the caller closes it.</summary>
    public IDirectory TakeDirectory()
    {
        var taken = directory ?? throw new InvalidOperationException("Taken already.");
        directory = null;
        return taken;
    }

    public void Dispose() => directory?.Dispose();
}

/// <summary>All volumes of a configuration, found before anything is written.</summary>
internal sealed class VolumeSources : IDisposable
{
    private readonly List<VolumeSource> volumes = [];

    private VolumeSources(IFileSystem fileSystem) => FileSystem = fileSystem;

    public IFileSystem FileSystem { get; }

    public IReadOnlyList<VolumeSource> Volumes => volumes;

    /// <exception cref="BackupException">VolumeNotFound, RestoreInterrupted.</exception>
    public static VolumeSources Open(IFileSystem fileSystem, VolumeConfig config)
    {
        var sources = new VolumeSources(fileSystem);
        var places = new NestedPlaces(fileSystem);
        try
        {
            foreach (var spec in config.Volumes)
            {
                sources.volumes.Add(Open(fileSystem, places, spec, config));
            }

            return sources;
        }
        catch
        {
            sources.Dispose();
            throw;
        }
    }

    /// <summary>The error for a volume that cannot be opened.</summary>
    public static BackupException NotOpened(FileSystemException cause, VolumeSpec spec) => ConfigPosition.Error(
        spec.Position,
        cause.Error == FileError.UntrustedLink ? BackupError.UntrustedLink : BackupError.VolumeNotFound,
        $"the volume '{spec.Path}' cannot be opened: {cause.Detail}.", spec.Path,
        cause.Error == FileError.AccessDenied ? Remedy.ChangeReader : Remedy.None, cause);

    /// <summary>
    /// An archive that is a volume of itself would double with each backup. Found by the way it is left out; named, it is a
    /// mistake. Its identity decides, whatever path or link led to it.
    /// </summary>
    /// <exception cref="BackupException">ArchiveIsVolume.</exception>
    public void LeaveOut(FileId archive, string archivePath, IReporter reporter)
    {
        foreach (var volume in volumes.Where(volume => volume.Id == archive).ToList())
        {
            string path = volume.Spec.Path;
            if (!volume.Spec.IsImplied)
            {
                throw new BackupException(
                    BackupError.ArchiveIsVolume, $"The volume '{path}' is the archive itself. Take it out of the volumes.", path);
            }

            volumes.Remove(volume);
            reporter.Warn(new Notice(BackupError.ArchiveIsVolume, path, $"'{path}' is the archive itself; it is left out."));
        }

        if (volumes.Count == 0)
        {
            throw new BackupException(
                BackupError.ArchiveIsVolume, $"There is nothing to save but the archive '{archivePath}' itself.", archivePath);
        }
    }

    public void Dispose()
    {
        foreach (var volume in volumes)
        {
            volume.Dispose();
        }
    }

    private static VolumeSource Open(IFileSystem fileSystem, NestedPlaces places, VolumeSpec spec, VolumeConfig config)
    {
        try
        {
            if (!fileSystem.TryGetStatus(spec.Path, out var status))
            {
                throw ConfigPosition.Error(
                    spec.Position, BackupError.VolumeNotFound,
                    $"the volume '{spec.Path}' does not exist.{(spec.Path.AsSpan().ContainsAny('*', '?') ? " Wildcards are not resolved here." : "")}",
                    spec.Path, Remedy.CheckMount);
            }

            switch (status.Kind)
            {
                case FileKind.Regular:
                    return new VolumeSource(spec, status.Id, null, []);
                case FileKind.Directory:
                    return OpenFolder(fileSystem, spec, status.Id, NestedIn(places, spec, config));
                default:
                    throw ConfigPosition.Error(
                        spec.Position, BackupError.VolumeNotFound, $"the volume '{spec.Path}' is neither a directory nor a regular file.", spec.Path);
            }
        }
        catch (FileSystemException e)
        {
            throw NotOpened(e, spec);
        }
    }

    private static VolumeSource OpenFolder(IFileSystem fileSystem, VolumeSpec spec, FileId id, List<byte[]> nested)
    {
        var directory = fileSystem.OpenDirectory(spec.Path);
        try
        {
            StagingFolder.RefuseUnfinished(directory, fileSystem.Traits, spec.Path);
            return new VolumeSource(spec, id, directory, nested);
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    private static List<byte[]> NestedIn(NestedPlaces places, VolumeSpec outer, VolumeConfig config) =>
        [.. config.Volumes.Select(other => places.Find(outer.Path, other.Path))
            .OfType<string[]>().Select(names => Encoding.UTF8.GetBytes(string.Join('/', names)))];
}
