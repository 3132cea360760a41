using System.Diagnostics;

namespace Snapshotter.PowerShell.Tests.Support;

/// <summary>What a run of the embedded shell, in a process of its own, gave.</summary>
internal sealed record ShellProcess(int ExitCode, string Output, string Error)
{
    public static ShellProcess Run(params string[] arguments) => RunWith(null, null, arguments);

    public static ShellProcess RunWith(string? input, IReadOnlyDictionary<string, string>? environment, params string[] arguments)
    {
        using Process process = Start(environment, arguments);
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        return WaitFor(process);
    }

    /// <summary>Starts the shell with all streams redirected; input stays open.</summary>
    public static Process Start(IReadOnlyDictionary<string, string>? environment, params string[] arguments)
    {
        Assert.True(File.Exists(Repository.Shell), $"Build first: there is no shell at {Repository.Shell}.");
        var start = new ProcessStartInfo(Repository.Shell, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    public static ShellProcess WaitFor(Process process)
    {
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new ShellProcess(process.ExitCode, output.Replace("\r\n", "\n"), error.Result.Replace("\r\n", "\n"));
    }
}
