using System.Formats.Tar;
using System.Globalization;
using System.Management.Automation;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Snapshotter.PowerShell.Tests.Support;

namespace Snapshotter.PowerShell.Tests;

/// <summary>
/// Names that hold commands of terminals, line breaks and the like: on every stream, in every table, list, question and
/// progress bar they are shown as escapes, while properties have them as they are.
/// </summary>
public sealed class HostileNamesTests : ModuleTest
{
    private static readonly string[] Pieces =
        ["\u001b]0;FORGED\u0007", "\nFORGED", "\rFORGED", "\u009b31m", "\u007f", "\u202eFORGED", "\u2066", "\u2028FORGED", "\u0085", "a", "\\x1b", "\\"];

    public HostileNamesTests()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such names.");
        Folder.CreateArchive();
        Session.SetVariable("ProgressPreference", ActionPreference.Continue);
    }

    public static TheoryData<int> Seeds => new(Enumerable.Range(1, 6));

    [Theory]
    [MemberData(nameof(Seeds))]
    public void No_name_reaches_the_terminal_as_it_is(int seed)
    {
        try
        {
            Walk(seed);
        }
        finally
        {
            // .NET cannot remove a name that is no text.
            Run("& bash -c 'rm -rf -- *' | Out-Null");
        }
    }

    [Fact]
    public void The_log_of_the_image_is_a_line_for_each_thing_it_tells()
    {
        try
        {
            Forge(new Random(7));
            foreach (string command in new[] { "list", "list -Entry", "list -Json", "test", "restore -Prefix \nFORGED\u001b[31m", "\u001b[31m\nFORGED" })
            {
                // The image sets where modules are; here it is this build's.
                string path = Path.Join(Repository.Root, "image", "entrypoint.ps1");
                string[] words = command.Split(' ');
                string arguments = string.Join(' ', words.Select(word => $"'{word}'"));
                var run = PwshProcess.RunCommand(
                    $"& '{path}' {arguments}{(words[0].Length > 5 && words[0] != "restore" ? "" : $" -Archive '{Folder["hostile.tar"]}'")}",
                    environment: new Dictionary<string, string> { ["PSModulePath"] = Path.GetDirectoryName(Repository.Module)! });
                Assert.True(run.Output.Length + run.Error.Length > 0, command);
                IsSafe(run.Output, command);
                IsSafe(run.Error, command);
            }
        }
        finally
        {
            Run("& bash -c 'rm -rf -- *' | Out-Null");
        }
    }

    private void Walk(int seed)
    {
        var random = new Random(seed);
        string web = $"web{VolumeName(random)}", db = $"db{VolumeName(random)}", log = $"log{VolumeName(random)}";
        foreach (string volume in new[] { web, db })
            Fill(volume, random);
        Folder.Write(log, "a volume that is a file");
        Session.SetVariable("web", Folder[web]);
        Session.SetVariable("db", Folder[db]);
        Session.SetVariable("log", Folder[log]);

        Shows("Backup-Volume -LiteralPath $web, $log -Archive backup.tar -Verbose", atLeast: 2);
        Shows("Backup-Volume -LiteralPath $web, $db -Archive backup.tar -Verbose -KeepLast 1", atLeast: 2);
        Shows("Backup-Volume -LiteralPath $db -Archive backup.tar -Verbose -KeepLast 1");
        Shows("Backup-Volume -LiteralPath $db, $web, $log -Archive backup.tar -KeepLast 1 -WhatIf", atLeast: 0);
        Shows("Backup-Volume -LiteralPath $db, $web, $log -Archive backup.tar -KeepLast 1 -Confirm", atLeast: 0);
        Shows("Backup-Volume -LiteralPath \"$web none\" -Archive backup.tar", atLeast: 0);
        Shows("Backup-Volume \"$web none*\" backup.tar", atLeast: 0);
        Shows("Get-BackupTar backup.tar", atLeast: 4);
        Shows("Get-BackupTar backup.tar -Entry", atLeast: 10);
        Shows("Get-BackupTar \"$web.tar\"", atLeast: 0);
        Shows("Test-BackupTar backup.tar", atLeast: 4);
        Shows("Optimize-BackupTar backup.tar -KeepLast 1 -WhatIf", atLeast: 2);
        Shows("Optimize-BackupTar backup.tar -Generation 3 -Confirm:$false", atLeast: 0);
        Shows("Optimize-BackupTar backup.tar -Prefix $web -KeepLast 1 -Confirm:$false", atLeast: 0);
        Shows("Restore-Volume backup.tar -Prefix volumes", atLeast: 0);
        Shows("Restore-Volume backup.tar -Prefix volumes -WhatIf", atLeast: 0);
        Shows("Restore-Volume backup.tar -Prefix $db -Confirm:$false", atLeast: 0);
        Shows("Restore-Volume backup.tar -Prefix volumes -Confirm:$false -Verbose");
        Shows("Restore-Volume backup.tar -Prefix volumes -Destination $web -Verbose", atLeast: 3);
        Shows("Restore-Volume backup.tar @{ Prefix = 'volumes'; Volumes = $web, $db, \"$web none\" }", atLeast: 0);
        Shows("Restore-Volume backup.tar -Prefix volumes -Volume \"$web none\" -Confirm:$false", atLeast: 0);
        Shows("Initialize-BackupTar \"$web/none/none.tar\"", atLeast: 0);
        Damage();
        Shows("Get-BackupTar backup.tar -Entry", atLeast: 10);
        Shows("Test-BackupTar backup.tar; Test-BackupTar backup.tar | ForEach-Object Errors; Test-BackupTar backup.tar | ForEach-Object { \"$($_.Errors)\" }", atLeast: 4);
        Shows("Restore-Volume backup.tar -Prefix volumes -Volume * -Confirm:$false", atLeast: 0);
        Forge(random);
        Shows("Get-BackupTar hostile.tar", atLeast: 2);
        Shows("Get-BackupTar hostile.tar -Entry", atLeast: 6);
        Shows("Get-BackupTar hostile.tar -Newest | Restore-Volume -Destination d -Verbose -Confirm:$false", atLeast: 0);
        Shows("Test-BackupTar hostile.tar -Verbose", atLeast: 2);
        Shows("Optimize-BackupTar hostile.tar -KeepLast 1 -WhatIf", atLeast: 2);
        Shows("Optimize-BackupTar hostile.tar -Generation 2 -Confirm:$false", atLeast: 0);
        Shows("Restore-Volume hostile.tar -Prefix (Get-BackupTar hostile.tar)[0].Prefix", atLeast: 0);
        Shows("Restore-Volume hostile.tar -Prefix (Get-BackupTar hostile.tar)[0].Prefix -WhatIf", atLeast: 0);
        Shows("Restore-Volume hostile.tar -Prefix none", atLeast: 0);
        Shows("Restore-Volume hostile.tar -Prefix (Get-BackupTar hostile.tar)[0].Prefix -Volume none -Confirm:$false", atLeast: 0);
        Shows("Restore-Volume hostile.tar @{ Prefix = (Get-BackupTar hostile.tar)[0].Prefix; Volumes = '/none' }", atLeast: 0);
        Shows("[Management.Automation.CommandCompletion]::CompleteInput('Restore-Volume hostile.tar -Prefix ', 35, $null).CompletionMatches", atLeast: 0);
        Assert.Contains(web, string.Join('\0', Run("Get-BackupTar backup.tar").Select(row => (string)row.Target)));
    }

    private static string Name(Random random)
    {
        var name = new StringBuilder();
        for (int i = random.Next(1, 5); i > 0; i--)
            name.Append(Pieces[random.Next(Pieces.Length)]);
        return name.ToString();
    }

    /// <summary>The name of a volume; those with control characters are refused, and PowerShell makes a slash of a backslash.</summary>
    private static string VolumeName(Random random) => string.Concat(Name(random).Where(c => !char.IsControl(c) && c is not ('\u2028' or '\\')));

    /// <summary>An archive in the original's format, all of whose names are hostile.</summary>
    private void Forge(Random random)
    {
        using var file = File.Create(Folder["hostile.tar"]);
        using var tar = new TarWriter(file, TarEntryFormat.Pax);
        for (int i = 0; i < 2; i++)
        {
            string prefix = $"p{i}{Name(random)}";
            string target = $"/t{i}{Name(random)}";
            string id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(target)));
            void Add(TarEntryType type, string name, string? link = null, string? content = null)
            {
                var attributes = new Dictionary<string, string> { [$"SCHILY.xattr.user.{Name(random).ReplaceLineEndings("")}"] = "value" };
                var entry = new PaxTarEntry(type, name, type == TarEntryType.Directory ? [] : attributes);
                if (link is not null)
                    entry.LinkName = link;
                if (content is not null)
                    entry.DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content));
                tar.WriteEntry(entry);
            }

            Add(TarEntryType.Directory, $"{prefix}/{id}");
            Add(TarEntryType.RegularFile, $"{prefix}/{id}/file{Name(random)}", content: "content");
            Add(TarEntryType.SymbolicLink, $"{prefix}/{id}/link{Name(random)}", $"to{Name(random)}");
            Add(TarEntryType.HardLink, $"{prefix}/{id}/hard{Name(random)}", $"{prefix}/{id}/none{Name(random)}");
            string quoted = string.Concat(target.Select(c => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}")));
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, $"{prefix}/volumes-data.yml")
            {
                DataStream = new MemoryStream(Encoding.UTF8.GetBytes($"- id: {id}\n  type: dir\n  target: \"{quoted}\"\n")),
            });
        }
    }

    /// <summary>Files, folders, links, a socket (which is warned of) and a name that is no text.</summary>
    private void Fill(string volume, Random random)
    {
        string root = Folder[volume];
        for (int i = 0; i < 12; i++)
            Folder.Write($"{volume}/{i}{Name(random)}", $"content {i}");
        Folder.Write($"{volume}/folder{Name(random)}/file{Name(random)}", "deep");
        File.CreateSymbolicLink(Path.Join(root, $"link{Name(random)}"), $"to{Name(random)}");
        Session.SetVariable("root", root);
        Run("& bash -c 'cd \"$1\" && touch \"$(printf ''raw\\377\\033[31m'')\" && mkfifo \"$(printf ''fifo\\nFORGED'')\"' bash $root");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        string here = Directory.GetCurrentDirectory();
        Directory.SetCurrentDirectory(root);
        try
        {
            // The path of a socket is short.
            socket.Bind(new UnixDomainSocketEndPoint("s\nFORGED\u001b[31m"));
        }
        finally
        {
            Directory.SetCurrentDirectory(here);
        }
    }

    private void Damage()
    {
        byte[] archive = File.ReadAllBytes(Folder.Archive);
        for (int at = archive.AsSpan().IndexOf("content "u8); at >= 0;)
        {
            archive[at] ^= 1;
            int next = archive.AsSpan(at + 1).IndexOf("content "u8);
            at = next < 0 ? -1 : at + 1 + next;
        }

        File.WriteAllBytes(Folder.Archive, archive);
    }

    /// <summary>Runs a script, looks at all that it says, and at its results as a table and as a list.</summary>
    private void Shows(string script, int atLeast = 1)
    {
        Session.Host.Shown.Clear();
        using var shell = Session.Create(script);
        ICollection<PSObject> results = [];
        var shown = new List<string>();
        try
        {
            results = shell.Invoke();
        }
        catch (RuntimeException e)
        {
            shown.Add(Text(e.ErrorRecord));
        }

        shown.AddRange(shell.Streams.Error.Select(Text));
        Assert.True(results.Count >= atLeast, $"{script}: {results.Count} results. {string.Join('\n', shown)}");
        shown.AddRange(shell.Streams.Warning.Select(record => record.Message));
        shown.AddRange(shell.Streams.Verbose.Select(record => record.Message));
        shown.AddRange(shell.Streams.Progress.Select(record => $"{record.Activity} {record.StatusDescription} {record.CurrentOperation}"));
        shown.AddRange(Session.Host.Shown);
        Session.SetVariable("results", results);
        foreach (string view in new[] { "", "| Format-List", "| ForEach-Object { \"$_\" }" })
            shown.Add(string.Join('\n', Run($"$results {view} | Out-String -Width 500").Select(text => (string)text.ToString())));
        Assert.All(shown, text => IsSafe(text, script));
    }

    /// <summary>An error as PowerShell shows it, in both of its ways.</summary>
    private static string Text(ErrorRecord error) => $"{error} {error.CategoryInfo} {error.Exception.Message}";

    private static void IsSafe(string text, string script)
    {
        // What is laid out in lines of its own: tables, lists, questions of several sentences.
        string lines = text.Replace(Environment.NewLine, " | ", StringComparison.Ordinal);
        Assert.False(text.Contains("\nFORGED", StringComparison.Ordinal), $"{script}: {lines}");
        for (int i = 0; i < lines.Length; i++)
        {
            char c = lines[i];
            bool isDangerous = char.IsControl(c) || c is '\u2028' or '\u2029' or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069')
                || (char.IsSurrogate(c) && c is >= '\udc80' and <= '\udcff');
            Assert.False(isDangerous, $"{script}: U+{(int)c:x4} in: ...{lines[Math.Max(0, i - 200)..Math.Min(lines.Length, i + 50)]}");
        }
    }
}
