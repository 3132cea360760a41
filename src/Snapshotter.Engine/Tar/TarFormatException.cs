namespace Snapshotter.Engine.Tar;

/// <summary>What is wrong with the blocks read.</summary>
internal enum TarDefect
{
    /// <summary>The first block is no tar header at all (gzip, zip, text...).</summary>
    NotTar,

    /// <summary>A header's checksum does not fit its bytes.</summary>
    BadChecksum,

    /// <summary>The source ends in the middle of a header or of an entry's data.</summary>
    Truncated,

    /// <summary>A field, pax record or sparse map is not well-formed or contradicts another.</summary>
    Malformed,

    /// <summary>An extension header or sparse map is larger than any honest one: refused before memory is taken for it.</summary>
    TooLarge,

    /// <summary>A kind of entry that cannot be read alone (a part of a multi-volume archive).</summary>
    Unsupported,
}

/// <summary>The bytes are not a well-formed tar.</summary>
internal sealed class TarFormatException(TarDefect defect, long offset, string? entryName, string message) : Exception(message)
{
    public TarDefect Defect { get; } = defect;

    /// <summary>Absolute offset of the block concerned.</summary>
    public long Offset { get; } = offset;

    /// <summary>The entry's name as far as it is known.</summary>
    public string? EntryName { get; } = entryName;
}
