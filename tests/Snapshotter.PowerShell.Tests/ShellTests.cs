using System.Diagnostics;
using Snapshotter.PowerShell.Tests.Support;

namespace Snapshotter.PowerShell.Tests;

/// <summary>The embedded shell behaves as pwsh does.</summary>
public sealed class ShellTests : IDisposable
{
    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(0, "'fine'")]
    [InlineData(1, "throw 'no'")]
    [InlineData(1, "No-SuchCommand")]
    [InlineData(0, "No-SuchCommand; 'but this'")]
    [InlineData(7, "exit 7")]
    [InlineData(1, "'unfinished' | & {")]
    [InlineData(1, "Get-BackupTar /no/such.tar")]
    [InlineData(0, "# only a comment")]
    public void Command_has_the_exit_code_of_pwsh(int exitCode, string text)
        => Assert.Equal(exitCode, ShellProcess.Run("-Command", text).ExitCode);

    [Theory]
    [InlineData(0, "'fine'")]
    [InlineData(1, "throw 'no'")]
    [InlineData(0, "No-SuchCommand")]
    [InlineData(9, "exit 9")]
    [InlineData(4, "& { exit 4 }; 'never'")]
    [InlineData(1, "if (")]
    public void File_has_the_exit_code_of_pwsh(int exitCode, string text)
    {
        folder.Write("script.ps1", text);
        Assert.Equal(exitCode, ShellProcess.Run("-File", folder["script.ps1"]).ExitCode);
    }

    [Fact]
    public void Arguments_reach_the_script_as_from_pwsh()
    {
        folder.Write("script.ps1", """
            param([string] $Name, [switch] $Fast, [switch] $Slow, [int] $Count, [Parameter(ValueFromRemainingArguments)] $Rest)
            "$Name|$Fast|$Slow|$Count|$($Rest -join ',')|$PSScriptRoot"
            """);
        ShellProcess result = ShellProcess.Run("-File", folder["script.ps1"], "-Name", "it's $x", "-Fast", "-Slow:$false", "-Count:3", "more", "and more");
        Assert.Equal($"it's $x|True|False|3|more,and more|{folder.Root}\n", result.Output);
    }

    [Fact]
    public void Argument_of_the_wrong_type_is_a_failure()
    {
        folder.Write("script.ps1", "param([int] $Count) 'never'");
        ShellProcess result = ShellProcess.Run("-File", folder["script.ps1"], "-Count", "x");
        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        Assert.Contains("Count", result.Error);
    }

    [Theory]
    [InlineData("-NoSuchOption")]
    [InlineData("backup")]
    [InlineData("-File")]
    [InlineData("-Command")]
    [InlineData("-File", "/no/such.ps1")]
    public void Wrong_command_line_is_a_usage_error(params string[] arguments)
    {
        ShellProcess result = ShellProcess.Run(arguments);
        Assert.Equal((64, ""), (result.ExitCode, result.Output));
        Assert.NotEqual("", result.Error);
    }

    [Fact]
    public void Help_says_what_is_missing() => Assert.Contains("no Get-ChildItem", ShellProcess.Run("-Help").Output);

    [Fact]
    public void Version_names_both() => Assert.Matches(@"^snapshotter-shell \d+\.\d+\.\d+ \(PowerShell 7\.", ShellProcess.Run("-Version").Output);

    [Theory]
    [InlineData("'out'; Get-BackupTar /no/such.tar")]
    [InlineData("'out'; throw '/no/such.tar'")]
    public void Errors_go_to_standard_error_without_colours(string text)
    {
        ShellProcess result = ShellProcess.Run("-Command", text);
        Assert.Equal("out\n", result.Output);
        Assert.Contains("/no/such.tar", result.Error);
        Assert.DoesNotContain('\x1b', result.Error + ShellProcess.Run("-Command", "Get-Module").Output);
    }

    [Fact]
    public void Text_comes_from_standard_input_too()
    {
        Assert.Equal("3\n", ShellProcess.RunWith("1 + 2", null, "-Command", "-").Output);
        Assert.Equal("3\n", ShellProcess.RunWith("1 + 2", null).Output);
    }

    [Fact]
    public void Question_is_answered_from_standard_input()
    {
        string script = $"(Initialize-BackupTar '{folder.Archive}' -Confirm).Length";
        Assert.EndsWith("1024\n", ShellProcess.RunWith("y\n", null, "-Command", script).Output);
    }

    [Fact]
    public void Question_without_an_answer_changes_nothing()
    {
        ShellProcess result = ShellProcess.RunWith("", null, "-Command", $"Initialize-BackupTar '{folder.Archive}' -Confirm");
        Assert.Equal(1, result.ExitCode);
        Assert.False(File.Exists(folder.Archive));
    }

    [Fact]
    public void Tables_show_sizes_and_names()
    {
        folder.CreateArchive();
        ShellProcess result = ShellProcess.Run("-Command", $"Backup-Volume -Config '{folder["config.yml"]}' -Archive '{folder.Archive}'");
        Assert.Equal("", result.Error);
        string[] lines = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["Prefix", "Target", "Type", "Entries", "Size", "Duration", "Warnings"], lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Matches($@"^backups/test +{folder["volume1"]} +Directory +4 +7 B +\d+\.\d\d s +0$", lines[2]);

        string[] entries = ShellProcess.Run("-Command", $"Get-BackupTar '{folder.Archive}' -Entry").Output.Split('\n');
        Assert.Contains(entries, line => line.Contains("drwx") && line.EndsWith(" ."));
        Assert.Contains("Created", ShellProcess.Run("-Command", $"Get-BackupTar '{folder.Archive}'").Output.Split('\n')[1]);
        Assert.Contains("Verified", ShellProcess.Run("-Command", $"Test-BackupTar '{folder.Archive}'").Output.Split('\n')[1]);
    }

    [Fact]
    public void Turkish_changes_how_numbers_look_and_nothing_else()
    {
        folder.CreateArchive();
        folder.Write("volume1/I.TXT", new string('x', 1500));
        folder.Write("volume1/i.txt", "small");
        var turkish = new Dictionary<string, string> { ["LC_ALL"] = "tr_TR.UTF-8", ["LANG"] = "tr_TR.UTF-8" };
        string config = folder["config.yml"];
        ShellProcess result = ShellProcess.RunWith(null, turkish, "-Command", $$"""
            [cultureinfo]::CurrentCulture.Name
            Backup-Volume -Config '{{config}}' -Archive '{{folder.Archive}}' -Exclude i.txt -Wait 1.5 | Out-Host
            [IO.File]::WriteAllText('{{folder["volume1/I.TXT"]}}', '')
            Restore-Volume '{{folder.Archive}}' -Config @{ PREFIX = 'backups/test'; VOLUMES = '{{folder["volume1"]}}' } -INCLUDE I.TXT | Out-Null
            Test-BackupTar '{{folder.Archive}}' -Quiet
            """);
        Assert.Equal("", result.Error);
        Assert.StartsWith("tr-TR\n", result.Output);
        Assert.Contains(" 1,47 KiB ", result.Output);
        Assert.EndsWith("True\n", result.Output);
        Assert.Equal(1500, folder.Read("volume1/I.TXT").Length);
    }

    [Fact]
    public void Quick_start_proves_itself()
    {
        ShellProcess result = ShellProcess.Run("-File", Path.Join(Repository.Root, "examples", "quickstart.ps1"), "-Folder", folder["quick start"]);
        Assert.Equal("", result.Error);
        Assert.Equal(0, result.ExitCode);
        Assert.Equal("content of volume 1\n", folder.Read("quick start/volume1/file.txt"));
    }

    [Theory]
    [InlineData("TERM", 143)]
    [InlineData("INT", 130)]
    public void Signal_rolls_back_and_sets_the_exit_code(string signal, int exitCode)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There are no such signals on Windows.");
        folder.CreateArchive();
        string before = folder.Fingerprint();
        using Process shell = ShellProcess.Start(null, "-Command", $$"""
            'ready'
            function Wait-Forever { [CmdletBinding()] param([Parameter(ValueFromPipeline)] $Item) process { while ($true) { [Threading.Thread]::Sleep(10) } } }
            1 | Wait-Forever
            """);
        shell.StandardInput.Close();
        Assert.Equal("ready", shell.StandardOutput.ReadLine());
        using (Process kill = Process.Start("kill", ["-" + signal, shell.Id.ToString()]))
            kill.WaitForExit();
        Assert.Equal(exitCode, ShellProcess.WaitFor(shell).ExitCode);
        Assert.Equal(before, folder.Fingerprint());
    }

    [Fact]
    public void Interrupted_backup_leaves_the_archive_as_it_was()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There are no such signals on Windows.");
        folder.CreateArchive();
        using var held = folder.LockArchive();
        using Process shell = ShellProcess.Start(null, "-Command", $"'ready'; Backup-Volume -Config '{folder["config.yml"]}' -Archive '{folder.Archive}' -Wait 3600");
        shell.StandardInput.Close();
        Assert.Equal("ready", shell.StandardOutput.ReadLine());
        Thread.Sleep(500);
        using (Process kill = Process.Start("kill", ["-TERM", shell.Id.ToString()]))
            kill.WaitForExit();
        Assert.Equal(143, ShellProcess.WaitFor(shell).ExitCode);
        held.Dispose();
        Assert.Equal(new byte[1024], File.ReadAllBytes(folder.Archive));
    }
}
