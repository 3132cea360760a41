using System.Collections.ObjectModel;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;

namespace Snapshotter.PowerShell.Tests.Support;

/// <summary>A host that answers every question with the same choice and counts them.</summary>
internal sealed class TestHost : PSHost
{
    private readonly AnsweringInterface ui = new();

    /// <summary>Questions asked so far.</summary>
    public List<string> Questions => ui.Questions;

    /// <summary>All that was shown to the user, questions, progress and -WhatIf too.</summary>
    public List<string> Shown => ui.Shown;

    /// <summary>The label that is chosen, without its ampersand.</summary>
    public string Answer { set => ui.Answer = value; }

    public override string Name => "TestHost";

    public override Version Version { get; } = new(1, 0);

    public override Guid InstanceId { get; } = Guid.NewGuid();

    public override PSHostUserInterface UI => ui;

    public override CultureInfo CurrentCulture => CultureInfo.CurrentCulture;

    public override CultureInfo CurrentUICulture => CultureInfo.CurrentUICulture;

    public override void SetShouldExit(int exitCode)
    {
    }

    public override void EnterNestedPrompt() => throw new NotSupportedException();

    public override void ExitNestedPrompt() => throw new NotSupportedException();

    public override void NotifyBeginApplication()
    {
    }

    public override void NotifyEndApplication()
    {
    }

    private sealed class AnsweringInterface : PSHostUserInterface
    {
        public List<string> Questions { get; } = [];

        public List<string> Shown { get; } = [];

        public string Answer { get; set; } = "No";

        public override PSHostRawUserInterface? RawUI => null;

        public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice)
        {
            Questions.Add(message);
            Shown.AddRange([caption, message]);
            return choices.ToList().FindIndex(c => c.Label.Replace("&", "") == Answer);
        }

        public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions)
            => throw new NotSupportedException();

        public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName)
            => throw new NotSupportedException();

        public override PSCredential PromptForCredential(
            string caption, string message, string userName, string targetName, PSCredentialTypes allowedCredentialTypes, PSCredentialUIOptions options)
            => throw new NotSupportedException();

        public override string ReadLine() => throw new NotSupportedException();

        public override SecureString ReadLineAsSecureString() => throw new NotSupportedException();

        public override void Write(string value) => Shown.Add(value);

        public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) => Shown.Add(value);

        public override void WriteLine(string value) => Shown.Add(value);

        public override void WriteErrorLine(string value) => Shown.Add(value);

        public override void WriteDebugLine(string message) => Shown.Add(message);

        public override void WriteProgress(long sourceId, ProgressRecord record)
            => Shown.AddRange([record.Activity, record.StatusDescription, record.CurrentOperation ?? ""]);

        public override void WriteVerboseLine(string message) => Shown.Add(message);

        public override void WriteWarningLine(string message) => Shown.Add(message);
    }
}
