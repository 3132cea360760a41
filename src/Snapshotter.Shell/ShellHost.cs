using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;

namespace Snapshotter.Shell;

/// <summary>The host that PowerShell's engine sees: a console, and an exit code.</summary>
internal sealed class ShellHost : PSHost
{
    private readonly ShellUserInterface ui = new();

    /// <summary>The exit code that "exit N" asked for.</summary>
    public int? ExitRequested { get; private set; }

    /// <summary>How the last statement went.</summary>
    public ShellStatus Status { get; } = new();

    /// <summary>$Host.PrivateData: where a script leaves its status.</summary>
    public override PSObject PrivateData => PSObject.AsPSObject(Status);

    public override string Name => "SnapshotterShell";

    public override Version Version { get; } = typeof(ShellHost).Assembly.GetName().Version!;

    public override Guid InstanceId { get; } = Guid.NewGuid();

    public override PSHostUserInterface UI => ui;

    public override CultureInfo CurrentCulture { get; } = CultureInfo.CurrentCulture;

    public override CultureInfo CurrentUICulture { get; } = CultureInfo.CurrentUICulture;

    public override void SetShouldExit(int exitCode) => ExitRequested = exitCode;

    public override void EnterNestedPrompt() => throw new NotSupportedException("This shell has no nested prompt.");

    public override void ExitNestedPrompt() => throw new NotSupportedException("This shell has no nested prompt.");

    public override void NotifyBeginApplication()
    {
    }

    public override void NotifyEndApplication()
    {
    }

    /// <summary>Until what it returns is disposed of, all that is shown is an error.</summary>
    public IDisposable WriteToStandardError() => ui.WriteToStandardError();

    public void ClearProgress() => ui.ClearProgress();
}
