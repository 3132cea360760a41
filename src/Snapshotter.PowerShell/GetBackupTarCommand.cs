using System.Management.Automation;
using Snapshotter.Engine;
using Snapshotter.Engine.Volumes;

namespace Snapshotter.PowerShell;

/// <summary>Shows what is inside archives: a row per volume per generation, or every entry.</summary>
[Cmdlet(VerbsCommon.Get, "BackupTar", DefaultParameterSetName = "Path")]
[OutputType(typeof(ArchivedVolume), typeof(ArchivedEntry))]
public sealed class GetBackupTarCommand : ArchiveReadingCommand
{
    /// <summary>Lists the entries of the volumes instead.</summary>
    [Parameter]
    public SwitchParameter Entry { get; set; }

    /// <inheritdoc/>
    protected override void Read(string archive, ListOptions options) => Run(reporter =>
    {
        IEnumerable<object> found = Entry
            ? BackupTar.ListEntries(archive, options, Cancellation)
            : BackupTar.List(archive, options, reporter, Cancellation);
        foreach (object item in found)
            WriteObject(item);
    });
}
