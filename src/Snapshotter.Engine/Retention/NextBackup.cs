namespace Snapshotter.Engine.Retention;

/// <summary>A backup, made or to be made, after which rules are applied.</summary>
/// <param name="Prefix">Its path inside the tar.</param>
/// <param name="Targets">The targets of its volumes.</param>
internal sealed record NextBackup(string Prefix, IReadOnlyList<string> Targets);
