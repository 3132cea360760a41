using System.Management.Automation;
using Snapshotter.Engine;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Volumes;

namespace Snapshotter.PowerShell;

/// <summary>Reads everything in archives back and compares checksums.</summary>
[Cmdlet(VerbsDiagnostic.Test, "BackupTar", DefaultParameterSetName = "Path")]
[OutputType(typeof(VolumeTestReport), typeof(bool))]
public sealed class TestBackupTarCommand : ArchiveReadingCommand
{
    /// <summary>Emits only whether an archive is whole.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <inheritdoc/>
    protected override void Read(string archive, ListOptions options) => Run(reporter =>
    {
        if (Quiet)
        {
            WriteObject(IsWhole(archive, options, reporter));
            return;
        }

        foreach (VolumeTestReport report in BackupTar.Test(archive, options, reporter, Cancellation))
            WriteObject(report);
    });

    /// <summary>
    /// A file that is no archive at all is not whole either; one that is not there is an error. Where nothing was tested
    /// nothing is whole, and the error says why.
    /// </summary>
    private bool IsWhole(string archive, ListOptions options, IReporter reporter)
    {
        try
        {
            return BackupTar.Test(archive, options, reporter, Cancellation).All(report => report.Passed);
        }
        catch (BackupException e) when (e.Error is BackupError.ArchiveEmpty or BackupError.ArchiveInvalid)
        {
            WriteVerbose(e.Message);
            return false;
        }
        catch (BackupException e) when (e.Error == BackupError.GenerationNotFound)
        {
            WriteError(ErrorRecords.From(e));
            return false;
        }
    }
}
