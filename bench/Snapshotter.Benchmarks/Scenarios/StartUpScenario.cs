using Snapshotter.Benchmarks.Measuring;

namespace Snapshotter.Benchmarks.Scenarios;

/// <summary>The whole command on three small files, against a PowerShell that does nothing.</summary>
internal static class StartUpScenario
{
    public static Scenario Of(Bench bench, string output)
    {
        string tree = bench.NewDirectory("three");
        for (int i = 0; i < 3; i++)
        {
            File.WriteAllText(Path.Combine(tree, $"{i}.txt"), $"file {i}");
        }

        // Not "dotnet pwsh", whose other processes would be measured too.
        string pwsh = Path.Combine(output, "..", "tools", "pwsh.sh");
        string import = $"Import-Module '{Path.Combine(output, "module", "Snapshotter", "Snapshotter.psd1")}'; ";
        Contender[] contenders =
        [
            Nothing("pwsh, nothing", new Command(pwsh, "-NoProfile", "-Command", "1")),
            Backup(bench, "pwsh, backup", tree, script => new Command(pwsh, "-NoProfile", "-Command", import + script)),
        ];
        Goal[] goals = [new("Backup-Volume of three files in pwsh", "pwsh, backup", "pwsh, nothing", 150, GoalMeasure.ExtraMilliseconds)];
        return new Scenario("start-up", contenders, goals) { CleanUp = () => Directory.Delete(tree, recursive: true) };
    }

    private static Contender Nothing(string name, Command command) => new() { Name = name, Prepare = () => command };

    private static Contender Backup(Bench bench, string name, string tree, Func<string, Command> shell)
    {
        string archive = "";
        return new Contender
        {
            Name = name,
            Prepare = () =>
            {
                archive = bench.NewPath("start-up.tar");
                File.WriteAllBytes(archive, new byte[1024]);
                return shell($"Backup-Volume -Path '{tree}' -Archive '{archive}'");
            },
            Check = () => bench.Meter.Run(new Command("tar", "-tf", archive)),
            Tidy = () => File.Delete(archive),
        };
    }
}
