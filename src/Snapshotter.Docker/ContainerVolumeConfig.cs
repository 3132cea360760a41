using Snapshotter.Engine.Config;


namespace Snapshotter.Docker;

/// <summary>From where a container's volumes can be reached by this process.</summary>
public enum VolumePaths
{
    /// <summary>The engine runs on this machine: each volume's <see cref="VolumeSpec.Source"/> says where it is.</summary>
    Host,

    /// <summary>
    /// This process runs in a container itself and sees the volumes where they are mounted, if it shares them
    /// (<c>--volumes-from</c>): no volume has a <see cref="VolumeSpec.Source"/>.
    /// </summary>
    Container,

    /// <summary>
    /// The engine runs on another machine: this process cannot reach the volumes at all. The configuration is good
    /// for a container over there.
    /// </summary>
    Remote,
}

/// <summary>A mount of a container that is no volume to save.</summary>
/// <param name="Target">Where the container has it.</param>
/// <param name="Reason">Why it is left out, as the end of a sentence.</param>
public sealed record OmittedMount(string Target, string Reason);

/// <summary>The mounts of one container as the configuration of a backup or restore.</summary>
public sealed class ContainerVolumeConfig : VolumeConfig
{
    /// <summary>The container's name.</summary>
    public required string ContainerName { get; init; }

    /// <summary>The container's full id: 64 hexadecimal digits.</summary>
    public required string ContainerId { get; init; }

    /// <summary>"created", "running", "paused", "restarting", "removing", "exited" or "dead", when it was read.</summary>
    public required string State { get; init; }

    /// <summary>True when processes of the container could be writing to its volumes when it was read.</summary>
    public bool IsRunning => State is "running" or "restarting";

    /// <summary>From where the volumes can be reached.</summary>
    public required VolumePaths Paths { get; init; }

    /// <summary>Mounts that are no volumes: temporary file systems, the engine's own socket, the kernel's file systems.</summary>
    public IReadOnlyList<OmittedMount> Omitted { get; init; } = [];

    /// <summary>
    /// Writes a config.yml for a container that shares the volumes (<c>--volumes-from</c>), where each is at its target:
    /// sources are left out.
    /// </summary>
    public string ToYaml() => VolumeConfigFile.Write(new VolumeConfig
    {
        Prefix = Prefix,
        Volumes = [.. Volumes.Select(v => new VolumeSpec { Target = v.Target })],
        Exclude = Exclude,
        Keep = Keep,
    });

    /// <inheritdoc/>
    public override string ToString() => ContainerName;
}
