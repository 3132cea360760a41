using System.Text.RegularExpressions;
using Snapshotter.PowerShell.Tests.Support;

namespace Snapshotter.PowerShell.Tests;

/// <summary>The pages in docs/cmdlets, and the help made of them.</summary>
public sealed partial class HelpTests : ModuleTest
{
    private static readonly string Docs = Path.Join(Repository.Root, "docs", "cmdlets");

    public HelpTests()
    {
        Folder.CreateArchive();
        for (int i = 0; i < 3; i++)
            Run("Backup-Volume -Config config.yml -Archive backup.tar");
    }

    public static TheoryData<string, string> Examples()
    {
        var examples = new TheoryData<string, string>();
        foreach (string page in Directory.EnumerateFiles(Docs, "*.md"))
        {
            foreach (Match example in ExampleCode().Matches(File.ReadAllText(page)))
                examples.Add(Path.GetFileNameWithoutExtension(page), example.Groups["code"].Value);
        }

        return examples;
    }

    /// <summary>Run build/New-ModuleHelp.ps1 when this fails.</summary>
    [Fact]
    public void Pages_and_help_agree_with_the_cmdlets()
    {
        Directory.CreateDirectory(Folder["docs"]);
        foreach (string page in Directory.EnumerateFiles(Docs, "*.md"))
            File.Copy(page, Path.Join(Folder["docs"], Path.GetFileName(page)));
        Run($"& '{Path.Join(Repository.Root, "build", "New-ModuleHelp.ps1")}' -Docs '{Folder["docs"]}' -Maml '{Folder["help.xml"]}'");

        foreach (string page in Directory.EnumerateFiles(Docs, "*.md"))
            Assert.Equal(Text(page), Text(Path.Join(Folder["docs"], Path.GetFileName(page))));
        Assert.Equal(Text(Path.Join(Repository.Root, "module", "en-US", "Snapshotter.PowerShell.dll-Help.xml")), Text(Folder["help.xml"]));
    }

    [Fact]
    public void Every_cmdlet_has_a_page_and_help()
    {
        var commands = Run("Get-Command -Module Snapshotter").Select(c => (string)c.Name).ToList();
        Assert.Equal(commands.Order(), Directory.EnumerateFiles(Docs, "*.md").Select(Path.GetFileNameWithoutExtension).Order());
        foreach (string command in commands)
        {
            var help = Run($"Get-Help {command} -Full")[0];
            Assert.NotEqual("", ((string)help.Synopsis).Trim());
            Assert.DoesNotContain(command, (string)help.Synopsis);
        }
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void Example_runs(string page, string code)
    {
        // The bare engine has no Get-ChildItem; all else is as in the example.
        using var shell = Session.Create($"function Get-ChildItem($Path) {{ $ExecutionContext.InvokeProvider.Item.Get($Path) }}\n{code}");
        string[] expected = page == "Get-ContainerVolume" ? ["DockerUnavailable", "ContainerNotFound"] : [];
        try
        {
            shell.Invoke();
            Assert.Empty(shell.Streams.Error.Select(e => e.FullyQualifiedErrorId.Split(',')[0]).Except(expected));
        }
        catch (System.Management.Automation.RuntimeException e) when (expected.Contains(e.ErrorRecord.FullyQualifiedErrorId.Split(',')[0]))
        {
            // There is no Docker engine here, or it has no such container.
        }
    }

    private static string Text(string path) => File.ReadAllText(path).Replace("\r\n", "\n");

    [GeneratedRegex(@"### Example [^\n]*\n\n```powershell\n(?<code>.*?)\n```", RegexOptions.Singleline)]
    private static partial Regex ExampleCode();
}
