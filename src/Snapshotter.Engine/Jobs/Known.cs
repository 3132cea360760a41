using System.Globalization;
using Snapshotter.Engine.Archive;

namespace Snapshotter.Engine.Jobs;

/// <summary>What an archive holds, in the words of an error that something else was asked for.</summary>
internal static class Known
{
    /// <summary>Generations in a message: the first few, and the last ones, which are most likely what is meant.</summary>
    private const int First = 3;
    private const int Last = 10;

    private const int MaxPrefixes = 10;

    /// <summary>Each generation with its number and time: <c> It has: 1 (2026-11-01 02:00:00), 4 (2026-11-04 02:00:00).</c></summary>
    /// <param name="generations">Oldest first. Empty gives an empty text.</param>
    public static string Generations(IReadOnlyList<Generation> generations)
    {
        bool isOnePrefix = generations.All(g => g.Prefix == generations[0].Prefix);
        var texts = generations.Select(g =>
            $"{g.Number.ToString(CultureInfo.InvariantCulture)} ({Time(g.Created)}{(isOnePrefix ? "" : $", '{EntryNames.ForMessage(g.Prefix)}'")})");
        return List(generations.Count <= First + Last ? texts : [.. texts.Take(First), "...", .. texts.TakeLast(Last)]);
    }

    /// <summary>Each prefix once: <c> It has: 'volumes', 'other'.</c></summary>
    /// <param name="generations">Those of the archive. Empty gives an empty text.</param>
    public static string Prefixes(IEnumerable<Generation> generations)
    {
        var names = generations.Select(g => $"'{EntryNames.ForMessage(g.Prefix)}'").Distinct().ToList();
        return List(names.Count <= MaxPrefixes ? names : [.. names.Take(MaxPrefixes), "..."]);
    }

    /// <summary>Local time to the second, as it is told and read back everywhere.</summary>
    public static string Time(DateTimeOffset time) => time.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    private static string List(IEnumerable<string> names) => string.Join(", ", names) is { Length: > 0 } all ? $" It has: {all}." : "";
}
