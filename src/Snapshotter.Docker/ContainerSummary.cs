namespace Snapshotter.Docker;

/// <summary>A container, as a list of containers shows it.</summary>
/// <param name="Name">Its name, without the slash that the engine puts before it.</param>
/// <param name="Id">Its full id: 64 hexadecimal digits.</param>
/// <param name="State">"created", "running", "paused", "restarting", "removing", "exited" or "dead".</param>
/// <param name="Labels">Its labels.</param>
public sealed record ContainerSummary(string Name, string Id, string State, IReadOnlyDictionary<string, string> Labels);
