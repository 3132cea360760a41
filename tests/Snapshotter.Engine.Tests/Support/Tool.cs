using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace Snapshotter.Engine.Tests.Support;

/// <summary>What a tool left behind when it ended.</summary>
internal sealed record ToolResult(string Command, int ExitCode, byte[] OutputBytes, string Error)
{
    public string Output => Encoding.UTF8.GetString(OutputBytes);

    /// <summary>Output lines without their ends; no empty last line.</summary>
    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Asserts exit code 0.</summary>
    public ToolResult Succeeds()
    {
        if (ExitCode == 127)
        {
            Tool.IsMissing(Regex.Match(Error, @"([\w.-]+): (command )?not found") is { Success: true } named ? named.Groups[1].Value : Command);
        }

        Assert.True(ExitCode == 0, $"{Command} ended with {ExitCode}: {Error}{Output[..Math.Min(Output.Length, 2000)]}");
        return this;
    }

    /// <summary>Asserts exit code 0 and nothing on stderr: no warning either.</summary>
    public ToolResult SucceedsSilently()
    {
        Succeeds();
        Assert.True(Error.Length == 0, $"{Command} warned: {Error}");
        return this;
    }
}

/// <summary>Runs other programs: the oracles the tests compare with.</summary>
internal static class Tool
{
    /// <summary>The packages of Debian that bring them; the list in .ci/run has each.</summary>
    public static Dictionary<string, string> Packages { get; } = new()
    {
        ["bsdtar"] = "libarchive-tools",
        ["chattr"] = "e2fsprogs",
        ["filefrag"] = "e2fsprogs",
        ["getfacl"] = "acl",
        ["getfattr"] = "attr",
        ["lowntfs-3g"] = "ntfs-3g",
        ["lsattr"] = "e2fsprogs",
        ["mkfs.btrfs"] = "btrfs-progs",
        ["mkfs.ext4"] = "e2fsprogs",
        ["mkfs.ntfs"] = "ntfs-3g",
        ["mkfs.xfs"] = "xfsprogs",
        ["mount"] = "mount",
        ["python3"] = "python3",
        ["setfacl"] = "acl",
        ["setfattr"] = "attr",
        ["tar"] = "tar",
        ["umount"] = "mount",
        ["unionfs-fuse"] = "unionfs-fuse",
        ["xfs_io"] = "xfsprogs",
        ["xxhsum"] = "xxhash",
    };

    /// <summary>Ordinary users of Debian do not have the folder of mkfs in their path.</summary>
    static Tool()
    {
        if (!OperatingSystem.IsWindows())
        {
            Environment.SetEnvironmentVariable("PATH", $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin");
        }
    }

    public static ToolResult Run(string name, params string[] arguments) => RunIn(null, name, arguments);

    /// <summary>Runs a tool in a folder (null: the current one).</summary>
    public static ToolResult RunIn(string? folder, string name, params string[] arguments) =>
        RunWithInput(folder, default, name, arguments);

    /// <summary>Runs a tool with the bytes on its standard input.</summary>
    public static ToolResult RunWithInput(string? folder, ReadOnlyMemory<byte> input, string name, params string[] arguments)
    {
        var start = new ProcessStartInfo(name, arguments)
        {
            WorkingDirectory = folder ?? "",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardErrorEncoding = Encoding.UTF8,
            UseShellExecute = false,
            Environment = { ["LC_ALL"] = "C.UTF-8", ["TZ"] = "UTC" },
        };
        using var process = Start(start);
        using var output = new MemoryStream();
        var outputDone = Task.Run(() => process.StandardOutput.BaseStream.CopyTo(output));
        var errorDone = Task.Run(process.StandardError.ReadToEnd);
        try
        {
            process.StandardInput.BaseStream.Write(input.Span);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The tool ended without reading all of it: its exit code tells why.
        }

        process.WaitForExit();
        return Collect(start, process, output, outputDone, errorDone);
    }

    /// <summary>Runs a bash script; further arguments are $1, $2...</summary>
    public static ToolResult Bash(string? folder, string script, params string[] arguments) =>
        RunIn(folder, "bash", ["-euo", "pipefail", "-c", script, "bash", .. arguments]);

    /// <summary>Runs a Python 3 script; further arguments are sys.argv[1], [2]...</summary>
    public static ToolResult Python(string? folder, string script, params string[] arguments) =>
        RunIn(folder, "python3", ["-c", script, .. arguments]);

    /// <summary>Skips the test where these are not installed: for tests that call them in a loop of their own.</summary>
    public static void Require(params string[] names)
    {
        foreach (string name in names)
        {
            var found = RunIn(null, "sh", "-c", $"command -v {name}");
            if (found.ExitCode != 0)
            {
                IsMissing(name);
            }
        }
    }

    /// <summary>
    /// Skips the test, which the totals tell: a new machine need not have every program to compare with. Where CI runs,
    /// which installs them all, it fails.
    /// </summary>
    public static void IsMissing(string name)
    {
        string message = MissingMessage(name);
        Assert.SkipWhen(string.IsNullOrEmpty(Environment.GetEnvironmentVariable("CI")), message);
        Assert.Fail(message);
    }

    public static string MissingMessage(string name) =>
        $"'{name}' is not installed: apt-get install {(Packages.TryGetValue(name, out string? package) ? package : "the package that has it")}";

    private static Process Start(ProcessStartInfo start)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Other programs are compared with where there are those of Unix.");
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            IsMissing(start.FileName);
            throw;
        }
    }

    private static ToolResult Collect(
        ProcessStartInfo start, Process process, MemoryStream output, Task outputDone, Task<string> errorDone)
    {
        // Not async: tests call this from property generators. The tasks end with the process, so nothing is blocked for long.
        Task.WhenAll(outputDone, errorDone).Wait(CancellationToken.None);
        return new ToolResult(
            $"{start.FileName} {string.Join(' ', start.ArgumentList)}", process.ExitCode, output.ToArray(), errorDone.Result);
    }
}
