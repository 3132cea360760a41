namespace Snapshotter.Engine.Tar;

/// <summary>What stands where a reader found no further entry.</summary>
internal enum TarEnd
{
    /// <summary>Not there yet.</summary>
    None,

    /// <summary>The end-of-archive marker: two zero blocks.</summary>
    Marker,

    /// <summary>One zero block with something else behind it, or nothing.</summary>
    LoneZeroBlock,

    /// <summary>The end of the range that was asked for.</summary>
    RangeEnd,

    /// <summary>The end of the source, right behind an entry, without a marker.</summary>
    NoMarker,
}
