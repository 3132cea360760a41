using Snapshotter.PowerShell.Tests.Support;

namespace Snapshotter.PowerShell.Tests;

/// <summary>What people see: tables that fit, and say the most important thing first.</summary>
public sealed class TableTests : IDisposable
{
    private const string LongName = "a-volume-with-quite-a-long-name-as-they-are-under-var-lib-docker/with/the/end.d";
    private const string LongPrefix = "volumes/a-container-with-a-long-name-1";

    private static readonly (string Command, string Heading)[] Tables =
    [
        ("Backup-Volume $volume b.tar -Prefix $prefix", "Complete Warnings Generation Size Duration Target"),
        ("Restore-Volume b.tar -Prefix $prefix -Destination elsewhere", "Complete Warnings Generation Size Path Target"),
        ("Get-BackupTar b.tar", "Complete Generation Created Size Prefix Target"),
        ("Test-BackupTar b.tar", "Passed Errors Generation Size Prefix Target"),
        ("Optimize-BackupTar b.tar -KeepLast 9 -WhatIf", "Stays Generation Created Size Prefix Why"),
        ("Get-BackupTar b.tar -Entry | Where-Object Target", "Mode Owner Size Modified Path"),
    ];

    private readonly TestFolder folder = new();

    /// <summary>A socket that nobody holds any more is closed, and takes its file along.</summary>
    private readonly List<IDisposable> sockets = [];

    public void Dispose()
    {
        sockets.ForEach(socket => socket.Dispose());
        folder.Dispose();
    }

    [Fact]
    public void In_a_pipe_they_have_80_columns() => AssertFits(80, PwshProcess.RunCommand(Script));

    [Theory]
    [InlineData(80)]
    [InlineData(100)]
    [InlineData(120)]
    public void In_a_terminal_they_have_its_columns(int columns)
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("script(1) has other parameters elsewhere.");
            return;
        }

        AssertFits(columns, PwshProcess.RunInTerminal(columns, Script));
    }

    /// <summary>In the console itself, which counts the columns when it fills a row up.</summary>
    [Theory]
    [InlineData("\u30c7\u30fc\u30bf")]
    [InlineData("\ud83d\udc18\ud83d\udc33")]
    [InlineData("\uac00\u0301")]
    public void Wide_characters_take_two_columns(string name)
    {
        string volume = string.Concat(Enumerable.Repeat(name, 12));
        folder.Write($"{volume}/file.txt", "content");
        PwshProcess result = PwshProcess.RunCommand($"""
            [Console]::OutputEncoding = [Text.Encoding]::UTF8
            Set-Location '{folder.Root}'
            $null = Initialize-BackupTar b.tar
            $null = Backup-Volume '{folder[volume]}' b.tar -Prefix '{volume}'
            Get-BackupTar b.tar | Out-Host
            $row = Get-BackupTar b.tar
            'width ' + $Host.UI.RawUI.LengthInBufferCells($row.TargetText) + ' ' + $Host.UI.RawUI.LengthInBufferCells($row.PrefixText)
            """);
        Assert.Equal(0, result.ExitCode);
        string[] lines = result.Output.Split('\n');
        string row = Assert.Single(lines, line => line.StartsWith("True"));
        // Prefix and target, cut and whole at both ends: nothing of a pair or a mark was torn off, nothing wrapped.
        Assert.Equal(2, row.Count(c => c == '\u2026'));
        Assert.DoesNotContain('\ufffd', row);
        Assert.EndsWith(name[^2..], row.TrimEnd());
        string widths = Assert.Single(lines, line => line.StartsWith("width "));
        Assert.All(widths.Split(' ')[1..].Select(int.Parse), width => Assert.InRange(width, 13, 16));
    }

    [Theory]
    [InlineData("0123456789", 10, "0123456789")]
    [InlineData("0123456789", 9, "0123\u20266789")]
    [InlineData("\u30c7\u30c7\u30c7\u30c7\u30c7", 10, "\u30c7\u30c7\u30c7\u30c7\u30c7")]
    [InlineData("\u30c7\u30c7\u30c7\u30c7\u30c7", 9, "\u30c7\u30c7\u2026\u30c7\u30c7")]
    [InlineData("a\ud83d\udc18\ud83d\udc18\ud83d\udc18b", 7, "a\ud83d\udc18\u2026\ud83d\udc18b")]
    [InlineData("a\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301", 8, "\u2026")]
    public void Cuts_fall_between_characters(string text, int columns, string expected)
    {
        using var session = new ModuleSession(folder.Root);
        Assert.Equal(expected, session.Run($"[Snapshotter.PowerShell.Output.DisplayText]::Cut('{text}', {columns})")[0].ToString());
    }

    [Theory]
    [InlineData("Backup-Volume volume1 backup.tar")]
    [InlineData("Restore-Volume backup.tar -Prefix volumes -Destination out")]
    [InlineData("Get-BackupTar backup.tar")]
    [InlineData("Test-BackupTar backup.tar")]
    [InlineData("Optimize-BackupTar backup.tar -KeepLast 9 -WhatIf")]
    [InlineData("Get-BackupTar backup.tar -Entry")]
    public void Headings_are_properties(string command)
    {
        using var session = new ModuleSession(folder.Root);
        folder.CreateArchive();
        session.Run("Backup-Volume volume1 backup.tar");
        string heading = session.Run($"{command} | Out-String -Stream").Select(line => (string)line.ToString()).First(line => line.Contains("Size"));
        foreach (string property in heading.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var row = session.Run($"({command})[0]")[0];
            Assert.NotNull(((System.Management.Automation.PSObject)row).Properties[property]);
        }
    }

    /// <summary>After results of another kind PowerShell makes a list of what is shown by default.</summary>
    [Fact]
    public void Mixed_results_have_the_labels_of_the_tables()
    {
        using var session = new ModuleSession(folder.Root);
        folder.CreateArchive();
        string shown = session.Run("""
            Out-String -Width 200 -InputObject $null
            & {
                Get-Item config.yml
                Backup-Volume volume1 backup.tar
                Get-BackupTar backup.tar
                Test-BackupTar backup.tar
                (Get-BackupTar backup.tar -Entry)[0]
                Optimize-BackupTar backup.tar -KeepLast 1 -WhatIf
            } | Out-String -Width 200
            """)[^1].ToString();
        string[] labels = [.. shown.Split('\n').Where(line => line.Contains(" : ")).Select(line => line.Split(" : ")[0].Trim()).Distinct()];
        Assert.Superset(
            new HashSet<string> { "Archive", "Prefix", "Target", "Size", "Duration", "Created", "Warnings", "Errors", "Newest", "Stays", "Why" },
            labels.ToHashSet());
        Assert.All(labels, label => Assert.DoesNotMatch("Shown|Text|Lines", label));
        Assert.Contains(": 7 B", shown);
    }

    [Theory]
    [InlineData("/home/volume1", "/home/volume1", 20, "/home/volume1")]
    [InlineData("/tmp/try/elsewhere/home/user/volume1", "/home/user/volume1", 24, "/tmp/try/elsewhere/h\u2026me1")]
    [InlineData("/tmp/a-long-way/to/elsewhere/home/user/volume1", "/home/user/volume1", 20, "/tmp/a-\u2026sewhere/h\u2026e1")]
    [InlineData("/home/user/with/a/long/volume1", "/home/user/with/a/long/volume1", 15, "/home/u\u2026volume1")]
    public void Place_below_a_destination_shows_it(string path, string target, int columns, string expected)
    {
        using var session = new ModuleSession(folder.Root);
        string shown = session.Run($"[Snapshotter.PowerShell.Output.DisplayText]::CutBelow('{path}', '{target}', {columns})")[0].ToString();
        Assert.Equal(expected, shown);
    }

    [Fact]
    public void Containers_fit_too()
    {
        using var session = new ModuleSession(folder.Root);
        string table = session.Run($$"""
            $config = [System.Runtime.CompilerServices.RuntimeHelpers]::GetUninitializedObject((Get-Command Get-ContainerVolume).OutputType[0].Type)
            $type = $config.GetType()
            foreach ($pair in @{ ContainerName = '{{LongName}}'; State = 'running'; Prefix = '{{LongPrefix}}' }.GetEnumerator()) {
                $type.GetProperty($pair.Key).SetValue($config, $pair.Value)
            }
            $config | Out-String -Width 80
            """)[0].ToString();
        string[] lines = table.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("State Container Prefix Volumes", string.Join(' ', lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        Assert.Matches("^running +a-volume.*\u2026.*end\\.d +volumes.*\u2026.*-1", lines[2]);
        Assert.All(lines, line => Assert.True(line.Length <= 80));
    }

    [Theory]
    [InlineData("Get-BackupTar backup.tar | Where-Object Newest | Sort-Object Size | ForEach-Object Generation", "2")]
    [InlineData("(Get-BackupTar backup.tar | Measure-Object Size -Sum).Sum", "14")]
    [InlineData("Optimize-BackupTar backup.tar -KeepLast 1 -WhatIf | Where-Object Stays -eq $false | ForEach-Object Generation", "1")]
    [InlineData("Optimize-BackupTar backup.tar -KeepLast 1 -WhatIf | Where-Object Why -contains last | ForEach-Object Generation", "2")]
    [InlineData("(Get-BackupTar backup.tar -Entry | Where-Object Type -eq Directory)[0].Owner -match '^\\d+:\\d+$'", "True")]
    public void Headings_select_and_sort(string command, string expected)
    {
        using var session = new ModuleSession(folder.Root);
        folder.CreateArchive();
        session.Run("Backup-Volume volume1 backup.tar; Backup-Volume volume1 backup.tar");
        Assert.Equal(expected, string.Join(' ', session.Run(command).Select(value => (string)value.ToString())));
    }

    [Fact]
    public void Lists_show_every_warning_and_error()
    {
        using var session = new ModuleSession(folder.Root);
        folder.CreateArchive();
        Listen("volume1/a.socket");
        Listen("volume1/b.socket");
        string saved = Text(session, "Backup-Volume volume1 backup.tar -WarningAction SilentlyContinue | Format-List");
        Assert.Contains("a.socket", saved);
        Assert.Contains("b.socket", saved);

        Damage("one");
        Damage("deep");
        string tested = Text(session, "Test-BackupTar backup.tar -ErrorAction SilentlyContinue | Format-List");
        Assert.Contains("volume1/file.txt", tested);
        Assert.Contains("volume1/sub/deep.txt", tested);
        // The name of the file, not that of its entry, which has a hash in it.
        Assert.DoesNotMatch("[0-9a-f]{64}", tested);
    }

    [Theory]
    [InlineData("Get-BackupTar backup.tar", "7 B")]
    [InlineData("Backup-Volume volume1 backup.tar", " s ")]
    [InlineData("Get-BackupTar backup.tar -Entry", "drwx")]
    [InlineData("Get-BackupTar backup.tar | Format-List", "7 B")]
    public void Constrained_language_shows_all_of_it(string command, string expected)
    {
        using var session = new ModuleSession(folder.Root);
        folder.CreateArchive();
        session.Run("Backup-Volume volume1 backup.tar; $ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'");
        Assert.Contains(expected, Text(session, command));
    }

    private string Script
    {
        get
        {
            folder.Write($"{LongName}/file.txt", "content");
            return $$"""
                Set-Location '{{folder.Root}}'
                $null = Initialize-BackupTar b.tar
                $volume = '{{folder[LongName]}}'; $prefix = '{{LongPrefix}}'
                {{string.Join("\n", Tables.Select(table => $"'table'; {table.Command} | Out-Host"))}}
                """;
        }
    }

    private void AssertFits(int columns, PwshProcess result)
    {
        Assert.Equal(0, result.ExitCode);
        string[] texts = result.Output.Split("table\n")[1..];
        Assert.Equal(Tables.Length, texts.Length);
        foreach (var (text, (command, heading)) in texts.Zip(Tables))
        {
            string[] lines = [.. text.Split('\n').Where(line => line.Length > 0 && !line.StartsWith("What if"))];
            Assert.All(lines, line => Assert.True(line.Length <= columns || line.StartsWith("   "), $"{command}: {line}"));
            Assert.Contains(heading, lines.Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))));
            string[] rows = [.. lines.SkipWhile(line => !line.StartsWith("---")).Skip(1)];
            Assert.NotEmpty(rows);
            if (heading.EndsWith("Target"))
            {
                string row = Assert.Single(rows);
                Assert.Matches("^True +0? ", row);
                string end = row.Split(' ')[^1];
                Assert.EndsWith(LongName[^6..], end);
                Assert.StartsWith(folder.Root[..5], end);
                // All the room there is.
                Assert.InRange(row.Length, columns - 2, columns);
            }
        }
    }

    private static string Text(ModuleSession session, string command) => session.Run($"{command} | Out-String -Width 500")[0].ToString();

    private void Damage(string data)
    {
        byte[] archive = File.ReadAllBytes(folder.Archive);
        // The data of a file begins its block.
        int at = Enumerable.Range(0, archive.Length / 512).Select(block => block * 512)
            .First(block => archive.AsSpan(block).StartsWith(System.Text.Encoding.UTF8.GetBytes(data + '\0')));
        archive[at] ^= 1;
        File.WriteAllBytes(folder.Archive, archive);
    }

    private void Listen(string name)
    {
        var socket = new System.Net.Sockets.Socket(
            System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
        socket.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(folder[name]));
        sockets.Add(socket);
    }
}
