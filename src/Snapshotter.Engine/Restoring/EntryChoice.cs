namespace Snapshotter.Engine.Restoring;

/// <summary>One entry of a generation, as a list of entries has it.</summary>
/// <param name="Target">The path that names the volume.</param>
/// <param name="Path">Path below the volume's root; "." for the root itself.</param>
/// <param name="Offset">Where the entry's first header stands in the archive, in bytes.</param>
public sealed record EntryChoice(string Target, string Path, long Offset);
