using System.Management.Automation;
using System.Runtime.InteropServices;
using Snapshotter.Docker;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Volumes;
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

    /// <summary>Runs a job of the engine: its progress and warnings go to PowerShell's streams, its failure ends the cmdlet.</summary>
    /// <param name="job">Calls the engine with the reporter given and with <see cref="Cancellation"/>.</param>
    protected void Run(Action<IReporter> job)
    {
        ArgumentNullException.ThrowIfNull(job);
        using var reporter = new CommandReporter(this);
        try
        {
            job(reporter);
        }
        catch (BackupException e)
        {
            ThrowTerminatingError(ErrorRecords.From(e));
        }
        catch (DockerException e)
        {
            ThrowTerminatingError(ErrorRecords.From(e));
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            if (isTerminated)
                Host.SetShouldExit(TerminatedExitCode);
            throw new PipelineStoppedException();
        }
    }

    /// <summary>Reads a configuration. One of a container on another machine names paths over there, which may exist here too.</summary>
    /// <param name="source">What the user gave.</param>
    /// <returns>A configuration whose paths are this machine's.</returns>
    private protected VolumeConfig ReadConfig(ConfigSource source)
    {
        VolumeConfig config = source.Read(ResolveLiteral);
        if (config is ContainerVolumeConfig { Paths: VolumePaths.Remote } remote)
            ThrowTerminatingError(ErrorRecords.RemoteContainer(remote));
        return config;
    }

    /// <summary>A path as the user wrote it, made absolute from <c>$PWD</c>; wildcard characters are part of the name.</summary>
    /// <param name="path">The path; it need not exist.</param>
    /// <returns>An absolute path of the file system, without a separator at its end.</returns>
    protected string ResolveLiteral(string path)
    {
        string full = SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out ProviderInfo provider, out _);
        if (provider.Name != "FileSystem")
            ThrowTerminatingError(ErrorRecords.NotFileSystem(path));
        return Path.TrimEndingDirectorySeparator(full);
    }

    /// <summary>All paths that a path with wildcards names, or the path itself when it has none.</summary>
    /// <param name="pattern">The path; a name with brackets that exists as it stands is taken literally.</param>
    /// <returns>Absolute paths; none when the wildcards match nothing.</returns>
    protected IEnumerable<string> ResolveWildcards(string pattern)
    {
        string literal = ResolveLiteral(WildcardPattern.Unescape(pattern));
        if (!WildcardPattern.ContainsWildcardCharacters(pattern) || Path.Exists(literal))
            return [literal];

        // With force, since a name that begins with a dot is a name like any other.
        return [.. InvokeProvider.Item.Get([pattern], force: true, literalPath: false)
            .Select(item => item.BaseObject).OfType<FileSystemInfo>().Select(info => Path.TrimEndingDirectorySeparator(info.FullName))];
    }
}
