using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Config;

/// <summary>What the names of volumes mean on the platform that this runs on.</summary>
internal static class VolumePlaces
{
    /// <summary>A configuration whose targets are in the one spelling that a backup gives them.</summary>
    /// <param name="config">The configuration; it is not changed.</param>
    /// <param name="windows">The rules of which platform.</param>
    public static VolumeConfig Canonical(VolumeConfig config, bool windows)
    {
        // What is wrong with it is told by those who use it.
        if (!windows || config.Volumes.All(volume => volume?.Target is null || TargetName.Canonical(volume.Target) == volume.Target))
        {
            return config;
        }

        return new VolumeConfig
        {
            Prefix = config.Prefix,
            Volumes = [.. config.Volumes.Select(volume => volume?.Target is null ? volume! : new VolumeSpec
            {
                Target = TargetName.Canonical(volume.Target),
                Source = volume.Source,
                ReadOnly = volume.ReadOnly,
                IsImplied = volume.IsImplied,
                Position = volume.Position,
            })],
            Exclude = config.Exclude,
            Keep = config.Keep,
        };
    }

    /// <summary>Refuses volumes that are named, and of which nothing says where they stand on this platform.</summary>
    /// <exception cref="BackupException">ConfigInvalid.</exception>
    public static void RefuseNames(IEnumerable<VolumeSpec> volumes, bool windows)
    {
        foreach (var volume in volumes)
        {
            if (!TargetName.IsPlace(volume.Path, windows))
            {
                throw NoPlace(volume, windows);
            }
        }
    }

    private static BackupException NoPlace(VolumeSpec volume, bool windows)
    {
        string what = windows
            ? $"'{volume.Path}' has neither a drive nor a share, so it names no place on Windows"
            : $"'{volume.Path}' is a path of Windows, and names no place here";
        string why = volume.Source is null
            ? $"give the volume '{volume.Target}' a 'source', which says where it stands here."
            : $"the source of '{volume.Target}' must be where this machine has it.";
        return ConfigPosition.Error(
            volume.Position, BackupError.ConfigInvalid, $"the volume has no place: {what}; {why}", volume.Path, Remedy.NamePlace);
    }
}
