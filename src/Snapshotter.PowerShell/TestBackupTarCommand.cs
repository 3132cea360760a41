using System.Management.Automation;
using Snapshotter.Engine;
using Snapshotter.Engine.Reporting;
using Snapshotter.PowerShell.Arguments;

namespace Snapshotter.PowerShell;

/// <summary>Reads everything in archives back and compares checksums.</summary>
[Cmdlet(VerbsDiagnostic.Test, "BackupTar", DefaultParameterSetName = PathSet)]
[OutputType(typeof(VolumeTestReport), typeof(bool))]
public sealed class TestBackupTarCommand : ArchiveReadingCommand
{
    /// <inheritdoc/>
    [Parameter(ParameterSetName = PathSet, Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArchivePath]
    [Alias("Archive")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public override string[] Path { get; set; } = [];

    /// <inheritdoc/>
    [Parameter(ParameterSetName = LiteralPathSet, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath")]
    [ValidateNotNullOrEmpty]
    public override string[] LiteralPath { get; set; } = [];

    /// <summary>Emits only whether an archive is whole.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <inheritdoc/>
    protected override void Work(string archive) => Run(reporter =>
    {
        if (Quiet)
        {
            WriteObject(IsWhole(archive, reporter));
            return;
        }

        foreach (VolumeTestReport report in BackupTar.Test(archive, Part, reporter, Cancellation))
        {
            WriteObject(report);
            foreach (Notice error in report.Errors)
                WriteError(ErrorRecords.From(error));
            if (report.ErrorCount > report.Errors.Count)
                WriteWarning(Messages.Format(nameof(Messages.MoreErrors), report.ErrorCount - report.Errors.Count, report.Target));
        }
    });

    /// <summary>
    /// A file that is no archive at all is not whole either; one that is not there is an error. Where nothing was tested
    /// nothing is whole, and the error says why.
    /// </summary>
    private bool IsWhole(string archive, IReporter reporter)
    {
        try
        {
            return BackupTar.Test(archive, Part, reporter, Cancellation).All(report => report.Passed);
        }
        catch (BackupException e) when (e.Error is BackupError.ArchiveEmpty or BackupError.ArchiveInvalid)
        {
            WriteVerbose(e.Message);
            return false;
        }
        catch (BackupException e) when (e.Error is BackupError.GenerationNotFound or BackupError.ArchiveUnreadable)
        {
            WriteError(ErrorRecords.From(e));
            return false;
        }
    }
}
