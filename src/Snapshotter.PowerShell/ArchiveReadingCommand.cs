using System.Management.Automation;
using Snapshotter.Engine.Jobs;
using Snapshotter.PowerShell.Completion;

namespace Snapshotter.PowerShell;

/// <summary>A cmdlet that reads archives: which part of them.</summary>
public abstract class ArchiveReadingCommand : ArchiveCommand
{
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

    /// <summary>The part to read.</summary>
    private protected ListOptions Part => new() { Prefix = Prefix, Newest = Newest, Generation = Generation };
}
