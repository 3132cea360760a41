namespace Snapshotter.Shell;

/// <summary>What a command line asks for.</summary>
internal enum ShellAction
{
    Prompt,
    Command,
    File,
    Version,
    Help,
}

/// <summary>A command line: the options have pwsh's names, and may be shortened as there.</summary>
internal sealed record CommandLine(ShellAction Action, string Text, IReadOnlyList<string> Arguments)
{
    /// <summary>The exit code for a wrong command line, which pwsh uses too.</summary>
    public const int UsageError = 64;

    private static readonly (string Name, string Shortest, ShellAction Action)[] Options =
    [
        ("command", "c", ShellAction.Command),
        ("file", "f", ShellAction.File),
        ("version", "v", ShellAction.Version),
        ("help", "h", ShellAction.Help),
        ("?", "?", ShellAction.Help),
    ];

    /// <summary>Options of pwsh that are met in scripts, and that this shell always behaves by.</summary>
    private static readonly string[] Implied = ["noprofile", "nop", "nologo", "noninteractive"];

    /// <exception cref="FormatException">The command line is wrong.</exception>
    public static CommandLine Parse(string[] args)
    {
        int next = 0;
        while (next < args.Length && Implied.Contains(OptionName(args[next]), StringComparer.OrdinalIgnoreCase))
            next++;
        if (next == args.Length)
            return new CommandLine(ShellAction.Prompt, "", []);

        string name = OptionName(args[next]) ?? throw new FormatException(
            $"'{args[next]}' is no option: use -File to run a script, -Command to run text, -Help for help.");
        ShellAction action = Find(name);
        string[] rest = args[(next + 1)..];
        return action switch
        {
            ShellAction.Command when rest.Length == 0 => throw new FormatException("-Command needs the text to run."),
            ShellAction.Command when rest is ["-"] => new CommandLine(action, Console.In.ReadToEnd(), []),
            ShellAction.Command => new CommandLine(action, string.Join(' ', rest), []),
            ShellAction.File when rest.Length == 0 => throw new FormatException("-File needs the path of a script."),
            ShellAction.File => new CommandLine(action, rest[0], rest[1..]),
            _ => new CommandLine(action, "", []),
        };
    }

    private static ShellAction Find(string name)
    {
        foreach (var option in Options)
        {
            if (option.Name.StartsWith(name, StringComparison.OrdinalIgnoreCase) && name.Length >= option.Shortest.Length)
                return option.Action;
        }

        throw new FormatException($"There is no option '-{name}'. Use -Help.");
    }

    private static string? OptionName(string arg) => arg.Length > 1 && arg[0] == '-' ? arg.TrimStart('-') : null;
}
