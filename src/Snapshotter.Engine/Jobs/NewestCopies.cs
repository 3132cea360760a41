using Snapshotter.Engine.Archive;

namespace Snapshotter.Engine.Jobs;

/// <summary>Which generation of an archive holds the newest copy of each volume: a prefix may hold volumes that are saved at different times.</summary>
internal sealed class NewestCopies
{
    private readonly Dictionary<(string Prefix, string Key), Generation> ofVolume = [];
    private readonly Dictionary<string, Generation> ofPrefix = new(StringComparer.Ordinal);

    public NewestCopies(ArchiveMap map)
    {
        foreach (var generation in map.Generations)
        {
            ofPrefix[generation.Prefix] = generation;
            foreach (var volume in generation.Volumes)
            {
                ofVolume[(generation.Prefix, TargetName.KeyOf(volume))] = generation;
            }
        }
    }

    public bool Contains(Generation generation, ManifestVolume volume)
        => ReferenceEquals(ofVolume.GetValueOrDefault((generation.Prefix, TargetName.KeyOf(volume))), generation);

    /// <summary>True for a generation with the newest copy of a volume, and for the newest of a prefix, of whose volumes damage may have left none.</summary>
    public bool Concerns(Generation generation)
        => ReferenceEquals(ofPrefix[generation.Prefix], generation) || generation.Volumes.Any(volume => Contains(generation, volume));
}
