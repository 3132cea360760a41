namespace Snapshotter.Docker;

/// <summary>
/// Remembers which container named a volume first, so that one that several share is saved once. Used for the containers
/// of one question; an instance may be used by one thread at a time.
/// </summary>
public sealed class SharedVolumes
{
    private readonly Dictionary<string, (string ContainerId, string ContainerName, string Target)> first = new(StringComparer.Ordinal);

    /// <summary>Claims a volume for a container. Asked again, the same container gets the same answer.</summary>
    /// <param name="source">What identifies the volume on the engine's host.</param>
    /// <param name="containerId">The container's full id.</param>
    /// <param name="containerName">Its name.</param>
    /// <param name="target">Where it has the volume.</param>
    /// <returns>Why it is left out here, as the end of a sentence; null when this is the first.</returns>
    internal string? Claim(string source, string containerId, string containerName, string target)
    {
        if (!first.TryGetValue(source, out var owner))
        {
            first.Add(source, (containerId, containerName, target));
            return null;
        }

        return (owner.ContainerId, owner.Target) == (containerId, target) ? null
            : owner.ContainerId == containerId ? $"it is the volume of '{owner.Target}'"
            : $"it is the volume of '{owner.Target}' of container '{owner.ContainerName}'";
    }
}
