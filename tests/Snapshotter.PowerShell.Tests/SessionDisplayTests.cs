using Snapshotter.PowerShell.Tests.Support;

namespace Snapshotter.PowerShell.Tests;

/// <summary>How sessions get to know tables, lists and members, without files that would have to be signed.</summary>
public sealed class SessionDisplayTests : ModuleTest
{
    private const string Shown = "Get-BackupTar backup.tar | Out-String; Get-BackupTar backup.tar | Format-List | Out-String; (Get-BackupTar backup.tar).Newest";

    [Fact]
    public void Public_cmdlets_do_the_same_where_PowerShell_has_changed_inside()
    {
        Folder.CreateArchive();
        Run("Backup-Volume volume1 backup.tar");
        string expected = Text();
        Run("""
            $state = [runspace]::DefaultRunspace.InitialSessionState
            $state.Types.TypeData.TypeName.Where({ $_ -like 'Snapshotter.*' }) | ForEach-Object { Remove-TypeData -TypeName $_ }
            foreach ($i in ($state.Types.Count - 1)..0) { if ($state.Types[$i].TypeData.TypeName -like 'Snapshotter.*') { $state.Types.RemoveItem($i) } }
            foreach ($i in ($state.Formats.Count - 1)..0) { if ($state.Formats[$i].FormatData.TypeName -like 'Snapshotter.*') { $state.Formats.RemoveItem($i) } }
            Update-FormatData
            """);
        Assert.NotEqual(expected, Text());

        Run("""
            $add = (Get-Command Backup-Volume).ImplementingType.Assembly.GetType('Snapshotter.PowerShell.Output.SessionDisplay').GetMethod('Add', [System.Reflection.BindingFlags]'Static, NonPublic')
            $null = $add.Invoke($null, @([runspace]::DefaultRunspace, $false))
            """);
        Assert.Equal(expected, Text());
    }

    [Fact]
    public void Another_module_with_views_comes_and_goes_without_taking_ours_along()
    {
        Folder.CreateArchive();
        Folder.Write("Other/Other.psd1", "@{ ModuleVersion = '1.0'; TypesToProcess = 'Other.Types.ps1xml'; FormatsToProcess = 'Other.Format.ps1xml' }");
        Folder.Write("Other/Other.Types.ps1xml", "<Types><Type><Name>Other</Name><Members><NoteProperty><Name>A</Name><Value>1</Value></NoteProperty></Members></Type></Types>");
        Folder.Write("Other/Other.Format.ps1xml", """
            <Configuration><ViewDefinitions><View><Name>Other</Name><ViewSelectedBy><TypeName>Other</TypeName></ViewSelectedBy>
            <ListControl><ListEntries><ListEntry><ListItems><ListItem><PropertyName>A</PropertyName></ListItem></ListItems></ListEntry></ListEntries></ListControl>
            </View></ViewDefinitions></Configuration>
            """);
        Run("Backup-Volume volume1 backup.tar");
        string expected = Text();
        Run("Import-Module ./Other; Remove-Module Other");
        Assert.Equal(expected, Text());
    }

    [Theory]
    [InlineData("AllSigned")]
    [InlineData("Restricted")]
    public void Execution_policy_lets_the_module_in(string policy)
    {
        if (!OperatingSystem.IsWindows())
        {
            Assert.Skip("Only Windows has execution policies.");
            return;
        }

        Folder.CreateArchive();
        string command = $$"""
            $null = Backup-Volume '{{Folder["volume1"]}}' '{{Folder.Archive}}'
            (Get-BackupTar '{{Folder.Archive}}').Newest
            Get-BackupTar '{{Folder.Archive}}' | Out-Host
            """;
        PwshProcess result = PwshProcess.RunCommand(command, environment: new Dictionary<string, string> { ["PSExecutionPolicyPreference"] = policy });
        Assert.Equal("", result.Error);
        Assert.StartsWith("True\n", result.Output);
        Assert.Contains("Complete Generation Created", result.Output);
    }

    private string Text() => string.Join("\n", Run(Shown).Select(line => $"{line}"));
}
