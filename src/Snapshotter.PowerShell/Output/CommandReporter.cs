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
        if (!wantsProgress)
            return;
        activity = progress.Activity;
        command.WriteProgress(ProgressRecords.From(ActivityId, progress));
    }

    public void Warn(Notice notice) => command.WriteWarning(NoticeText.WithRemedy(notice));

    public void Detail(string message) => command.WriteVerbose(Shown.Line(message));

    /// <summary>A file that cannot be read is an error that does not end the job; -ErrorAction Stop makes it one that does.</summary>
    public bool GoOn(Notice problem)
    {
        if (problem.Kind is BackupError.FileChanged or BackupError.NotKept or BackupError.GenerationIncomplete)
            Warn(problem);
        else
            command.WriteError(ErrorRecords.From(problem));
        return true;
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
