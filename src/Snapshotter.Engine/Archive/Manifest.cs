using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Archive;

/// <summary>One volume in a manifest: the first three are the original program's, the others ours and absent in its archives.</summary>
internal sealed record ManifestVolume
{
    /// <summary>Lowercase hex SHA-256 of <see cref="Target"/>.</summary>
    public required string Id { get; init; }

    /// <summary>True for a directory, false for a single file.</summary>
    public required bool IsDirectory { get; init; }

    public required string Target { get; init; }

    /// <summary>When the backup began.</summary>
    public DateTimeOffset? Created { get; init; }

    /// <summary>Number of the generation, the same for all volumes of a manifest.</summary>
    public int? Generation { get; init; }

    public long? Entries { get; init; }

    /// <summary>Bytes of file data, holes included.</summary>
    public long? Bytes { get; init; }

    /// <summary>False when files could not be read or changed while they were read.</summary>
    public bool Complete { get; init; } = true;

    /// <summary>One of <see cref="ChecksumNames"/>; null in archives of other programs.</summary>
    public string? Checksum { get; init; }

    /// <summary>Where the volume's first header stands, from the start of the generation, in bytes.</summary>
    public long? Offset { get; init; }

    /// <summary>Bytes from there to the end of its last entry.</summary>
    public long? Length { get; init; }

    /// <summary>Lowercase hex XXH128 over all header bytes of the volume's entries: what the checksums of file data do not cover.</summary>
    public string? Headers { get; init; }

    /// <summary>Where the volume's checksum lines begin, from the start of the generation, in bytes.</summary>
    public long? SumsOffset { get; init; }

    /// <summary>Bytes of its lines.</summary>
    public long? SumsLength { get; init; }

    /// <summary>True when the manifest says where the volume lies and what its headers' checksum is.</summary>
    public bool IsNative => Offset is not null && Length is not null && Headers is not null && Checksum is not null;
}

/// <summary>What a manifest was found to hold.</summary>
/// <param name="Volumes">The volumes that could be read.</param>
/// <param name="Damage">Null, or what is wrong with the rest.</param>
internal sealed record Manifest(IReadOnlyList<ManifestVolume> Volumes, Notice? Damage)
{
    /// <summary>The volumes whose lines are damaged, as far as they have left a trace.</summary>
    public IReadOnlyList<DamagedVolume> Damaged { get; init; } = [];

    /// <summary>Base name of the entry that ends a generation.</summary>
    public const string FileName = "volumes-data.yml";

    /// <summary>Largest manifest that is read and written, in bytes: far more volumes than any container has.</summary>
    public const int MaxSize = 4 * 1024 * 1024;

    /// <summary>Longest name of the manifest's entry, the prefix included, in bytes.</summary>
    public const int MaxName = 4096;

    /// <summary>Longest target of a volume, in characters.</summary>
    public const int MaxTarget = 8192;

    /// <summary>Without volumes that cannot be true, which count as damaged: named twice, or lying where others lie.</summary>
    /// <param name="name">The entry's name, for the notice.</param>
    /// <param name="length">Bytes of the generation before the manifest; null when another program made it.</param>
    public Manifest Checked(string name, long? length)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        var kept = new List<ManifestVolume>();
        var damaged = new List<DamagedVolume>(Damaged);
        long end = 0;
        foreach (var volume in Volumes)
        {
            bool isPossible = ids.Add(volume.Id);
            if (volume.IsNative && length is not null)
            {
                isPossible &= volume.Offset >= end && volume.Offset <= length && volume.Length <= length - volume.Offset;
                end = isPossible ? volume.Offset!.Value + volume.Length!.Value : end;
            }

            if (isPossible)
            {
                kept.Add(volume);
            }
            else
            {
                damaged.Add(new DamagedVolume(volume.Id, volume.Target));
            }
        }

        return kept.Count == Volumes.Count
            ? this
            : new Manifest(kept, Damage ?? new Notice(
                BackupError.ArchiveInvalid, name,
                $"The manifest is damaged: {Volumes.Count - kept.Count} of its volumes are named twice or lie where others lie."))
            {
                Damaged = damaged,
            };
    }
}
