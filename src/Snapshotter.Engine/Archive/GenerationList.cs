namespace Snapshotter.Engine.Archive;

/// <summary>Generations as they are found, with a bound on what a hostile archive may make of them in memory.</summary>
/// <param name="archive">The archive.</param>
internal sealed class GenerationList(ArchiveFile archive)
{
    /// <summary>
    /// Most bytes of memory that generations may take, in any archive. An honest volume takes 300 bytes or so: that is an
    /// hourly backup of ten volumes for two years.
    /// </summary>
    private const long MaxMemory = 64 * 1024 * 1024;

    /// <summary>Larger archives may take this part of their length: what they name takes more room in them than in memory.</summary>
    private const int LengthPerByte = 2;

    /// <summary>Bytes of a generation, and of a volume, without their texts.</summary>
    private const int MemoryOfGeneration = 200;
    private const int MemoryOfVolume = 200;

    private readonly List<Generation> items = [];

    /// <summary>The same ids and targets come in every generation: each is kept once.</summary>
    private readonly Dictionary<string, string> texts = new(StringComparer.Ordinal);
    private readonly long limit = Math.Max(MaxMemory, archive.Length / LengthPerByte);
    private long memory;

    public IReadOnlyList<Generation> Items => items;

    /// <exception cref="Reporting.BackupException">ArchiveInvalid: no honest archive names that much.</exception>
    public void Add(Generation generation)
    {
        memory += MemoryOfGeneration + MemoryOf(generation.Prefix) + generation.PrefixBytes.Length;
        var volumes = new ManifestVolume[generation.Volumes.Count];
        for (int i = 0; i < volumes.Length; i++)
        {
            var volume = generation.Volumes[i];
            string id = Once(volume.Id);
            string target = Once(volume.Target);
            volumes[i] = ReferenceEquals(id, volume.Id) && ReferenceEquals(target, volume.Target)
                ? volume
                : volume with { Id = id, Target = target };
            memory += MemoryOfVolume + MemoryOf(volume.Headers);
        }

        foreach (var volume in generation.DamagedVolumes)
        {
            memory += MemoryOf(volume.Id) + MemoryOf(volume.Target);
        }

        if (memory > limit)
        {
            throw ArchiveErrors.Invalid(
                archive.Path, generation.ManifestOffset,
                $"up to here what the manifests name takes more than {limit} bytes of memory, which no honest archive of its size does.");
        }

        items.Add(generation with { Volumes = volumes });
    }

    private static long MemoryOf(string? text) => text is null ? 0 : 24 + (2L * text.Length);

    private string Once(string text)
    {
        if (texts.TryGetValue(text, out string? known))
        {
            return known;
        }

        memory += MemoryOf(text) + 48;
        texts.Add(text, text);
        return text;
    }

    /// <summary>
    /// Takes out what only looked like generations: files of the name of a manifest that lie in a volume of the one given.
    /// </summary>
    public void RemoveWithin(Generation outer) =>
        items.RemoveAll(inner => inner.ManifestOffset >= outer.Start && inner.ManifestOffset != outer.ManifestOffset && (outer.HasExtents || LiesInVolume(inner, outer)));

    private static bool LiesInVolume(Generation inner, Generation outer)
    {
        foreach (var volume in outer.Volumes)
        {
            byte[] root = EntryNames.Join(outer.PrefixBytes, volume.Id);
            var prefix = inner.PrefixBytes.AsSpan();
            if (prefix.StartsWith(root) && (prefix.Length == root.Length || prefix[root.Length] == (byte)'/'))
            {
                return true;
            }
        }

        return false;
    }
}
