using System.Globalization;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Config;

/// <summary>Where in a configuration file something stands, for errors that are found when the file is long read.</summary>
internal sealed record ConfigPosition(string File, int Line, int Column)
{
    /// <summary>An error about something that may stand in a file.</summary>
    /// <param name="position">Where; null when it stands in none.</param>
    /// <param name="error">The id.</param>
    /// <param name="problem">A sentence that begins with a small letter.</param>
    /// <param name="target">What it is about.</param>
    /// <param name="remedy">What to do about it.</param>
    /// <param name="inner">The cause.</param>
    public static BackupException Error(
        ConfigPosition? position, BackupError error, string problem, string? target, Remedy remedy = Remedy.None, Exception? inner = null)
    {
        string message = position is null
            ? char.ToUpperInvariant(problem[0]) + problem[1..]
            : string.Create(CultureInfo.InvariantCulture, $"{position.File}, line {position.Line}, column {position.Column}: {problem}");
        return new BackupException(error, message, target, inner)
        {
            Line = position?.Line,
            Column = position?.Column,
            Remedy = remedy,
        };
    }
}

/// <summary>Patterns that know where in a file they stand.</summary>
internal sealed class PlacedPatterns : List<string>
{
    private readonly List<ConfigPosition> positions = [];

    public void Add(string pattern, ConfigPosition position)
    {
        Add(pattern);
        positions.Add(position);
    }

    /// <summary>Where the pattern stands first; null when it is of another list.</summary>
    public static ConfigPosition? PositionOf(IEnumerable<string> patterns, string pattern)
    {
        int index = patterns is PlacedPatterns placed ? placed.IndexOf(pattern) : -1;
        return index >= 0 && ((PlacedPatterns)patterns).positions is var known && index < known.Count ? known[index] : null;
    }
}
