namespace Snapshotter.Engine.Reporting;

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
