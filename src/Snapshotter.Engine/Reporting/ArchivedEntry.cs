namespace Snapshotter.Engine.Reporting;

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
