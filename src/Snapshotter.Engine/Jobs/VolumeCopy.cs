using Snapshotter.Engine.Archive;

namespace Snapshotter.Engine.Jobs;

/// <summary>A copy of a volume that a restore can take.</summary>
/// <param name="Generation">The generation that holds it.</param>
/// <param name="Volume">The volume in its manifest.</param>
/// <param name="IsOlder">True when newer generations of the prefix that were looked at do not hold the volume.</param>
internal sealed record VolumeCopy(Generation Generation, ManifestVolume Volume, bool IsOlder);
