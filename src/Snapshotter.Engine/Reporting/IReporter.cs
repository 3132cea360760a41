namespace Snapshotter.Engine.Reporting;

/// <summary>
/// How progress, warnings and the decision "go on or stop" leave the engine. The engine calls it only on the
/// thread that called the engine, so a cmdlet may write to its pipeline from here.
/// </summary>
public interface IReporter
{
    /// <summary>Whether totals are worth counting: without them <see cref="Progress"/> has no percentage.</summary>
    bool WantsTotals => false;

    /// <summary>Work has moved on. Called a few times a second at most.</summary>
    /// <param name="progress">Where the job is.</param>
    void Progress(in JobProgress progress)
    {
    }

    /// <summary>Something that does not stop the job, but that the user should know.</summary>
    /// <param name="notice">What happened, to which path.</param>
    void Warn(Notice notice)
    {
    }

    /// <summary>One step of the story, for those who asked for details.</summary>
    /// <param name="message">A sentence.</param>
    void Detail(string message)
    {
    }

    /// <inheritdoc cref="Detail(string)"/>
    sealed void Detail(Sentence message) => Detail(message?.ToString() ?? "");

    /// <summary>
    /// A file could not be saved or restored as it should be. The default goes on with the others.
    /// </summary>
    /// <param name="problem">What happened, to which path.</param>
    /// <returns>True to go on; false to stop, which rolls the job back.</returns>
    bool GoOn(Notice problem) => true;
}
