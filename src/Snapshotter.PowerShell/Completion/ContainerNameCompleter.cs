using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using Snapshotter.Docker;

namespace Snapshotter.PowerShell.Completion;

/// <summary>Completes the name of a container. An engine that does not answer at once completes nothing.</summary>
public sealed class ContainerNameCompleter : IArgumentCompleter
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst,
        IDictionary fakeBoundParameters)
    {
        ArgumentNullException.ThrowIfNull(fakeBoundParameters);
        string typed = (wordToComplete ?? "").Trim('\'', '"');
        return Containers(fakeBoundParameters["DockerHost"]?.ToString())
            .Where(container => container.Name.StartsWith(typed, StringComparison.OrdinalIgnoreCase))
            .Select(container => new CompletionResult(
                container.Name, container.Name, CompletionResultType.ParameterValue, $"{container.Name} ({container.State})"))
            .OrNothing(wordToComplete);
    }

    private static IReadOnlyList<ContainerSummary> Containers(string? host)
    {
        try
        {
            using var patience = new CancellationTokenSource(Patience);
            using var engine = DockerEngine.Connect(host);
            return engine.ListAsync(cancellation: patience.Token).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is DockerException or OperationCanceledException)
        {
            return [];
        }
    }
}
