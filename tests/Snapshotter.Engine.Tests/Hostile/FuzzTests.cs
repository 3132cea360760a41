using Snapshotter.Engine.Tests.Support;
using Snapshotter.Fuzz;

namespace Snapshotter.Engine.Tests.Hostile;

/// <summary>
/// A short run of the fuzzer, the same inputs each time. Longer ones: <c>dotnet run --project tests/Snapshotter.Fuzz -c Release -- --seconds 600 --seed N</c>.
/// </summary>
public sealed class FuzzTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("list", 1500)]
    [InlineData("test", 1500)]
    [InlineData("restore", 300)]
    [InlineData("config", 3000)]
    [InlineData("manifest", 3000)]
    public void No_input_does_harm(string target, int count)
    {
        var run = new FuzzRun(target, seed: 1, folder.Path, fixtures: null)
        {
            Found = (input, e) => Assert.Fail($"{Convert.ToBase64String(input)}\n{e}"),
        };
        run.Run(TimeSpan.MaxValue, count);
        Console.WriteLine($"Fuzz: {target}, {run.Count} inputs, {run.Accepted} accepted.");
        Assert.Equal(count, run.Count);
        Assert.InRange(run.Accepted, 1, count - 1);
    }
}
