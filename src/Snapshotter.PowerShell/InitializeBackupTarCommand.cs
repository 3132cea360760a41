using System.Management.Automation;
using Snapshotter.Engine;
using Snapshotter.Engine.Reporting;
using Snapshotter.PowerShell.Arguments;
using Snapshotter.PowerShell.Output;

namespace Snapshotter.PowerShell;

/// <summary>Creates an empty archive.</summary>
[Cmdlet(VerbsData.Initialize, "BackupTar", DefaultParameterSetName = PathSet, SupportsShouldProcess = true,
    ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(FileInfo))]
public sealed class InitializeBackupTarCommand : ArchiveCommand
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

    /// <summary>Replaces a file that exists and is not empty.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>A new file may have brackets in its name, but nobody means a * in one.</summary>
    private protected override IReadOnlyList<string> Match(string pattern) => ResolveWildcards(pattern) switch
    {
        [] when pattern.AsSpan().ContainsAny('*', '?') => throw ErrorRecords.NoArchiveMatches(pattern),
        [] => [ResolveLiteral(WildcardPattern.Unescape(pattern))],
        var found => found,
    };

    /// <inheritdoc/>
    protected override void Work(string archive) => Run(_ =>
    {
        BackupTar.CheckInitialize(archive, Force);
        var file = new FileInfo(archive);
        string action = file.Exists && file.Length > 0
            ? Messages.Format(nameof(Messages.ActionReplace), DisplayText.Size(file.Length))
            : Messages.ActionInitialize;
        if (!ShouldProcess(Shown.Name(archive), action))
            return;
        BackupTar.Initialize(archive, Force);
        foreach (PSObject item in InvokeProvider.Item.Get([archive], force: true, literalPath: true))
        {
            // Every result names its archive, by which it pipes on.
            item.Properties.Add(new PSNoteProperty("Archive", archive));
            Emit(item, () => Messages.Format(nameof(Messages.ToldCreated), archive));
        }
    });
}
