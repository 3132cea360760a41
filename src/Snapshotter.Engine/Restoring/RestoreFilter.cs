using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Entries;
using Snapshotter.Engine.Patterns;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Restoring.Preflight;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Restoring;

/// <summary>
/// Which entries of a part of a volume are wanted: those that patterns choose, or those of a list. A hard link that is wanted
/// while its target is not becomes a file of its own, with the target's data: the links are learned in a first pass over the
/// headers.
/// </summary>
/// <param name="options">The patterns, and the list.</param>
/// <param name="target">The path that names the volume.</param>
/// <param name="caseSensitive">Whether case counts in patterns.</param>
/// <param name="isOfPart">Whether a path belongs to the part; null when the part is the whole volume.</param>
/// <param name="left">Entries that are left out, since they cannot be where they go to; null when none are.</param>
internal sealed class RestoreFilter(
    RestoreOptions options, string target, bool caseSensitive, Func<byte[], bool>? isOfPart, UnfitEntries? left)
{
    private readonly GlobSet include = GlobSet.Create(options.Include, caseSensitive);
    private readonly GlobSet exclude = GlobSet.Create(options.Exclude, caseSensitive);
    private readonly Dictionary<string, byte[]> stands = new(StringComparer.Ordinal);

    /// <summary>The entries of a list by where they stand; null when none are listed.</summary>
    private readonly Dictionary<long, EntryChoice>? listed = options.Entries.Count == 0
        ? null
        : options.Entries.Where(entry => entry.Target == target).DistinctBy(entry => entry.Offset).ToDictionary(entry => entry.Offset);

    private readonly HashSet<long> found = [];

    /// <summary>The paths of those of the list that were seen: hard links name their targets by these.</summary>
    private readonly HashSet<string> seen = new(StringComparer.Ordinal);

    /// <summary>True when patterns or a list choose among the entries.</summary>
    public bool IsActive => listed is not null || !include.IsEmpty || !exclude.IsEmpty;

    /// <summary>Patterns of what is included that have matched nothing so far.</summary>
    public IEnumerable<string> UnmatchedInclude => include.Unmatched;

    /// <summary>Patterns of what is excluded that have matched nothing so far, of what is included.</summary>
    public IEnumerable<string> UnmatchedExclude => exclude.Unmatched;

    /// <summary>One that is listed, but was not seen in the first pass where it should stand; null when all were.</summary>
    public EntryChoice? Missing => listed?.Values.FirstOrDefault(entry => !found.Contains(entry.Offset));

    /// <summary>Entries chosen so far.</summary>
    public long Entries { get; private set; }

    /// <summary>Bytes of file data of these.</summary>
    public long Bytes { get; private set; }

    /// <summary>True when some of the entries stay away.</summary>
    public bool Selects => IsActive || isOfPart is not null || left is not null;

    /// <summary>Whether an entry is wanted under its own name, and belongs to the part.</summary>
    public bool Wants(VolumeReader reader) => !Selects || (IsOfPart(reader.Path) && left?.Covers(reader.Path) != true && Matches(reader));

    /// <summary>Whether an entry is wanted under its own name, in whatever part.</summary>
    public bool Matches(VolumeReader reader) => !IsActive || (listed is null
        ? Matches(NameOf(reader), reader.Entry.Type == TypeFlag.Directory)
        : listed.TryGetValue(reader.Entry.HeaderOffset, out var entry) && entry.Path == PathOf(reader));

    /// <summary>Whether the root itself is wanted: patterns are about what is in it.</summary>
    public bool WantsRoot(VolumeReader reader) => !IsActive || (listed is not null && Wants(reader));

    /// <summary>Looks at an entry in the first pass.</summary>
    public void Learn(VolumeReader reader)
    {
        if (!Selects || left?.Covers(reader.Path) == true || !Matches(reader))
        {
            return;
        }

        if (listed is not null)
        {
            found.Add(reader.Entry.HeaderOffset);
        }

        if (!IsOfPart(reader.Path))
        {
            return;
        }

        if (listed is not null)
        {
            seen.Add(Key(reader.Path));
        }

        if (reader.Entry.Type == TypeFlag.HardLink && !WantsTargetOf(reader))
        {
            stands.TryAdd(Key(reader.LinkPath), reader.Path);
        }
    }

    /// <summary>Where the entry is to be restored to; null when it is not wanted.</summary>
    /// <exception cref="BackupException">UnsafeEntry: a link's target is not there.</exception>
    public byte[]? Choose(VolumeReader reader)
    {
        byte[] path = reader.Path;
        if (Selects && !Wants(reader))
        {
            if (!stands.TryGetValue(Key(path), out byte[]? standIn) || reader.Entry.Type == TypeFlag.HardLink)
            {
                return null;
            }

            path = standIn;
        }
        else if (Selects && reader.Entry.Type == TypeFlag.HardLink && stands.TryGetValue(Key(reader.LinkPath), out byte[]? first))
        {
            if (first.AsSpan().SequenceEqual(path))
            {
                return null;
            }

            reader.RedirectLink(first);
        }

        Entries++;
        Bytes += reader.Entry.Size;
        return path;
    }

    private bool WantsTargetOf(VolumeReader reader) =>
        left?.Covers(reader.LinkPath) != true
        && (listed is null ? IsOfPart(reader.LinkPath) && Matches(reader.LinkPath, isDirectory: false) : seen.Contains(Key(reader.LinkPath)));

    private bool IsOfPart(byte[] path) => isOfPart is null || isOfPart(path);

    private bool Matches(byte[] path, bool isDirectory) =>
        (include.IsEmpty || include.MatchesTree(path, isDirectory)) && !exclude.MatchesTree(path, isDirectory);

    /// <summary>What patterns are about: the path below the root; for a volume that is a single file its own name.</summary>
    private byte[] NameOf(VolumeReader reader) => reader.Path.Length > 0 || EntryKinds.KindOf(reader.Entry.Type) != FileSystem.FileKind.Regular
        ? reader.Path
        : System.Text.Encoding.UTF8.GetBytes(target[(target.LastIndexOfAny(['/', '\\']) + 1)..]);

    private static string PathOf(VolumeReader reader) => reader.Path.Length == 0 ? "." : EntryNames.Display(reader.Path);

    private static string Key(byte[] path) => Convert.ToBase64String(path);
}
