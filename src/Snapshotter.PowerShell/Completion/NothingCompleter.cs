using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace Snapshotter.PowerShell.Completion;

/// <summary>Completes nothing: for numbers, patterns and times, where PowerShell by itself would offer the files of the folder.</summary>
public sealed class NothingCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst,
        IDictionary fakeBoundParameters) => Enumerable.Empty<CompletionResult>().OrNothing(wordToComplete);
}

/// <summary>An empty answer makes PowerShell offer files.</summary>
internal static class Candidates
{
    /// <summary>The candidates, or when there are none what is typed already: that changes nothing.</summary>
    public static IEnumerable<CompletionResult> OrNothing(this IEnumerable<CompletionResult> candidates, string? typed)
        => candidates.DefaultIfEmpty(new CompletionResult(string.IsNullOrEmpty(typed) ? " " : typed));
}
