using System.Management.Automation;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.PowerShell.Output;

/// <summary>What the engine reports, on PowerShell's streams. The engine calls on the pipeline's thread, as they demand.</summary>
internal sealed class CommandReporter(PSCmdlet command) : IReporter, IDisposable
{
    private const int ActivityId = 0;

    private readonly bool wantsProgress = WantsProgress(command);
    private string? activity;

    /// <summary>Counting costs a walk over all files: worth it only where someone can watch the percentage.</summary>
    public bool WantsTotals => wantsProgress && !Console.IsOutputRedirected;

    public void Progress(in JobProgress progress)
    {
        if (!wantsProgress || command.Stopping)
            return;
        activity = progress.Activity;
        command.WriteProgress(ProgressRecords.From(ActivityId, progress));
    }

    public void Warn(Notice notice) => Tell(NoticeText.WithRemedy(notice), command.WriteWarning);

    public void Detail(string message)
    {
        if (!command.Stopping)
            command.WriteVerbose(Shown.Line(message));
    }

    /// <summary>A file that cannot be read is an error that does not end the job; -ErrorAction Stop makes it one that does.</summary>
    public bool GoOn(Notice problem)
    {
        if (problem.Kind is BackupError.FileChanged or BackupError.NotKept or BackupError.GenerationIncomplete
            or BackupError.OldContentLeft)
            Warn(problem);
        else
            Tell(NoticeText.WithRemedy(problem), _ => command.WriteError(ErrorRecords.From(problem)));
        return true;
    }

    /// <summary>
    /// After Ctrl-C the streams are closed, but the engine may be at a point of no return, such as the middle of a swap: it
    /// must not be thrown out of there by an exception, and what it has to say goes to the user directly.
    /// </summary>
    private void Tell(string text, Action<string> write)
    {
        try
        {
            if (!command.Stopping)
            {
                write(text);
                return;
            }
        }
        catch (PipelineStoppedException) when (command.Stopping)
        {
        }

        command.Host.UI.WriteWarningLine(text);
    }

    /// <summary>Takes the progress bar away. After a stop there is nobody to tell.</summary>
    public void Dispose()
    {
        if (activity is null || command.Stopping)
            return;
        command.WriteProgress(new ProgressRecord(ActivityId, activity, Messages.Done) { RecordType = ProgressRecordType.Completed });
    }

    private static bool WantsProgress(PSCmdlet command)
        => command.GetVariableValue("ProgressPreference") is not (ActionPreference.SilentlyContinue or ActionPreference.Ignore);
}
