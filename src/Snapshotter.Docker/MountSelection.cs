using Docker.DotNet.Models;
using Snapshotter.Engine.Volumes;

namespace Snapshotter.Docker;

/// <summary>Decides which of a container's mounts are volumes to save.</summary>
internal static class MountSelection
{
    private static readonly string[] KernelFileSystems = ["/proc", "/sys", "/dev"];

    /// <summary>Sorts the mounts by target (the engine lists them in no order) into volumes and others.</summary>
    /// <param name="mounts">The mounts as the engine reports them.</param>
    /// <param name="withSource">Whether sources are paths that this process can reach.</param>
    /// <param name="engineSocket">The path of the engine's socket; null when it is no file.</param>
    public static (List<VolumeSpec> Volumes, List<OmittedMount> Omitted) Select(
        IEnumerable<MountPoint> mounts, bool withSource, string? engineSocket)
    {
        var volumes = new List<VolumeSpec>();
        var omitted = new List<OmittedMount>();
        foreach (var mount in mounts.OrderBy(m => m.Destination, StringComparer.Ordinal))
        {
            // A target may be given with a slash at its end; the archive's ids are made from paths without.
            var target = mount.Destination.Length > 1 ? mount.Destination.TrimEnd('/') : mount.Destination;
            if (ReasonToOmit(mount, withSource, engineSocket) is { } reason)
                omitted.Add(new OmittedMount(target, reason));
            else
                volumes.Add(new VolumeSpec { Target = target, Source = withSource ? mount.Source : null, ReadOnly = !mount.RW });
        }

        return (volumes, omitted);
    }

    private static string? ReasonToOmit(MountPoint mount, bool withSource, string? engineSocket) => mount.Type switch
    {
        "tmpfs" => "it is a temporary file system",
        "npipe" => "it is a named pipe",
        "image" => "its content comes from an image",
        _ when IsEngineSocket(mount, engineSocket) => "it is the socket of a container engine",
        _ when KernelFileSystems.Any(k => IsAtOrBelow(mount.Source, k)) => $"'{mount.Source}' belongs to the kernel",
        _ when withSource && mount.Source.Length == 0 => $"volume driver '{mount.Driver}' does not say where it is on the host",
        _ => null,
    };

    private static bool IsEngineSocket(MountPoint mount, string? engineSocket)
        => mount.Source == engineSocket
            || mount.Source.EndsWith("/docker.sock", StringComparison.Ordinal)
            || mount.Source.EndsWith("/podman.sock", StringComparison.Ordinal);

    private static bool IsAtOrBelow(string path, string directory)
        => path == directory || path.StartsWith(directory + "/", StringComparison.Ordinal);
}
