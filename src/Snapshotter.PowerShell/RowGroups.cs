using Snapshotter.Engine.Restoring;
using Snapshotter.PowerShell.Arguments;

namespace Snapshotter.PowerShell;

/// <summary>What rows of a list ask Restore-Volume for, by generation, in the order in which they came.</summary>
internal sealed class RowGroups
{
    private readonly Dictionary<Key, Wish> wishes = [];

    /// <summary>The generations and what is wanted of each.</summary>
    public IEnumerable<KeyValuePair<Key, Wish>> All => wishes;

    /// <summary>Volumes of a generation; none means all of it.</summary>
    public void Add(string archive, string prefix, int? generation, IReadOnlyList<string> targets)
    {
        Wish wish = Of(new Key(archive, prefix, generation, OfEntries: false));
        wish.IsWhole |= targets.Count == 0;
        wish.Volumes.UnionWith(targets);
    }

    /// <summary>An entry of a generation.</summary>
    public void Add(string archive, string prefix, int? generation, EntrySource entry)
    {
        Wish wish = Of(new Key(archive, prefix, generation, OfEntries: true));
        wish.Volumes.Add(entry.Target);
        wish.Entries.Add(new EntryChoice(entry.Target, entry.Path, entry.Offset));
    }

    private Wish Of(Key key)
    {
        if (!wishes.TryGetValue(key, out Wish? wish))
            wishes.Add(key, wish = new Wish());
        return wish;
    }

    /// <summary>A generation; without a number the one that a restore takes.</summary>
    public sealed record Key(string Archive, string Prefix, int? Generation, bool OfEntries);

    /// <summary>What is wanted of a generation.</summary>
    public sealed class Wish
    {
        /// <summary>All volumes, whatever <see cref="Volumes"/> says.</summary>
        public bool IsWhole { get; set; }

        /// <summary>The targets of the volumes wanted.</summary>
        public HashSet<string> Volumes { get; } = new(StringComparer.Ordinal);

        /// <summary>Only these entries of them; empty for all.</summary>
        public List<EntryChoice> Entries { get; } = [];

        /// <summary>Whether a volume is wanted.</summary>
        public bool Wants(string target) => IsWhole || Volumes.Contains(target);
    }
}
