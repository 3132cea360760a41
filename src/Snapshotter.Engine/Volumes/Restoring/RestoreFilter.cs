using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Tar;
using Snapshotter.Engine.Volumes.Reading;

namespace Snapshotter.Engine.Volumes.Restoring;

/// <summary>
/// Which entries of a volume are wanted. A hard link that is wanted while its target is not becomes a file of its own, with
/// the target's data: the links are learned in a first pass over the headers.
/// </summary>
internal sealed class RestoreFilter(RestoreOptions options, bool caseSensitive)
{
    private readonly GlobSet include = GlobSet.Create(options.Include, caseSensitive);
    private readonly GlobSet exclude = GlobSet.Create(options.Exclude, caseSensitive);
    private readonly Dictionary<string, byte[]> stands = new(StringComparer.Ordinal);

    /// <summary>True when only a part of the volume is wanted.</summary>
    public bool IsActive => !include.IsEmpty || !exclude.IsEmpty;

    /// <summary>Entries chosen so far.</summary>
    public long Entries { get; private set; }

    /// <summary>Bytes of file data of these.</summary>
    public long Bytes { get; private set; }

    /// <summary>Whether an entry is wanted under its own name.</summary>
    public bool Wants(VolumeReader reader) => !IsActive || Wants(reader.Path, reader.Entry.Type == TypeFlag.Directory);

    /// <summary>Looks at an entry in the first pass.</summary>
    public void Learn(VolumeReader reader)
    {
        if (IsActive && reader.Entry.Type == TypeFlag.HardLink
            && Wants(reader.Path, isDirectory: false) && !Wants(reader.LinkPath, isDirectory: false))
        {
            stands.TryAdd(Key(reader.LinkPath), reader.Path);
        }
    }

    /// <summary>Where the entry is to be restored to; null when it is not wanted.</summary>
    /// <exception cref="BackupException">UnsafeEntry: a link's target is not there.</exception>
    public byte[]? Choose(VolumeReader reader)
    {
        byte[] path = reader.Path;
        if (IsActive && !Wants(path, reader.Entry.Type == TypeFlag.Directory))
        {
            if (!stands.TryGetValue(Key(path), out byte[]? standIn) || reader.Entry.Type == TypeFlag.HardLink)
            {
                return null;
            }

            path = standIn;
        }
        else if (IsActive && reader.Entry.Type == TypeFlag.HardLink && stands.TryGetValue(Key(reader.LinkPath), out byte[]? first))
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

    private bool Wants(byte[] path, bool isDirectory) =>
        (include.IsEmpty || include.MatchesTree(path, isDirectory)) && !exclude.MatchesTree(path, isDirectory);

    private static string Key(byte[] path) => Convert.ToBase64String(path);
}
