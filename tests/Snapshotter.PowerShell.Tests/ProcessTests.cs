using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Snapshotter.PowerShell.Tests.Support;

namespace Snapshotter.PowerShell.Tests;

/// <summary>What only shows in a PowerShell of its own: its streams, its culture, its exit code, signals.</summary>
public sealed class ProcessTests : IDisposable
{
    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Tool_manifest_and_tests_name_one_PowerShell()
    {
        using JsonDocument manifest = JsonDocument.Parse(File.ReadAllText(Path.Join(Repository.Root, ".config", "dotnet-tools.json")));
        string pinned = manifest.RootElement.GetProperty("tools").GetProperty("powershell").GetProperty("version").GetString()!;
        Assert.Equal(pinned, PwshProcess.RunCommand("\"$($PSVersionTable.PSVersion)\"").Output.Trim());
        Assert.Equal(pinned, Regex.Match(typeof(System.Management.Automation.PSObject).Assembly
            .GetCustomAttributes(false).OfType<System.Reflection.AssemblyInformationalVersionAttribute>().Single().InformationalVersion, @"^[\d.]+").Value);
    }

    [Theory]
    [InlineData("Get-BackupTar /no/such.tar")]
    [InlineData("throw '/no/such.tar'")]
    public void Failure_goes_to_standard_error_and_into_the_exit_code(string text)
    {
        PwshProcess result = PwshProcess.RunCommand($"'out'; {text}");
        Assert.Equal((1, "out\n"), (result.ExitCode, result.Output));
        Assert.Contains("/no/such.tar", result.Error);
    }

    [Fact]
    public void Question_without_an_answer_changes_nothing()
    {
        folder.CreateArchive();
        PwshProcess result = PwshProcess.RunCommand($$"""
            $PSDefaultParameterValues = @{ '*:ErrorAction' = 'SilentlyContinue' }
            $null = Backup-Volume '{{folder["volume1"]}}' '{{folder.Archive}}'
            $null = Backup-Volume '{{folder["volume1"]}}' '{{folder.Archive}}'
            $before = (Get-FileHash '{{folder.Archive}}').Hash
            Initialize-BackupTar '{{folder["new.tar"]}}' -Confirm; $Error[0].FullyQualifiedErrorId
            Optimize-BackupTar '{{folder.Archive}}' -KeepLast 1; $Error[0].FullyQualifiedErrorId
            Restore-Volume '{{folder.Archive}}' -Prefix volumes; $Error[0].FullyQualifiedErrorId
            $Error[0].Exception.Message.Contains('\x0a')
            (Get-FileHash '{{folder.Archive}}').Hash -eq $before
            """);
        Assert.Equal(
            ["NobodyToAsk,Snapshotter.PowerShell.InitializeBackupTarCommand", "NobodyToAsk,Snapshotter.PowerShell.OptimizeBackupTarCommand",
                "NobodyToAsk,Snapshotter.PowerShell.RestoreVolumeCommand", "False", "True"],
            result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.False(File.Exists(folder["new.tar"]));
    }

    [Fact]
    public void Turkish_changes_how_numbers_look_and_nothing_else()
    {
        folder.CreateArchive();
        folder.Write("volume1/I.TXT", new string('x', 1500));
        folder.Write("volume1/i.txt", "small");
        var turkish = new Dictionary<string, string> { ["LC_ALL"] = "tr_TR.UTF-8", ["LANG"] = "tr_TR.UTF-8" };
        string config = folder["config.yml"];
        PwshProcess result = PwshProcess.RunCommand(
            $$"""
            [cultureinfo]::CurrentCulture.Name
            Backup-Volume -Config '{{config}}' -Archive '{{folder.Archive}}' -Exclude i.txt -Wait 1.5 | Out-String -Width 300
            [IO.File]::WriteAllText('{{folder["volume1/I.TXT"]}}', '')
            Restore-Volume '{{folder.Archive}}' -Config @{ PREFIX = 'backups/test'; VOLUMES = '{{folder["volume1"]}}' } -INCLUDE I.TXT | Out-Null
            Test-BackupTar '{{folder.Archive}}' -Quiet
            """,
            environment: turkish);
        Assert.Equal("", result.Error);
        Assert.StartsWith("tr-TR\n", result.Output);
        Assert.Contains(" 1,47 KiB ", result.Output);
        Assert.EndsWith("True\n", result.Output);
        Assert.Equal(1500, folder.Read("volume1/I.TXT").Length);
    }

    [Fact]
    public void Quick_start_proves_itself()
    {
        PwshProcess result = PwshProcess.RunFile(Path.Join(Repository.Root, "examples", "quickstart.ps1"), "-Folder", folder["quick start"]);
        Assert.Equal("", result.Error);
        Assert.Equal(0, result.ExitCode);
        Assert.Equal("content of volume 1\n", folder.Read("quick start/volume1/file.txt").ReplaceLineEndings("\n"));
    }

    [Theory]
    [InlineData("TERM", 143)]
    // PowerShell's own answer to Ctrl-C in -Command.
    [InlineData("INT", 1)]
    public void Interrupted_backup_leaves_the_archive_as_it_was(string signal, int exitCode)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There are no such signals on Windows.");
        folder.CreateArchive();
        using var held = folder.LockArchive();
        using Process pwsh = PwshProcess.StartCommand(
            $"'ready'; Backup-Volume -Config '{folder["config.yml"]}' -Archive '{folder.Archive}' -Wait 3600; 'not reached'");
        pwsh.StandardInput.Close();
        Assert.Equal("ready", pwsh.StandardOutput.ReadLine());
        Thread.Sleep(1000);
        using (Process kill = Process.Start("sh", ["-c", $"kill -{signal} {pwsh.Id}"]))
            kill.WaitForExit();
        PwshProcess result = PwshProcess.WaitFor(pwsh);
        Assert.Equal((exitCode, ""), (result.ExitCode, result.Output));
        held.Dispose();
        Assert.Equal(new byte[1024], File.ReadAllBytes(folder.Archive));
    }
}
