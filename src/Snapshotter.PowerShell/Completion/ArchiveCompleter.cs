using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Language;
using Snapshotter.Engine;
using Snapshotter.Engine.Reporting;
using Snapshotter.PowerShell.Arguments;
using Snapshotter.PowerShell.Output;

namespace Snapshotter.PowerShell.Completion;

/// <summary>
/// Completes from the archive named on the same command line. An archive that cannot be read completes nothing: a
/// completion must never be what fails.
/// </summary>
public abstract class ArchiveCompleter : IArgumentCompleter
{
    private static readonly string[] ArchiveParameters = ["Archive", "Path", "LiteralPath"];

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst,
        IDictionary fakeBoundParameters)
    {
        ArgumentNullException.ThrowIfNull(fakeBoundParameters);
        string typed = (wordToComplete ?? "").Trim('\'', '"');
        return Volumes(fakeBoundParameters, parameterName == "Prefix")
            .Select(volume => (Text: TextOf(volume), ToolTip: ToolTipOf(volume)))
            .Where(candidate => IsMeant(candidate.Text, typed))
            .DistinctBy(candidate => candidate.Text)
            .Select(candidate => new CompletionResult(
                Quote(candidate.Text), candidate.Text.Length > 0 ? Shown.Name(candidate.Text) : "''",
                CompletionResultType.ParameterValue, candidate.ToolTip))
            .OrNothing(wordToComplete);
    }

    /// <summary>Whether a value may be what was begun to be typed.</summary>
    /// <param name="text">The value.</param>
    /// <param name="typed">What was typed.</param>
    /// <returns>True for a candidate.</returns>
    protected virtual bool IsMeant(string text, string typed)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.StartsWith(typed, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The value that a volume gives.</summary>
    /// <param name="volume">A volume in the archive.</param>
    /// <returns>The text to complete.</returns>
    protected abstract string TextOf(ArchivedVolume volume);

    /// <summary>What the value stands for.</summary>
    /// <param name="volume">A volume in the archive.</param>
    /// <returns>A line for the tool tip.</returns>
    protected virtual string ToolTipOf(ArchivedVolume volume)
    {
        ArgumentNullException.ThrowIfNull(volume);
        return $"{Shown.Name(volume.Prefix)} {DisplayText.Time(volume.Created)}";
    }

    private static IEnumerable<ArchivedVolume> Volumes(IDictionary parameters, bool ofAllPrefixes)
    {
        string? archive = ArchiveParameters.Select(name => FirstText(parameters[name])).FirstOrDefault(text => text is not null);
        IEnumerable<ArchivedVolume> volumes = archive is null ? [] : FullPaths(archive).SelectMany(path => Try(() => BackupTar.List(path, reporter: Engine.Reporting.SilentReporter.Instance)));
        return !ofAllPrefixes && FirstText(parameters["Prefix"]) is { } prefix ? volumes.Where(v => v.Prefix == prefix) : volumes;
    }

    private static IEnumerable<T> Try<T>(Func<IEnumerable<T>> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is BackupException or RuntimeException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static string? FirstText(object? value) => value switch
    {
        string text => text,
        FileSystemInfo info => FilePaths.Mark(info.FullName),
        PSObject wrapped => FirstText(wrapped.BaseObject),
        IList { Count: > 0 } list => FirstText(list[0]),
        _ => null,
    };

    /// <summary>From $PWD, as the cmdlet itself would; a completer is given no session state.</summary>
    private static IEnumerable<string> FullPaths(string pattern) => Try(() =>
    {
        using var shell = System.Management.Automation.PowerShell.Create(RunspaceMode.CurrentRunspace);
        SessionState session = shell.AddScript("$ExecutionContext.SessionState").Invoke<SessionState>()[0];
        return new FilePaths(session).Matching(pattern).Where(File.Exists);
    });

    /// <summary>The text as an argument. Characters that must not reach the terminal are typed as escapes.</summary>
    private static string Quote(string text)
    {
        if (text.Length > 0 && text.All(c => char.IsLetterOrDigit(c) || c is '/' or '.' or '-' or '_' or ':' or '\\'))
            return text;
        return Shown.Line(text) == text
            ? $"'{CodeGeneration.EscapeSingleQuotedStringContent(text)}'"
            : $"\"{string.Concat(text.Select(Escaped))}\"";
    }

    private static string Escaped(char c) => char.IsAsciiLetterOrDigit(c) || c is ' ' or '/' or '.' or '-' or '_' or ':'
        ? c.ToString()
        : string.Create(CultureInfo.InvariantCulture, $"$([char]0x{(int)c:x4})");
}

/// <summary>Completes a prefix.</summary>
public sealed class PrefixCompleter : ArchiveCompleter
{
    /// <inheritdoc/>
    protected override string TextOf(ArchivedVolume volume) => volume?.Prefix ?? "";
}

/// <summary>Completes the target of a volume.</summary>
public sealed class VolumeCompleter : ArchiveCompleter
{
    /// <inheritdoc/>
    protected override string TextOf(ArchivedVolume volume) => volume?.Target ?? "";

    /// <summary>The beginnings of targets are alike: what tells them apart is the last name, or one on the way.</summary>
    protected override bool IsMeant(string text, string typed)
        => base.IsMeant(text, typed) || $"/{text?.Replace('\\', '/')}".Contains($"/{typed}", StringComparison.OrdinalIgnoreCase);
}

/// <summary>Completes the number of a generation.</summary>
public sealed class GenerationCompleter : ArchiveCompleter
{
    /// <inheritdoc/>
    protected override string TextOf(ArchivedVolume volume)
        => volume?.Generation.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "";
}
