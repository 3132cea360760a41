using System.Management.Automation;
using System.Text.RegularExpressions;
using Snapshotter.PowerShell.Tests.Support;

namespace Snapshotter.PowerShell.Tests;

/// <summary>The engine says what is wrong; what to do is said in the words of whoever called.</summary>
public sealed partial class RemedyTests : ModuleTest
{
    private const string Texts = """
        $remedies = [Snapshotter.PowerShell.Output.Remedies]
        $kind = $remedies.GetMethod('TextOf').GetParameters()[0].ParameterType
        try {
            $remedies::Caller = '{0}'
            foreach ($remedy in [enum]::GetValues($kind)) {
                [pscustomobject]@{ Remedy = "$remedy"; Text = $remedies::TextOf($remedy, '/the target') }
            }
        }
        finally { $remedies::Caller = 'Cmdlet' }
        """;

    [Theory]
    [InlineData("Cmdlet")]
    [InlineData("Image")]
    public void Every_remedy_has_words(string caller)
    {
        foreach (dynamic row in Run(Texts.Replace("{0}", caller)))
        {
            string remedy = row.Remedy, text = row.Text;
            if (remedy == "None")
                Assert.Empty(text);
            else
                Assert.Matches(@"^[A-Z].*[.)]$", text);
        }
    }

    [Fact]
    public void The_image_names_no_cmdlet()
        => Assert.All(Run(Texts.Replace("{0}", "Image")), row => Assert.DoesNotMatch(Cmdlets, (string)row.Text));

    [Fact]
    public void Cmdlets_and_parameters_named_exist()
    {
        string[] names = [.. Run("Get-Command -Module Snapshotter | ForEach-Object { $_.Name; $_.Parameters.Keys.ForEach({ \"-$_\" }) }").Select(n => (string)n.ToString())];
        foreach (dynamic row in Run(Texts.Replace("{0}", "Cmdlet")))
            Assert.All(Names.Matches((string)row.Text).Select(m => m.Value), name => Assert.Contains(name, names));
    }

    [Fact]
    public void An_error_says_what_is_wrong_and_what_to_do()
    {
        ErrorRecord error = Session.Fail("Backup-Volume . missing.tar");

        string path = Folder["missing.tar"];
        Assert.Equal(path, error.TargetObject);
        Assert.Contains($"Initialize-BackupTar -Path '{path}'", error.ErrorDetails.RecommendedAction);
        Assert.DoesNotContain("Initialize-BackupTar", error.Exception.Message);
        Assert.Equal(error.Exception.Message, error.ToString());
        string shown = Run("try { Backup-Volume . missing.tar } catch { $_ | Out-String }")[0].ToString();
        Assert.DoesNotContain("Initialize-BackupTar", Session.Fail("Get-BackupTar missing.tar").ErrorDetails.RecommendedAction);
        Assert.Single(System.Text.RegularExpressions.Regex.Matches(shown, "Initialize-BackupTar"));
    }

    [GeneratedRegex(@"\b[A-Z][a-z]+-(BackupTar|Volume|ContainerVolume)\b")]
    private static partial Regex Cmdlets { get; }

    [GeneratedRegex(@"\b[A-Z][a-z]+-[A-Z][A-Za-z]+|(?<![\w-])-[A-Z][A-Za-z]+")]
    private static partial Regex Names { get; }
}
