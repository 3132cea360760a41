using Snapshotter.PowerShell.Tests.Support;

namespace Snapshotter.PowerShell.Tests;

/// <summary>Importing, again and beside others; each in a process of its own, since assemblies stay loaded.</summary>
public sealed class ImportTests
{
    [Fact]
    public void Forced_import_keeps_the_cmdlets()
        => AssertPrints("Backup-Volume Backup-Volume", $$"""
            "$((Get-Command Backup-Volume -Module Snapshotter).Name) $(Import-Module '{{Repository.Module}}' -Force; (Get-Command Backup-Volume -Module Snapshotter).Name)"
            """);

    [Fact]
    public void Removed_module_is_gone_and_comes_back()
        => AssertPrints("0 0 Backup-Volume", $$"""
            Remove-Module Snapshotter
            $left = @(Get-Module).Count
            $commands = @(Get-Command -Module Snapshotter -ListImported).Count
            Import-Module '{{Repository.Module}}'
            "$left $commands $((Get-Command Backup-Volume -Module Snapshotter).Name)"
            """);

    [Fact]
    public void Works_after_being_imported_again()
    {
        using var folder = new TestFolder();
        AssertPrints("1024", $$"""
            Import-Module '{{Repository.Module}}' -Force
            (Initialize-BackupTar '{{folder.Archive}}').Length
            """);
    }

    [Fact]
    public void Other_version_of_a_dependency_does_not_matter()
    {
        using var folder = new TestFolder();
        folder.CreateArchive();
        string other = Repository.Metadata("OtherYamlDotNet");
        Assert.True(File.Exists(other), $"Restore first: {other} is missing.");
        AssertPrints("16.0.0.0 2 True", $$"""
            $assembly = [System.Reflection.Assembly]::LoadFrom('{{other}}')
            $saved = @(Backup-Volume -Config '{{folder["config.yml"]}}' -Archive '{{folder.Archive}}').Count
            $loaded = [AppDomain]::CurrentDomain.GetAssemblies().Where({ $_.GetName().Name -eq 'YamlDotNet' })
            "$($assembly.GetName().Version) $saved $($loaded.Count -eq 2)"
            """);
    }

    private static void AssertPrints(string expected, string script)
    {
        PwshProcess result = PwshProcess.RunCommand(script);
        Assert.Equal("", result.Error);
        Assert.Equal(expected, result.Output.Trim());
    }
}
