using System.Collections.ObjectModel;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;

namespace Snapshotter.Shell;

/// <summary>
/// The console: results and messages on standard output, errors on standard error, both coloured on a terminal only;
/// questions are answered from standard input.
/// </summary>
internal sealed class ShellUserInterface : PSHostUserInterface
{
    private readonly ShellRawUserInterface raw = new();
    private readonly ProgressLine progress = new();
    private bool showsError;

    public ShellUserInterface()
    {
        if (!SupportsVirtualTerminal)
            PSStyle.Instance.OutputRendering = OutputRendering.PlainText;
    }

    public override PSHostRawUserInterface RawUI => raw;

    public override bool SupportsVirtualTerminal { get; } =
        !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    public void ClearProgress() => progress.Clear();

    public IDisposable WriteToStandardError()
    {
        showsError = true;
        return new Scope(() => showsError = false);
    }

    public override void Write(string value)
    {
        progress.Clear();
        if (showsError)
            WriteErrorLine(value);
        else
            Console.Out.Write(GetOutputString(value, SupportsVirtualTerminal));
    }

    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) => Write(value);

    public override void WriteLine(string value) => Write(value + Environment.NewLine);

    public override void WriteDebugLine(string message) => WriteMessage(PSStyle.Instance.Formatting.Debug, "DEBUG: " + message);

    public override void WriteVerboseLine(string message) => WriteMessage(PSStyle.Instance.Formatting.Verbose, "VERBOSE: " + message);

    public override void WriteWarningLine(string message) => WriteMessage(PSStyle.Instance.Formatting.Warning, "WARNING: " + message);

    public override void WriteErrorLine(string value)
    {
        progress.Clear();
        bool coloured = SupportsVirtualTerminal && !Console.IsErrorRedirected;
        Console.Error.WriteLine(GetOutputString(PSStyle.Instance.Formatting.Error + value.TrimEnd() + PSStyle.Instance.Reset, coloured));
    }

    public override void WriteProgress(long sourceId, ProgressRecord record) => progress.Show(record);

    public override string ReadLine()
    {
        progress.Clear();
        return Console.In.ReadLine() ?? throw new HostException("The input ended where an answer was needed.");
    }

    public override SecureString ReadLineAsSecureString()
    {
        var secret = new SecureString();
        foreach (char c in ReadLine())
            secret.AppendChar(c);
        return secret;
    }

    public override Dictionary<string, PSObject> Prompt(
        string caption, string message, Collection<FieldDescription> descriptions)
    {
        WriteCaption(caption, message);
        var answers = new Dictionary<string, PSObject>();
        foreach (FieldDescription field in descriptions)
        {
            Write(field.Name + ": ");
            answers[field.Name] = PSObject.AsPSObject(ReadLine());
        }

        return answers;
    }

    public override int PromptForChoice(
        string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice)
    {
        WriteCaption(caption, message);
        string[] keys = [.. choices.Select(Key)];
        while (true)
        {
            for (int i = 0; i < choices.Count; i++)
                Write($"[{keys[i]}] {choices[i].Label.Replace("&", "", StringComparison.Ordinal)}  ");
            Write(defaultChoice >= 0 ? $"(default is \"{keys[defaultChoice]}\"): " : ": ");
            string answer = ReadLine().Trim();
            if (answer.Length == 0 && defaultChoice >= 0)
                return defaultChoice;
            int chosen = Array.FindIndex(keys, k => k.Equals(answer, StringComparison.OrdinalIgnoreCase));
            if (chosen < 0)
                chosen = choices.ToList().FindIndex(c => PlainLabel(c).Equals(answer, StringComparison.OrdinalIgnoreCase));
            if (chosen >= 0)
                return chosen;
        }
    }

    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName)
        => throw new HostException("This shell does not ask for credentials.");

    public override PSCredential PromptForCredential(
        string caption, string message, string userName, string targetName, PSCredentialTypes allowedCredentialTypes,
        PSCredentialUIOptions options)
        => throw new HostException("This shell does not ask for credentials.");

    private static string PlainLabel(ChoiceDescription choice) => choice.Label.Replace("&", "", StringComparison.Ordinal);

    /// <summary>The letter after the ampersand, or the whole label.</summary>
    private static string Key(ChoiceDescription choice)
    {
        int mark = choice.Label.IndexOf('&', StringComparison.Ordinal);
        return mark >= 0 && mark + 1 < choice.Label.Length
            ? choice.Label[mark + 1].ToString().ToUpper(CultureInfo.InvariantCulture)
            : choice.Label;
    }

    private void WriteCaption(string caption, string message)
    {
        if (!string.IsNullOrEmpty(caption))
            WriteLine(caption);
        if (!string.IsNullOrEmpty(message))
            WriteLine(message);
    }

    private void WriteMessage(string style, string message) => WriteLine(style + message + PSStyle.Instance.Reset);

    private sealed class Scope(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
