using System.Management.Automation;
using System.Reflection;

namespace Snapshotter.Shell;

/// <summary>
/// The embedded PowerShell: the engine of System.Management.Automation and a small console around it, for machines
/// without pwsh. Exit codes are those of pwsh.
/// </summary>
internal static class Program
{
    private const string Help = """
        snapshotter-shell: PowerShell's own language and pipeline with the module Snapshotter imported.

        snapshotter-shell -Command TEXT            runs the text; what follows is part of it; "-" reads standard input
        snapshotter-shell -File SCRIPT [ARGS]      runs a script with its arguments: values, -Name value, -Switch
        snapshotter-shell -Version | -Help
        snapshotter-shell                          a prompt, on a terminal

        It has the engine's core commands only: Where-Object, ForEach-Object, Import-Module, Get-Help, Get-Command,
        Out-Host, Out-Null and the like, and all .NET types. There is no Get-ChildItem, Set-Location or Write-Output:
        for those use a full PowerShell 7.6 or later, where Import-Module Snapshotter gives the same cmdlets.

        Exit codes: 0 for success, 1 after an error that ended the command or was the last thing in it, N after
        "exit N", 64 for a wrong command line, 130 after Ctrl-C, 143 after SIGTERM.
        """;

    private static int Main(string[] args)
    {
        CommandLine line;
        try
        {
            line = CommandLine.Parse(args);
        }
        catch (FormatException e)
        {
            Console.Error.WriteLine(e.Message);
            return CommandLine.UsageError;
        }

        switch (line.Action)
        {
            case ShellAction.Help:
                Console.Out.WriteLine(Help);
                return 0;
            case ShellAction.Version:
                Console.Out.WriteLine($"snapshotter-shell {VersionOf(typeof(Program))} (PowerShell {VersionOf(typeof(PSObject))})");
                return 0;
            default:
                return Run(line);
        }
    }

    private static string VersionOf(Type type)
        => type.Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split(' ', '+')[0];

    private static int Run(CommandLine line)
    {
        using var session = new Session();
        return line.Action switch
        {
            ShellAction.Command => session.RunCommand(line.Text),
            ShellAction.File => session.RunFile(line.Text, line.Arguments),
            _ when Console.IsInputRedirected => session.RunCommand(Console.In.ReadToEnd()),
            _ => Prompt.Loop(session),
        };
    }
}
