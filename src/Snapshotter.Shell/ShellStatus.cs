namespace Snapshotter.Shell;

/// <summary>What a command line leaves behind for the exit code.</summary>
public sealed class ShellStatus
{
    /// <summary>Whether the last statement succeeded: $? at the end of the text.</summary>
    public bool Succeeded { get; set; } = true;
}
