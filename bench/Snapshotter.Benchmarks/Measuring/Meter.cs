using System.Diagnostics;
using System.Globalization;

namespace Snapshotter.Benchmarks.Measuring;

/// <summary>
/// Runs a command and measures it. GNU time stands between for the peak memory alone: the kernel counts the size of
/// the process that forked towards the child's peak, so the one that forks must be small.
/// </summary>
internal sealed class Meter(string scratch)
{
    private string Output => Path.Combine(scratch, "stdout");

    private string Peak => Path.Combine(scratch, "peak");

    public Sample Measure(Command command, bool hasEngineTime)
    {
        double cpu = Posix.ChildCpuSeconds();
        long start = Stopwatch.GetTimestamp();
        string errors = Execute(new Command("/usr/bin/time", ["-q", "-f", "%M", "-o", Peak, .. Shell(command)]), command);
        double wall = Stopwatch.GetElapsedTime(start).TotalSeconds;
        cpu = Posix.ChildCpuSeconds() - cpu;
        if (errors.Length > 0)
        {
            Console.Error.WriteLine($"{command}: {errors}");
        }

        double peak = double.Parse(File.ReadAllText(Peak), CultureInfo.InvariantCulture) * 1024 / 1e6;
        double? engine = hasEngineTime ? double.Parse(File.ReadAllText(Output), CultureInfo.InvariantCulture) : null;
        return new Sample(wall, cpu, peak, engine);
    }

    /// <summary>Runs a command that is not measured and returns what it wrote.</summary>
    public string Run(Command command)
    {
        string[] shell = Shell(command);
        string errors = Execute(new Command(shell[0], shell[1..]), command);
        return errors.Length == 0 ? File.ReadAllText(Output) : throw new CheckFailedException($"{command}: {errors}");
    }

    /// <summary>Output goes to a file: a pipe would make the reader part of what is measured, and tar is another program when it sees /dev/null.</summary>
    private string[] Shell(Command command) =>
        ["sh", "-c", "exec \"$@\" >\"$0\" 2>\"$0.errors\"", Output, command.Program, .. command.Arguments];

    private string Execute(Command started, Command meant)
    {
        using var process = Process.Start(new ProcessStartInfo(started.Program, started.Arguments))
            ?? throw new InvalidOperationException($"Cannot start {started}.");
        process.WaitForExit();
        string errors = File.ReadAllText(Output + ".errors");
        if (process.ExitCode != 0)
        {
            throw new CheckFailedException($"{meant}: exit code {process.ExitCode}. {errors}");
        }

        return errors;
    }
}
