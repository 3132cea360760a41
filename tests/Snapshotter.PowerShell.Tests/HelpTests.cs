using Snapshotter.PowerShell.Tests.Support;

namespace Snapshotter.PowerShell.Tests;

/// <summary>The pages in docs/cmdlets, and the help made of them.</summary>
public sealed class HelpTests : ModuleTest
{
    private static readonly string Docs = Path.Join(Repository.Root, "docs", "cmdlets");

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

    /// <summary>The manifest has the only address: none, as long as nobody can find the project there.</summary>
    [Fact]
    public void Help_leads_to_this_project_or_nowhere()
    {
        string project = Run("\"$((Get-Module Snapshotter).ProjectUri)\"")[0].ToString();
        foreach (string command in Run("Get-Command -Module Snapshotter").Select(c => (string)c.Name))
        {
            string[] links = [.. Run($"(Get-Help {command}).relatedLinks.navigationLink.uri").Select(uri => (string)uri.ToString()).Where(uri => uri.Length > 0)];
            if (project.Length > 0)
            {
                Assert.Equal(links[0], Run($"(Get-Command {command}).HelpUri")[0].ToString());
                Assert.All(links, link => Assert.StartsWith(project, link));
                continue;
            }

            Assert.Empty(links);
            Assert.Equal("InvalidOperation,Microsoft.PowerShell.Commands.GetHelpCommand", FullErrorId($"Get-Help {command} -Online"));
        }
    }

    [Fact]
    public void Addresses_of_pages_derive_from_that_of_the_project()
    {
        const string Project = "https://project.example/here";
        Directory.CreateDirectory(Folder["docs"]);
        foreach (string page in Directory.EnumerateFiles(Docs, "*.md"))
            File.Copy(page, Path.Join(Folder["docs"], Path.GetFileName(page)));
        Run($"& '{Path.Join(Repository.Root, "build", "New-ModuleHelp.ps1")}' -Docs '{Folder["docs"]}' -Maml '{Folder["help.xml"]}' -ProjectUri {Project}");
        string[] links = [.. System.Text.RegularExpressions.Regex.Matches(Folder.Read("help.xml"), "<maml:uri>(.*?)</maml:uri>").Select(match => match.Groups[1].Value)];
        Assert.Contains($"{Project}/blob/main/docs/cmdlets/Backup-Volume.md", links);
        Assert.Contains($"{Project}/blob/main/docs/config.md", links);
        Assert.All(links, link => Assert.True(File.Exists(Path.Join(Repository.Root, link[$"{Project}/blob/main/".Length..])), link));
    }

    [Fact]
    public void Help_knows_defaults_and_values()
    {
        Assert.Equal("XxHash128", Run("(Get-Help Backup-Volume -Parameter Checksum).defaultValue")[0].ToString());
        Assert.Contains("{XxHash128 | Sha256 | None}", Run("Get-Help Backup-Volume | Out-String -Width 500")[0].ToString());
    }

    [Fact]
    public void Examples_are_apart_and_exclude_is_explained()
    {
        string text = Run("Get-Help Restore-Volume -Examples | Out-String -Width 200")[0].ToString();
        string[] lines = [.. text.Split('\n').Select(line => line.Trim())];
        int[] titles = [.. lines.Index().Where(line => line.Item.StartsWith("--- Example", StringComparison.Ordinal)).Select(line => line.Index)];
        Assert.True(titles.Length > 1);
        Assert.All(titles, title => Assert.Equal("", lines[title - 1]));
        foreach (string parameter in new[] { "Config", "Exclude" })
            Assert.Contains("removed", Run($"Get-Help Restore-Volume -Parameter {parameter} | Out-String -Width 2000")[0].ToString());
    }

    private string FullErrorId(string script)
    {
        using var shell = Session.Create(script);
        try
        {
            shell.Invoke();
            return shell.Streams.Error[0].FullyQualifiedErrorId;
        }
        catch (System.Management.Automation.RuntimeException e)
        {
            return e.ErrorRecord.FullyQualifiedErrorId;
        }
    }

    private static string Text(string path) => File.ReadAllText(path).Replace("\r\n", "\n");
}
