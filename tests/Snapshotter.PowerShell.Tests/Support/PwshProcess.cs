using System.Diagnostics;

namespace Snapshotter.PowerShell.Tests.Support;

/// <summary>What a run of the real PowerShell, in a process of its own, gave.</summary>
internal sealed record PwshProcess(int ExitCode, string Output, string Error)
{
    /// <summary>Runs text with the built module imported.</summary>
    public static PwshProcess RunCommand(string text, string? input = null, IReadOnlyDictionary<string, string>? environment = null)
        => Run(["-Command", WithModule(text)], input, environment);

    /// <summary>Runs a script with its arguments.</summary>
    public static PwshProcess RunFile(string path, params string[] arguments) => Run(["-File", path, .. arguments]);

    /// <summary>Runs pwsh with these arguments. Without an input there is none.</summary>
    public static PwshProcess Run(string[] arguments, string? input = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        using Process process = Start(arguments, environment);
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        return WaitFor(process);
    }

    /// <summary>Runs text with the built module imported in a terminal of so many columns; Linux only.</summary>
    public static PwshProcess RunInTerminal(int columns, string text)
    {
        string command = $"stty cols {columns} rows 50; exec dotnet exec '{Repository.Pwsh}' -NoProfile -NonInteractive -EncodedCommand "
            + Convert.ToBase64String(System.Text.Encoding.Unicode.GetBytes(WithModule(text)));
        using Process process = Start("script", ["-qec", command, "/dev/null"], null);
        process.StandardInput.Close();
        PwshProcess result = WaitFor(process);
        return result with { Output = System.Text.RegularExpressions.Regex.Replace(result.Output, @"\x1B(\[[0-9;?]*[A-Za-z]|[=>])", "") };
    }

    /// <summary>Starts text with the built module imported and all streams redirected; input stays open.</summary>
    public static Process StartCommand(string text) => Start(["-Command", WithModule(text)], null);

    public static PwshProcess WaitFor(Process process)
    {
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new PwshProcess(process.ExitCode, output.Replace("\r\n", "\n"), error.Result.Replace("\r\n", "\n"));
    }

    /// <summary>By its path: one that is installed would be found first by its name.</summary>
    private static string WithModule(string text) => $"Import-Module '{Repository.Module}'; {text}";

    private static Process Start(string[] arguments, IReadOnlyDictionary<string, string>? environment)
    {
        Assert.True(File.Exists(Repository.Pwsh), $"Restore first: there is no PowerShell at {Repository.Pwsh}.");
        arguments = ["-NoProfile", "-NonInteractive", .. arguments];
        // Not "dotnet pwsh": that is two processes around this one, which keep signals to themselves.
        return Path.GetExtension(Repository.Pwsh) == ".dll"
            ? Start("dotnet", ["exec", Repository.Pwsh, .. arguments], environment)
            : Start(Repository.Pwsh, arguments, environment);
    }

    private static Process Start(string program, string[] arguments, IReadOnlyDictionary<string, string>? environment)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["POWERSHELL_TELEMETRY_OPTOUT"] = "1", ["POWERSHELL_UPDATECHECK"] = "Off", ["NO_COLOR"] = "1" },
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        return Process.Start(start)!;
    }
}
