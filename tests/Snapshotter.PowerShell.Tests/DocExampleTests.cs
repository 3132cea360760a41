using System.Text.RegularExpressions;
using Snapshotter.PowerShell.Tests.Support;

namespace Snapshotter.PowerShell.Tests;

/// <summary>Every example of docs/ and docs/cmdlets, each in a folder of its own, in the real PowerShell; those in sh in bash.</summary>
public sealed partial class DocExampleTests : IDisposable
{
    private static readonly string Docs = Path.Join(Repository.Root, "docs");

    /// <summary>Sessions that were recorded, not examples.</summary>
    private static readonly string[] Recorded = ["tour.md"];

    private readonly TestFolder folder = new();

    public static TheoryData<string> Pages =>
    [
        .. Directory.EnumerateFiles(Docs, "*.md", SearchOption.AllDirectories)
            .Where(page => !Recorded.Contains(Path.GetFileName(page)) && Example().IsMatch(Text(page)))
            .Select(page => Path.GetRelativePath(Docs, page).Replace('\\', '/')).Order(StringComparer.Ordinal),
    ];

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Pages))]
    public void Examples_of_a_page_run(string page)
    {
        MatchCollection examples = Example().Matches(Text(Path.Join(Docs, page)));
        int number = 0;
        foreach (Match example in examples)
            folder.Write($"examples/{++number:D2}.{example.Groups["language"].Value}", example.Groups["code"].Value + "\n");
        // Without an engine, and without such containers in it; tests/docker runs these against one.
        string[] expected = page.Contains("ontainer") ? ["DockerUnavailable", "ContainerNotFound"] : [];

        PwshProcess result = PwshProcess.RunCommand($$"""
            $ConfirmPreference = 'None'
            $isCmdlet = '{{page}}'.StartsWith('cmdlets/')
            foreach ($example in Get-ChildItem '{{folder["examples"]}}') {
                $place = New-Item -ItemType Directory (Join-Path '{{folder.Root}}' "at-$($example.BaseName)")
                Set-Location $place
                # The pages speak of /home and the like.
                $home1 = $isCmdlet ? "$place" : "$place/home"
                $null = New-Item -ItemType Directory "$home1/volume1/sub", "$place/srv/host", "$place/tmp"
                foreach ($file in "$home1/volume1/file.txt", "$home1/volume1/sub/deep.txt", "$home1/volume2.txt", "$place/srv/host/volume2.txt") { Set-Content $file $file }
                Set-Content config.yml "prefix: $($isCmdlet ? 'backups/test' : 'volumes/busy_lewin')`nvolumes:`n  - '$home1/volume1'`n  - '$home1/volume2.txt'"
                $null = Initialize-BackupTar backup.tar
                foreach ($generation in 1..3) { $null = Backup-Volume -Config config.yml -Archive backup.tar }
                $text = (Get-Content -Raw $example) -replace '(?<![\w.])/(home|srv|tmp)\b', "$place/`$1"
                $Error.Clear()
                try {
                    if ($example.Extension -eq '.powershell') { $null = & ([scriptblock]::Create($text)) }
                    elseif (-not $IsWindows) {
                        $said = bash -euo pipefail -c $text 2>&1
                        if ($LASTEXITCODE -ne 0) { throw "bash ended with ${LASTEXITCODE}: $said" }
                    }
                }
                catch { "ended early: $($example.Name)" }
                foreach ($failure in $Error) { "FAILED $($example.Name) $failure [$($failure.FullyQualifiedErrorId.Split(',')[0])]".ReplaceLineEndings(' ') }
            }
            'done'
            """);

        string[] lines = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(lines is [.., "done"], result.Output + result.Error);
        Assert.DoesNotContain(lines, line => line.StartsWith("FAILED ", StringComparison.Ordinal) && !expected.Any(id => line.EndsWith($"[{id}]", StringComparison.Ordinal)));
    }

    private static string Text(string path) => File.ReadAllText(path).Replace("\r\n", "\n");

    [GeneratedRegex(@"^```(?<language>powershell|sh)\n(?<code>.*?)\n```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Example();
}
