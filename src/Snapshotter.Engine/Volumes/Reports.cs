using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Volumes;

/// <summary>Whether a volume is a directory or a single file.</summary>
public enum VolumeType
{
    /// <summary>A directory and everything below it.</summary>
    Directory,

    /// <summary>A single file.</summary>
    File,
}

/// <summary>How file data is protected.</summary>
public enum ChecksumAlgorithm
{
    /// <summary>XXH128: fast, against accidents. The sums stand in <c>XXH128SUMS</c>.</summary>
    XxHash128,

    /// <summary>SHA-256: against intent too, when the archive's sums are kept elsewhere. The sums stand in <c>SHA256SUMS</c>.</summary>
    Sha256,

    /// <summary>No checksum of file data. Headers are still protected.</summary>
    None,
}

/// <summary>What became of one volume in a backup or a restore.</summary>
public sealed class VolumeReport
{
    /// <summary>Full path of the archive.</summary>
    public required string Archive { get; init; }

    /// <summary>Path inside the tar.</summary>
    public required string Prefix { get; init; }

    /// <summary>The path that names the volume.</summary>
    public required string Target { get; init; }

    /// <summary>Where it was read from or restored to.</summary>
    public required string Path { get; init; }

    /// <summary>Directory or file.</summary>
    public required VolumeType Type { get; init; }

    /// <summary>The generation's number, unique in the archive.</summary>
    public required int Generation { get; init; }

    /// <summary>Entries saved, restored or tested, the root included.</summary>
    public long Entries { get; set; }

    /// <summary>Bytes of file data, holes included.</summary>
    public long Bytes { get; set; }

    /// <summary>Time spent.</summary>
    public TimeSpan Duration { get; set; }

    /// <summary>How many warnings there were; the first 100 are in <see cref="Warnings"/>.</summary>
    public long WarningCount { get; set; }

    /// <summary>The first 100 warnings.</summary>
    public IList<Notice> Warnings { get; init; } = [];

    /// <summary>True when everything was saved, restored or found whole.</summary>
    public bool Complete { get; set; } = true;

    /// <summary>The older generations of this volume that were removed after a backup, since no rule of its configuration keeps them.</summary>
    public IReadOnlyList<PlannedGeneration> Removed { get; set; } = [];
}

/// <summary>What became of a backup.</summary>
public sealed class BackupReport
{
    /// <summary>Full path of the archive.</summary>
    public required string Archive { get; init; }

    /// <summary>Path inside the tar.</summary>
    public required string Prefix { get; init; }

    /// <summary>The new generation's number, unique in the archive.</summary>
    public required int Generation { get; init; }

    /// <summary>When the backup began.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>One for each volume.</summary>
    public IList<VolumeReport> Volumes { get; init; } = [];

    /// <summary>Bytes the archive grew by.</summary>
    public long ArchiveBytes { get; set; }

    /// <summary>Time spent.</summary>
    public TimeSpan Duration { get; set; }

    /// <summary>What the configuration's <see cref="VolumeConfig.Keep"/> removed afterwards; null when there is none, or it could not be applied.</summary>
    public OptimizeReport? Optimization { get; set; }

    /// <summary>True when every file of every volume was saved.</summary>
    public bool Complete => Volumes.All(v => v.Complete);
}

/// <summary>One volume of one generation in an archive.</summary>
public sealed class ArchivedVolume
{
    /// <summary>Full path of the archive.</summary>
    public required string Archive { get; init; }

    /// <summary>Path inside the tar.</summary>
    public required string Prefix { get; init; }

    /// <summary>The generation's number, unique in the archive.</summary>
    public required int Generation { get; init; }

    /// <summary>True when no newer generation of its prefix holds the volume.</summary>
    public required bool IsNewest { get; init; }

    /// <summary>When the backup began; for archives of other programs the time stamp of the manifest.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>Lowercase hex SHA-256 of <see cref="Target"/>: the name of the volume's entry below the prefix.</summary>
    public required string Id { get; init; }

    /// <summary>The path that names the volume.</summary>
    public required string Target { get; init; }

    /// <summary>Directory or file.</summary>
    public required VolumeType Type { get; init; }

    /// <summary>Entries saved, the root included; null when the archive does not say (made by another program).</summary>
    public long? Entries { get; init; }

    /// <summary>Bytes of file data, holes included; null when the archive does not say.</summary>
    public long? Bytes { get; init; }

    /// <summary>How its file data is protected.</summary>
    public required ChecksumAlgorithm Checksum { get; init; }

    /// <summary>False when files could not be read or changed while they were read.</summary>
    public required bool Complete { get; init; }
}

/// <summary>What an entry of an archive is.</summary>
public enum EntryType
{
    /// <summary>A regular file.</summary>
    File,

    /// <summary>A directory; what is in it has entries of its own.</summary>
    Directory,

    /// <summary>A symbolic link.</summary>
    SymbolicLink,

    /// <summary>Another name of a file that has an entry before this one.</summary>
    HardLink,

    /// <summary>A named pipe.</summary>
    Fifo,

    /// <summary>A character device.</summary>
    CharacterDevice,

    /// <summary>A block device.</summary>
    BlockDevice,

    /// <summary>An entry that stands for no file: its typeflag is none of those above.</summary>
    Other,
}

/// <summary>One entry of an archive.</summary>
/// <param name="Archive">Full path of the archive.</param>
/// <param name="Prefix">Path inside the tar; empty for an entry of no generation.</param>
/// <param name="Generation">The generation's number; null for an entry of no generation.</param>
/// <param name="Target">The path that names the volume; empty for an entry of no volume: a manifest, a list of checksums, or what another program put there.</param>
/// <param name="Path">Path below the volume's root, with slashes; "." for the root itself. Of an entry of no volume its whole name. Bytes that are no UTF-8 stand in it as U+DC80 to U+DCFF.</param>
/// <param name="Type">What it is.</param>
/// <param name="Mode">Permission bits: 0..07777.</param>
/// <param name="UserId">Numeric owner.</param>
/// <param name="GroupId">Numeric group.</param>
/// <param name="Size">Bytes, holes included.</param>
/// <param name="Modified">Time of last modification.</param>
/// <param name="LinkTarget">Where a link points; null for all else.</param>
/// <param name="Offset">Where the entry's first header stands in the archive, in bytes.</param>
public sealed record ArchivedEntry(
    string Archive, string Prefix, int? Generation, string Target, string Path, EntryType Type, int Mode, long UserId, long GroupId,
    long Size, DateTimeOffset Modified, string? LinkTarget, long Offset)
{
    /// <summary>The path, as it is shown.</summary>
    public override string ToString() => Shown.Name(Path);
}

/// <summary>What a test of one volume of one generation found.</summary>
public sealed class VolumeTestReport
{
    /// <summary>Full path of the archive.</summary>
    public required string Archive { get; init; }

    /// <summary>Path inside the tar.</summary>
    public required string Prefix { get; init; }

    /// <summary>The generation's number; 0 for damage outside any generation.</summary>
    public required int Generation { get; init; }

    /// <summary>The path that names the volume; empty for damage outside any volume.</summary>
    public required string Target { get; init; }

    /// <summary>Entries read.</summary>
    public long Entries { get; set; }

    /// <summary>Bytes of file data read back, holes included.</summary>
    public long Bytes { get; set; }

    /// <summary>Files whose checksum was compared.</summary>
    public long Verified { get; set; }

    /// <summary>Time spent.</summary>
    public TimeSpan Duration { get; set; }

    /// <summary>How many errors were found; the first 100 are in <see cref="Errors"/>.</summary>
    public long ErrorCount { get; set; }

    /// <summary>The first 100 errors.</summary>
    public IList<Notice> Errors { get; init; } = [];

    /// <summary>True when nothing is wrong.</summary>
    public bool Passed => ErrorCount == 0;
}
