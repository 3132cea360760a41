using System.Management.Automation;
using System.Management.Automation.Host;
using System.Runtime.InteropServices;
using Snapshotter.Docker;
using Snapshotter.Engine.Config;
using Snapshotter.Engine.Reporting;
using Snapshotter.PowerShell.Arguments;
using Snapshotter.PowerShell.Output;

namespace Snapshotter.PowerShell;

/// <summary>
/// What all cmdlets share: a job of the engine can be cancelled, its exceptions become error records, and paths are
/// resolved as PowerShell does.
/// </summary>
public abstract class SnapshotterCommand : PSCmdlet, IDisposable
{
    /// <summary>128 and the number of the signal, as shells have it.</summary>
    private const int TerminatedExitCode = 143;

    private readonly CancellationTokenSource cancellation = new();
    private PosixSignalRegistration? termination;
    private volatile bool isTerminated;

    /// <summary>Is cancelled when the pipeline is stopped.</summary>
    protected CancellationToken Cancellation => cancellation.Token;

    /// <summary>True when -WhatIf or its preference says that nothing is to be done. The parameter does not set the variable in a cmdlet.</summary>
    protected bool IsWhatIf => LanguagePrimitives.IsTrue(
        MyInvocation.BoundParameters.GetValueOrDefault("WhatIf") ?? GetVariableValue("WhatIfPreference"));

    /// <summary>True when -Confirm or its preference make ShouldProcess ask, for a cmdlet of medium impact.</summary>
    protected bool WillConfirm => MyInvocation.BoundParameters.TryGetValue("Confirm", out object? confirm)
        ? LanguagePrimitives.IsTrue(confirm)
        : Preference is ConfirmImpact.Low or ConfirmImpact.Medium;

    /// <summary>True when -Confirm:$false or the preference say that nothing is to be asked.</summary>
    protected bool IsUnattended => MyInvocation.BoundParameters.TryGetValue("Confirm", out object? confirm)
        ? !LanguagePrimitives.IsTrue(confirm)
        : Preference == ConfirmImpact.None;

    private ConfirmImpact Preference => LanguagePrimitives.TryConvertTo(GetVariableValue("ConfirmPreference"), out ConfirmImpact impact)
        ? impact
        : ConfirmImpact.High;

    /// <summary>
    /// From here on SIGTERM (docker stop, a service's end, Windows shutting down) does what Ctrl-C does, and ends the
    /// session as well: by itself PowerShell would die of it at once, with nothing rolled back.
    /// </summary>
    protected override void BeginProcessing()
        => termination = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            signal.Cancel = true;
            isTerminated = true;
            cancellation.Cancel();
        });

    /// <summary>Called on another thread when the pipeline is stopped: only tells the engine, which rolls back.</summary>
    protected override void StopProcessing() => cancellation.Cancel();

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases what the cmdlet holds.</summary>
    /// <param name="disposing">False in a finalizer.</param>
    protected virtual void Dispose(bool disposing)
    {
        if (!disposing)
            return;
        termination?.Dispose();
        cancellation.Dispose();
    }

    /// <summary>
    /// Runs a job of the engine on one archive, configuration or container: its progress and warnings go to PowerShell's
    /// streams. Its failure is an error that does not end the cmdlet, so that the others get their turn; -ErrorAction says more.
    /// </summary>
    /// <param name="job">Calls the engine with the reporter given and with <see cref="Cancellation"/>.</param>
    /// <param name="isAll">There are no others: the failure ends the cmdlet.</param>
    protected void Run(Action<IReporter> job, bool isAll = false)
    {
        ArgumentNullException.ThrowIfNull(job);
        using var reporter = new CommandReporter(this);
        try
        {
            job(reporter);
        }
        catch (Exception e) when (ErrorRecords.TryFrom(e) is { } error)
        {
            // Without the engine of containers there is nothing that the others could do either.
            if (isAll || e is DockerException { Error: DockerError.DockerUnavailable })
                ThrowTerminatingError(error);
            WriteError(error);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            if (isTerminated)
                Host.SetShouldExit(TerminatedExitCode);
            throw new PipelineStoppedException();
        }
    }

    /// <summary>Asks as <see cref="Cmdlet.ShouldProcess(string, string)"/> does; where nobody can be asked the error says what to do.</summary>
    /// <param name="target">What the action is about.</param>
    /// <param name="action">What would be done.</param>
    /// <returns>True to go on.</returns>
    private protected new bool ShouldProcess(string target, string action)
        => Ask($"{action}: {target}?", () => base.ShouldProcess(target, action));

    /// <summary>Asks somebody. Of one who cannot be asked PowerShell says no more than that, or nothing that anyone understands.</summary>
    /// <param name="question">The question, for the error.</param>
    /// <param name="ask">Asks it.</param>
    /// <returns>The answer.</returns>
    private protected static bool Ask(string question, Func<bool> ask)
    {
        try
        {
            return ask();
        }
        catch (Exception e) when (e is HostException or PSInvalidOperationException or NullReferenceException)
        {
            // Names in the question are escaped already; an error is one line.
            string words = Messages.FormatShown(nameof(Messages.NobodyToAsk), question.ReplaceLineEndings(" "));
            throw new UsageException(nameof(Messages.NobodyToAsk), words, null);
        }
    }

    /// <summary>
    /// Emits what was done. When Ctrl-C closed the pipeline meanwhile nobody takes it any more, but it was done: then the
    /// user is told in words.
    /// </summary>
    /// <param name="result">The object to emit.</param>
    /// <param name="words">The same as a sentence; null for what needs no telling.</param>
    protected void Emit(object result, Func<string>? words)
    {
        try
        {
            if (!Stopping)
            {
                WriteObject(result);
                return;
            }
        }
        catch (PipelineStoppedException) when (Stopping)
        {
            // Came between the question and the writing.
        }

        if (words is not null)
            Host.UI.WriteWarningLine(words());
    }

    /// <summary>Reads a configuration. One of a container on another machine names paths over there, which may exist here too.</summary>
    /// <param name="source">What the user gave.</param>
    /// <returns>A configuration whose paths are this machine's.</returns>
    /// <exception cref="BackupException">The configuration is missing, wrong, or of another machine.</exception>
    private protected VolumeConfig ReadConfig(ConfigSource source)
    {
        VolumeConfig config = source.Read(ResolveLiteral);
        if (config is ContainerVolumeConfig { Paths: VolumePaths.Remote } remote)
            throw ErrorRecords.RemoteContainer(remote);
        return config;
    }

    /// <summary>A path as the user wrote it, made absolute from <c>$PWD</c>; wildcard characters are part of the name.</summary>
    /// <param name="path">The path; it need not exist.</param>
    /// <returns>An absolute path of the file system, without a separator at its end.</returns>
    private protected string ResolveLiteral(string path) => new FilePaths(SessionState).Literal(path);

    /// <summary>All paths that a path with wildcards names, or the path itself when it has none.</summary>
    /// <param name="pattern">The path; a name that exists as it stands, brackets and all, is taken literally.</param>
    /// <returns>Absolute paths; none when the wildcards match nothing.</returns>
    private protected IReadOnlyList<string> ResolveWildcards(string pattern) => new FilePaths(SessionState).Matching(pattern);

    /// <summary>
    /// The archives that a path names. Wildcards that match nothing are an error, lest somebody believe that there was
    /// something, and all is well with it.
    /// </summary>
    /// <param name="pattern">The path, with wildcards or without.</param>
    /// <returns>Absolute paths, one at least.</returns>
    private protected IReadOnlyList<string> ResolveArchives(string pattern)
        => ResolveWildcards(pattern) is { Count: > 0 } found ? found : throw ErrorRecords.NoArchiveMatches(pattern);

    /// <summary>All archives that were named. One that cannot be resolved is an error, and the others go on.</summary>
    /// <param name="paths">Paths, with wildcards or without.</param>
    /// <param name="literalPaths">Paths, exactly as written.</param>
    /// <param name="match">What a path names; by default <see cref="ResolveArchives"/>.</param>
    /// <returns>Absolute paths.</returns>
    private protected IReadOnlyList<string> ResolveAll(
        string[] paths, string[] literalPaths, Func<string, IReadOnlyList<string>>? match = null)
    {
        var archives = new List<string>();
        foreach (string path in paths)
            Run(_ => archives.AddRange((match ?? ResolveArchives)(path)));
        foreach (string path in literalPaths)
            Run(_ => archives.Add(ResolveLiteral(path)));
        return archives;
    }

    /// <summary>The one archive that a path names, with wildcards or without.</summary>
    /// <param name="pattern">The path; it need not exist when it has no wildcards.</param>
    /// <returns>An absolute path.</returns>
    /// <exception cref="BackupException">ArchiveNotFound: the wildcards match nothing.</exception>
    private protected string ResolveArchive(string pattern) => ResolveWildcards(pattern) switch
    {
        [var archive] => archive,
        [] => throw ErrorRecords.NoArchiveMatches(pattern),
        var several => throw new UsageException(
            nameof(Messages.ArchiveAmbiguous), Messages.Format(nameof(Messages.ArchiveAmbiguous), pattern, several.Count), pattern),
    };
}
