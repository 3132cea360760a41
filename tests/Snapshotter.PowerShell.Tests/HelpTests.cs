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

    [Fact]
    public void Help_leads_to_the_pages_and_knows_defaults_and_values()
    {
        string project = Run("(Get-Module Snapshotter).ProjectUri")[0].ToString();
        foreach (string command in Run("Get-Command -Module Snapshotter").Select(c => (string)c.Name))
        {
            string page = $"{project}/blob/main/docs/cmdlets/{command}.md";
            Assert.Equal(page, Run($"(Get-Command {command}).HelpUri")[0].ToString());
            string[] links = [.. Run($"(Get-Help {command}).relatedLinks.navigationLink.uri").Select(uri => (string)uri.ToString())];
            Assert.Equal(page, links[0]);
            Assert.All(links, link => Assert.True(File.Exists(Path.Join(Repository.Root, link[$"{project}/blob/main/".Length..])), link));
        }

        Assert.Equal("XxHash128", Run("(Get-Help Backup-Volume -Parameter Checksum).defaultValue")[0].ToString());
        Assert.Contains("{XxHash128 | Sha256 | None}", Run("Get-Help Backup-Volume | Out-String -Width 500")[0].ToString());
    }

    private static string Text(string path) => File.ReadAllText(path).Replace("\r\n", "\n");
}
