using System.Diagnostics;

namespace Snapshotter.Fuzz;

/// <summary>Feeds mutated inputs to a target until the time or the count is used up. The same seed gives the same inputs.</summary>
internal sealed class FuzzRun(string target, int seed, string scratch, string? fixtures)
{
    /// <summary>An input that takes longer is a finding.</summary>
    private static readonly TimeSpan TooLong = TimeSpan.FromSeconds(20);

    /// <summary>Inputs tried so far.</summary>
    public long Count { get; private set; }

    /// <summary>How many of them were not refused.</summary>
    public long Accepted { get; private set; }

    /// <summary>The slowest input's time.</summary>
    public TimeSpan Slowest { get; private set; }

    /// <summary>Called with each input that did what none may do.</summary>
    public required Action<byte[], Exception> Found { get; init; }

    public void Run(TimeSpan time, long maxCount)
    {
        var engine = FuzzTarget.Create(target, scratch);
        Func<Random, byte[]> mutate = engine.TakesArchives
            ? new Mutator(Corpus.Archives(scratch, fixtures)).Mutate
            : new TextMutator(target == "config" ? [.. Corpus.Configs.Select(ArchiveForge.Bytes)] : [.. Corpus.Manifests(scratch)]).Mutate;
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < time && Count < maxCount)
        {
            byte[] input = mutate(new Random(unchecked((seed * 1_000_003) + (int)Count)));
            Count++;
            TryOne(engine, input);
        }
    }

    /// <summary>Runs one input.</summary>
    public void TryOne(FuzzTarget engine, byte[] input)
    {
        using var limit = new CancellationTokenSource(TooLong);
        var clock = Stopwatch.StartNew();
        try
        {
            Accepted += engine.Run(input, limit.Token) ? 1 : 0;
        }
        catch (OperationCanceledException e)
        {
            Found(input, new FuzzFailure($"The input took more than {TooLong}.", e));
        }
        catch (Exception e)
        {
            Found(input, e);
        }

        Slowest = clock.Elapsed > Slowest ? clock.Elapsed : Slowest;
    }
}
