using System.Management.Automation;
using Snapshotter.Engine.Volumes;
using Snapshotter.PowerShell.Completion;

namespace Snapshotter.PowerShell;

/// <summary>A cmdlet that reads archives: which, and which part of them.</summary>
public abstract class ArchiveReadingCommand : SnapshotterCommand
{
    private const string PathSet = "Path";
    private const string LiteralPathSet = "LiteralPath";

    /// <summary>The archives; wildcards are resolved.</summary>
    [Parameter(ParameterSetName = PathSet, Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Arguments.VolumePath]
    [Alias("Archive")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Path { get; set; } = [];

    /// <summary>The archives, exactly as written.</summary>
    [Parameter(ParameterSetName = LiteralPathSet, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath")]
    [ValidateNotNullOrEmpty]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>Only prefixes that match this; * and ? are wildcards.</summary>
    [Parameter]
    [AllowEmptyString]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(PrefixCompleter))]
    public string? Prefix { get; set; }

    /// <summary>Only the newest generation of each prefix.</summary>
    [Parameter]
    public SwitchParameter Newest { get; set; }

    /// <summary>Only the generation with this number.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(GenerationCompleter))]
    public int? Generation { get; set; }

    /// <summary>Reads one archive.</summary>
    /// <param name="archive">Absolute path.</param>
    /// <param name="options">The part to read.</param>
    protected abstract void Read(string archive, ListOptions options);

    /// <inheritdoc/>
    protected sealed override void ProcessRecord()
    {
        IEnumerable<string> archives = ParameterSetName == LiteralPathSet
            ? LiteralPath.Select(ResolveLiteral)
            : Path.SelectMany(ResolveWildcards);
        foreach (string archive in archives)
            Read(archive, new ListOptions { Prefix = Prefix, Newest = Newest, Generation = Generation });
    }
}
