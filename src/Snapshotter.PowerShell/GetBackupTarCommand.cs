using System.Management.Automation;
using Snapshotter.Engine;
using Snapshotter.Engine.Reporting;
using Snapshotter.PowerShell.Arguments;

namespace Snapshotter.PowerShell;

/// <summary>Shows what is inside archives: a row per volume per generation, or every entry.</summary>
[Cmdlet(VerbsCommon.Get, "BackupTar", DefaultParameterSetName = PathSet)]
[OutputType(typeof(ArchivedVolume), ParameterSetName = [PathSet, LiteralPathSet])]
[OutputType(typeof(ArchivedEntry), ParameterSetName = [EntrySet, EntryLiteralSet])]
public sealed class GetBackupTarCommand : ArchiveReadingCommand
{
    private const string EntrySet = "Entry";
    private const string EntryLiteralSet = "EntryLiteralPath";

    /// <inheritdoc/>
    [Parameter(ParameterSetName = PathSet, Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = EntrySet, Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArchivePath]
    [Alias("Archive")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public override string[] Path { get; set; } = [];

    /// <inheritdoc/>
    [Parameter(ParameterSetName = LiteralPathSet, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = EntryLiteralSet, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath")]
    [ValidateNotNullOrEmpty]
    public override string[] LiteralPath { get; set; } = [];

    /// <summary>Lists every entry instead.</summary>
    [Parameter(ParameterSetName = EntrySet, Mandatory = true)]
    [Parameter(ParameterSetName = EntryLiteralSet, Mandatory = true)]
    public SwitchParameter Entry { get; set; }

    /// <inheritdoc/>
    protected override void Work(string archive) => Run(reporter =>
    {
        IEnumerable<object> found = Entry
            ? BackupTar.ListEntries(archive, Part, Cancellation)
            : BackupTar.List(archive, Part, reporter, Cancellation);
        foreach (object item in found)
            WriteObject(item);
    });
}
