using System.Diagnostics;

namespace Snapshotter.Engine.Tests.FileSystem;

/// <summary>Programs of the machine that judge or prepare what a test looks at.</summary>
internal static class Tool
{
    /// <summary>Runs a program and gives its standard output; fails the test, with its words, when it fails.</summary>
    public static string Run(string program, params string[] arguments)
    {
        var (exitCode, output, errors) = TryRun(program, arguments);
        Assert.True(exitCode == 0, $"{program} {string.Join(' ', arguments)}: exit code {exitCode}: {errors}");
        return output;
    }

    public static (int ExitCode, string Output, string Errors) TryRun(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["LC_ALL"] = "C" },
        };
        try
        {
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output, errors.Result);
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            return (127, "", exception.Message);
        }
    }
}
