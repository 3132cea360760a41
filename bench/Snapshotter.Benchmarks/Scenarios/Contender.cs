using Snapshotter.Benchmarks.Measuring;

namespace Snapshotter.Benchmarks.Scenarios;

/// <summary>One program at one job.</summary>
internal sealed class Contender
{
    public required string Name { get; init; }

    /// <summary>Lays out what the command needs and names the command. Not measured.</summary>
    public required Func<Command> Prepare { get; init; }

    /// <summary>What the command reads: read once before each run.</summary>
    public string? Reads { get; init; }

    /// <summary>False when the command reads and writes but little of that.</summary>
    public bool ReadsAll { get; init; } = true;

    /// <summary>Throws <see cref="CheckFailedException"/> when the run did not write what it should.</summary>
    public Action Check { get; init; } = () => { };

    /// <summary>Clears away what the run wrote.</summary>
    public Action Tidy { get; init; } = () => { };

    /// <summary>Something seen after a run, for the table.</summary>
    public Func<string>? Observe { get; init; }

    /// <summary>True for the engine's own host: its bare start is measured apart and taken off.</summary>
    public bool IsEngineHost { get; init; }

    /// <summary>How many files the job handles, where the cost of each is of interest; else 0.</summary>
    public int Files { get; init; }
}
