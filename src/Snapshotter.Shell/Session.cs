using System.Management.Automation;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Snapshotter.Shell;

/// <summary>One runspace with the module imported, and how text and scripts are run in it.</summary>
internal sealed partial class Session : IDisposable
{
    private const int Failed = 1;

    /// <summary>Whether the last statement succeeded is known only in the script itself: once it has ended, $? is about Out-Default.</summary>
    private const string RecordSuccess = "\n$Host.PrivateData.Succeeded = $?";

    private readonly ShellHost host = new();
    private readonly Runspace runspace;
    private readonly Lock gate = new();
    private readonly List<PosixSignalRegistration> signals = [];
    private System.Management.Automation.PowerShell? running;
    private int stoppedBy;

    public Session()
    {
        InitialSessionState state = InitialSessionState.CreateDefault2();
        state.ImportPSModule([Path.GetFullPath(Path.Join(AppContext.BaseDirectory, "..", "module", "Snapshotter"))]);
        if (OperatingSystem.IsWindows())
            state.ExecutionPolicy = Microsoft.PowerShell.ExecutionPolicy.RemoteSigned;
        runspace = RunspaceFactory.CreateRunspace(host, state);
        runspace.Open();
        Runspace.DefaultRunspace = runspace;
        Watch(PosixSignal.SIGINT, 130);
        Watch(PosixSignal.SIGTERM, 143);
        Watch(PosixSignal.SIGHUP, 129);
    }

    /// <summary>The exit code that "exit N" asked for; null while nothing did.</summary>
    public int? ExitRequested => host.ExitRequested;

    /// <summary>True when the last text run is only the beginning of a statement.</summary>
    public static bool IsIncomplete(string text)
    {
        Parser.ParseInput(text, out _, out ParseError[] errors);
        return errors.Any(e => e.IncompleteInput);
    }

    /// <summary>Runs text, shows what comes out of it, and returns what the process's exit code would be.</summary>
    public int RunCommand(string text)
    {
        host.Status.Succeeded = true;
        string judged = text + RecordSuccess;
        int? failure = Run(shell => shell.AddScript(Parses(judged) ? judged : text));
        return failure ?? (host.Status.Succeeded ? 0 : Failed);
    }

    /// <summary>Runs a script as "pwsh -File" would: in the global scope, with arguments as they would be typed.</summary>
    public int RunFile(string path, IReadOnlyList<string> arguments)
    {
        string full = Path.GetFullPath(path);
        if (!File.Exists(full))
        {
            host.UI.WriteErrorLine($"The script '{path}' does not exist.");
            return CommandLine.UsageError;
        }

        ScriptBlockAst script = Parser.ParseFile(full, out _, out ParseError[] errors);
        if (errors.Length > 0)
        {
            Report(new ParseException(errors).ErrorRecord);
            return Failed;
        }

        // A function made of the script, not the file by its name: then "exit N" in it ends this process, as it ends pwsh.
        string name = Path.GetFileName(full);
        // Called by its name, too: what is called as a CommandInfo takes no arguments without a param block.
        runspace.SessionStateProxy.InvokeProvider.Item.Set("function:global:" + name, script.GetScriptBlock());
        return Run(shell => AddArguments(shell.AddCommand(name), arguments)) ?? 0;
    }

    public void Dispose()
    {
        signals.ForEach(s => s.Dispose());
        runspace.Dispose();
    }

    private static bool Parses(string text)
    {
        Parser.ParseInput(text, out _, out ParseError[] errors);
        return errors.Length == 0;
    }

    /// <summary>Arguments as pwsh takes them from a command line: -Name VALUE, -Name:VALUE, -Switch, VALUE.</summary>
    private static void AddArguments(System.Management.Automation.PowerShell shell, IReadOnlyList<string> arguments)
    {
        foreach (string argument in arguments)
        {
            Match named = NamedArgument().Match(argument);
            string value = named.Groups["value"].Value;
            shell.Commands.Commands[0].Parameters.Add(
                !named.Success ? new CommandParameter(null, argument)
                : value.Length == 0 ? new CommandParameter(named.Groups["name"].Value)
                : new CommandParameter(named.Groups["name"].Value, AsSwitch(value)));
        }
    }

    private static object AsSwitch(string value) => value.ToUpperInvariant() switch
    {
        "$TRUE" => true,
        "$FALSE" => false,
        _ => value,
    };

    /// <summary>A lone -Name keeps its dash: then the engine takes the argument that follows for its value, unless it is a switch.</summary>
    [GeneratedRegex(@"^(?<name>-[\p{L}_?]\w*)(:(?<value>.*))?$", RegexOptions.Singleline)]
    private static partial Regex NamedArgument();

    /// <summary>Runs and shows; null when nothing ended it early, else the exit code.</summary>
    private int? Run(Action<System.Management.Automation.PowerShell> add)
    {
        using var shell = System.Management.Automation.PowerShell.Create(runspace);
        add(shell);
        shell.Commands.Commands[0].MergeMyResults(PipelineResultTypes.Error, PipelineResultTypes.Output);
        shell.AddCommand("Out-Default");
        try
        {
            lock (gate)
                running = shell;
            shell.Invoke();
            return host.ExitRequested ?? (stoppedBy != 0 ? stoppedBy : null);
        }
        catch (PipelineStoppedException)
        {
            return host.ExitRequested ?? (stoppedBy != 0 ? stoppedBy : Failed);
        }
        catch (RuntimeException e)
        {
            Report(e.ErrorRecord);
            return Failed;
        }
        finally
        {
            lock (gate)
                running = null;
            host.ClearProgress();
        }
    }

    /// <summary>Shows an error that ended a pipeline the way Out-Default shows those that did not.</summary>
    private void Report(ErrorRecord error)
    {
        using var shell = System.Management.Automation.PowerShell.Create(runspace);
        using (host.WriteToStandardError())
            shell.AddCommand("Out-Default").Invoke(new[] { error });
    }

    /// <summary>The first signal stops what runs, which rolls it back; a second one, or one at the prompt, ends the process.</summary>
    private void Watch(PosixSignal signal, int exitCode)
        => signals.Add(PosixSignalRegistration.Create(signal, context =>
        {
            lock (gate)
            {
                if (running is null || stoppedBy != 0)
                    return;
                stoppedBy = exitCode;
                context.Cancel = true;
                running.BeginStop(null, null);
            }
        }));
}
