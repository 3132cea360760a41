using Snapshotter.Benchmarks.Measuring;
using Snapshotter.Benchmarks.Results;

namespace Snapshotter.Benchmarks.Scenarios;

/// <summary>Runs a scenario's contenders in turn, A B C A B C, and gathers the samples.</summary>
internal sealed class Comparison(Bench bench, int rounds)
{
    /// <summary>Our host with nothing to do: what is taken off the engine's times.</summary>
    public const string BareHost = "bare host";

    public ScenarioResult Run(Scenario scenario)
    {
        var contenders = scenario.Contenders.ToList();
        if (contenders.Exists(c => c.IsEngineHost))
        {
            contenders.Insert(0, new Contender { Name = BareHost, Prepare = () => Bench.Engine("nothing") });
        }

        var results = contenders.ConvertAll(c => new ContenderResult(c.Name, c.IsEngineHost, c.Files));

        // Round 0 warms up, and is where every contender's work is checked; ours is checked in the last round too.
        for (int round = 0; round <= rounds; round++)
        {
            for (int i = 0; i < contenders.Count; i++)
            {
                var sample = RunOnce(contenders[i], results[i], check: round == 0 || (round == rounds && contenders[i].IsEngineHost));
                if (round > 0)
                {
                    results[i].Samples.Add(sample);
                }

                Console.Error.WriteLine(FormattableString.Invariant(
                    $"{scenario.Name} {round}/{rounds} {contenders[i].Name}: {sample.Wall:F3} s, CPU {sample.Cpu:F3} s"));
            }
        }

        return new ScenarioResult(scenario.Name, results, scenario.Goals);
    }

    private Sample RunOnce(Contender contender, ContenderResult result, bool check)
    {
        var command = contender.Prepare();
        long bytes = 0;
        if (contender.Reads is not null)
        {
            long read = PageCache.Warm(contender.Reads);
            bytes = contender.ReadsAll ? read : 0;
            FreeMemory.Settle();
        }

        Posix.Sync();
        FreeMemory.MakeReal(bytes);
        PageCache.WarmProgram(command);
        var sample = bench.Meter.Measure(command, contender.IsEngineHost);
        result.Observed = contender.Observe?.Invoke() ?? result.Observed;
        if (check)
        {
            contender.Check();
        }

        contender.Tidy();
        return sample;
    }
}
