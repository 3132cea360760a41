using System.Text;

namespace Snapshotter.Engine.Archive;

/// <summary>
/// A volume whose lines in a manifest are damaged, as far as they still tell which one it is. It counts as a part of its
/// generation all the same: what is damaged must never look like what is not there.
/// </summary>
/// <param name="Id">The id that its lines have, which may be wrong; null when they have none.</param>
/// <param name="Target">The target that its lines have, which may be wrong; null when they have none.</param>
internal sealed record DamagedVolume(string? Id, string? Target)
{
    /// <summary>Lines of one volume that are looked at: twice what a manifest has for each.</summary>
    private const int MaxLines = 32;

    private const string IdKey = "id: ";

    /// <summary>Something was there of which no word is left.</summary>
    public static DamagedVolume Unknown { get; } = new(null, null);

    /// <summary>True when the target is right for sure, since the id fits it.</summary>
    public bool IsCertain { get; } = Id is not null && Target is not null && EntryNames.IdOf(Target) == Id;

    /// <summary>How it is named in messages.</summary>
    public string DisplayName => Target is not null ? $"'{EntryNames.ForMessage(Target)}'" : Id is not null ? $"one with the id {EntryNames.ForMessage(Id)}" : "one whose name cannot be read";

    /// <summary>Whether it may be the volume of the target given.</summary>
    public bool MayBe(string target, string id) => Target is null && Id is null ? true : Target == target || Id == id;

    /// <summary>
    /// The volumes that damaged lines may stand for: one at least. Where the beginning of a volume's lines is what was
    /// damaged, they follow those of the volume before without a break.
    /// </summary>
    public static IEnumerable<DamagedVolume> In(string lines)
    {
        for (int start = 0; start >= 0;)
        {
            int next = FindId(lines, start + 1 + Math.Max(0, FindId(lines, start) - start));
            yield return Of(next < 0 ? lines[start..] : lines[start..next]);
            start = next;
        }

        foreach (char c in lines)
        {
            if (c < ' ' && c != '\n')
            {
                // More than a bit or a word: whole lines may be gone.
                yield return Unknown;
                yield break;
            }
        }
    }

    private static DamagedVolume Of(string lines)
    {
        string? id = null;
        string? target = null;
        var others = new List<string>();
        int count = 0;
        foreach (var range in lines.AsSpan().Split('\n'))
        {
            if (++count > MaxLines)
            {
                break;
            }

            var line = lines.AsSpan()[range];
            if (line.StartsWith('#') || line.Length > Manifest.MaxTarget)
            {
                continue;
            }

            int colon = line.IndexOf(": ");
            var key = line[..Math.Max(0, colon)].TrimStart("- ");
            string value = Unquote(line[(colon < 0 ? 0 : colon + 2)..]);
            if (key is "id" && value.Length == EntryNames.IdLength)
            {
                id ??= value;
            }
            else if (key is "target")
            {
                target ??= value;
            }
            else if (EntryNames.IsId(value))
            {
                id ??= value;
            }
            else if (line.Contains('"') && key is not "headers")
            {
                others.Add(value);
            }
        }

        // A key may be what was damaged: a value that the id fits is the target for sure.
        return new DamagedVolume(id, target ?? others.Find(other => EntryNames.IdOf(other) == id) ?? others.FirstOrDefault());
    }

    /// <summary>Where an id stands at or behind a place: its key, which a volume's lines begin with.</summary>
    private static int FindId(string lines, int from)
    {
        for (int at = from; (at = lines.IndexOf(IdKey, Math.Min(at, lines.Length), StringComparison.Ordinal)) >= 0; at++)
        {
            var value = lines.AsSpan(at + IdKey.Length);
            if (EntryNames.IsId(value[..Math.Min(value.Length, EntryNames.IdLength)]))
            {
                return at;
            }
        }

        return -1;
    }

    /// <summary>What stands in quotes as far as they are there, with the escapes that a target most likely has.</summary>
    private static string Unquote(ReadOnlySpan<char> value)
    {
        int first = value.IndexOf('"');
        int last = value.LastIndexOf('"');
        var inner = first < 0 ? value : last > first ? value[(first + 1)..last] : value[(first + 1)..];
        if (!inner.Contains('\\'))
        {
            return inner.ToString();
        }

        var text = new StringBuilder(inner.Length);
        for (int i = 0; i < inner.Length; i++)
        {
            i += inner[i] == '\\' && i + 1 < inner.Length ? 1 : 0;
            text.Append(inner[i]);
        }

        return text.ToString();
    }
}
