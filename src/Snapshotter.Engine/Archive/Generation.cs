using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Archive;

/// <summary>How far a generation's trailer can be relied on.</summary>
internal enum TrailerState
{
    /// <summary>There is none: the generation was made by another program.</summary>
    Absent,

    /// <summary>Its offsets are where they say and its check fits.</summary>
    Valid,

    /// <summary>The check fits, but the bytes were moved (cut out in front of them, or copied): its offsets want mending.</summary>
    Moved,

    /// <summary>The check does not fit: the manifest is damaged.</summary>
    Damaged,
}

/// <summary>One backup in an archive: the entries up to its manifest.</summary>
internal sealed record Generation
{
    /// <summary>Unique in the archive; 1 for its first.</summary>
    public required int Number { get; init; }

    /// <summary>Path inside the tar, without slashes at its ends; empty for the root.</summary>
    public required string Prefix { get; init; }

    /// <summary>The same as the archive's own bytes.</summary>
    public required byte[] PrefixBytes { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>Absolute offset of the first header. For another program's archive entries of other prefixes may stand in between.</summary>
    public required long Start { get; init; }

    /// <summary>Absolute offset of the manifest's first header block.</summary>
    public required long ManifestOffset { get; init; }

    /// <summary>Absolute offset behind the manifest's last block.</summary>
    public required long End { get; init; }

    public required TrailerState Trailer { get; init; }

    /// <summary>True when one of the trailer's offsets is right and the other is not: damage, though it can be mended like a move.</summary>
    public bool HasOneWrongOffset { get; init; }

    /// <summary>Its volumes; where the manifest is damaged, those of them whose lines are as they were written.</summary>
    public required IReadOnlyList<ManifestVolume> Volumes { get; init; }

    /// <summary>
    /// Null, or what is wrong with the manifest. Then nothing that it says decides anything: the generation counts as one that
    /// holds more than can be told.
    /// </summary>
    public Notice? Damage { get; init; }

    /// <summary>The volumes whose lines in the manifest are damaged, as far as they have left a trace.</summary>
    public IReadOnlyList<DamagedVolume> DamagedVolumes { get; init; } = [];

    /// <summary>True when Snapshotter wrote it: its extents and checksums are in the manifest.</summary>
    public bool IsNative => Trailer != TrailerState.Absent;

    /// <summary>Where its volumes lie if the manifest does not say.</summary>
    public ForeignExtents Extents { get; init; } = new();

    /// <summary>True when its mark was seen where it begins.</summary>
    public bool HasMark { get; init; }

    /// <summary>True when where it begins is known for sure.</summary>
    public bool HasExtents => HasMark || Trailer is TrailerState.Valid or TrailerState.Moved;

    /// <summary>
    /// Whether it holds a volume, or may hold it: where the manifest is damaged nobody knows all that it holds.
    /// </summary>
    /// <param name="target">The volume's target.</param>
    public bool MayHold(string target)
    {
        string id = EntryNames.IdOf(target);
        string key = TargetName.KeyOf(target);
        return Volumes.Any(v => TargetName.KeyOf(v) == key) || DamagedVolumes.Any(v => v.MayBe(target, id));
    }

    /// <summary>The number of the generation behind one with the number given.</summary>
    public static int NumberAfter(int number) => number == int.MaxValue ? number : number + 1;
}
