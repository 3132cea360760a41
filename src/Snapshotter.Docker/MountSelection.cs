using Docker.DotNet.Models;
using Snapshotter.Engine.Config;

namespace Snapshotter.Docker;

/// <summary>Decides which of a container's mounts are volumes to save.</summary>
internal static class MountSelection
{
    /// <summary>Sorts the mounts by target (the engine lists them in no order) into volumes and others.</summary>
    /// <param name="mounts">The mounts as the engine reports them.</param>
    /// <param name="withSource">Whether sources are paths that this process can reach.</param>
    /// <param name="engineSocket">The path of the engine's socket; null when it is no file.</param>
    /// <param name="dataRoot">Where the engine keeps its own data; null when it does not say.</param>
    /// <param name="claim">Given what identifies a volume and its target: why it is left out, since it was named before; else null.</param>
    public static (List<VolumeSpec> Volumes, List<OmittedMount> Omitted) Select(
        IEnumerable<MountPoint> mounts, bool withSource, string? engineSocket, string? dataRoot, Func<string, string, string?> claim)
    {
        var volumes = new List<VolumeSpec>();
        var omitted = new List<OmittedMount>();
        // Of two mounts of one volume the one that can be restored is named.
        foreach (var mount in mounts.OrderBy(m => !m.RW).ThenBy(m => m.Destination, StringComparer.Ordinal))
        {
            // A target may be given with a slash at its end; the archive's ids are made from paths without.
            var target = mount.Destination.Length > 1 ? mount.Destination.TrimEnd('/') : mount.Destination;
            string key = mount.Source is { Length: > 0 } source ? source.TrimEnd('/') : $"{mount.Driver}:{mount.Name}";
            if ((ReasonToOmit(mount, withSource, engineSocket, dataRoot) ?? claim(key, target)) is { } reason)
                omitted.Add(new OmittedMount(target, reason));
            else
                volumes.Add(new VolumeSpec { Target = target, Source = withSource ? mount.Source : null, ReadOnly = !mount.RW });
        }

        return (
            [.. volumes.OrderBy(v => v.Target, StringComparer.Ordinal)],
            [.. omitted.OrderBy(m => m.Target, StringComparer.Ordinal)]);
    }

    private static string? ReasonToOmit(MountPoint mount, bool withSource, string? engineSocket, string? dataRoot) => mount.Type switch
    {
        "tmpfs" => "it is a temporary file system",
        "npipe" => "it is a named pipe",
        "image" => "its content comes from an image",
        _ when IsEngineSocket(mount, engineSocket) => "it is the socket of a container engine",
        "bind" when HostFolders.ReasonToOmit(mount.Source, dataRoot) is { } reason => reason,
        _ when withSource && mount.Source.Length == 0 => $"volume driver '{mount.Driver}' does not say where it is on the host",
        _ => null,
    };

    private static bool IsEngineSocket(MountPoint mount, string? engineSocket)
        => mount.Source == engineSocket
            || mount.Source.EndsWith("/docker.sock", StringComparison.Ordinal)
            || mount.Source.EndsWith("/podman.sock", StringComparison.Ordinal);
}
