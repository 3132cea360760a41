namespace Snapshotter.Engine.Archive;

/// <summary>Generations as they are found, with a bound on what a hostile archive may make of them in memory.</summary>
internal sealed class GenerationList(string archivePath)
{
    /// <summary>Most volumes of all generations together: twenty a day for years.</summary>
    private const int MaxVolumes = 50_000;

    /// <summary>Most characters of all their texts.</summary>
    private const long MaxText = 8 * 1024 * 1024;

    private readonly List<Generation> items = [];
    private long volumes;
    private long text;

    public IReadOnlyList<Generation> Items => items;

    /// <exception cref="Reporting.BackupException">ArchiveInvalid: no honest archive has that many volumes.</exception>
    public void Add(Generation generation)
    {
        volumes += generation.Volumes.Count;
        text += generation.Prefix.Length + generation.Volumes.Sum(v => (long)v.Target.Length + v.Id.Length + (v.Headers?.Length ?? 0));
        if (volumes > MaxVolumes || text > MaxText)
        {
            throw ArchiveErrors.Invalid(
                archivePath, generation.ManifestOffset, $"up to here the manifests name {volumes} volumes, more than any honest archive does.");
        }

        items.Add(generation);
    }

    /// <summary>
    /// Takes out what only looked like generations: files of the name of a manifest that lie in a volume of the one given.
    /// </summary>
    public void RemoveWithin(Generation outer) =>
        items.RemoveAll(inner => inner.ManifestOffset >= outer.Start && (outer.HasExtents || LiesInVolume(inner, outer)));

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
