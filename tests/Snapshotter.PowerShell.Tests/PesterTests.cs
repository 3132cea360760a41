using Snapshotter.PowerShell.Tests.Support;

namespace Snapshotter.PowerShell.Tests;

/// <summary>The Pester suite, file by file, each in a PowerShell of its own.</summary>
public sealed class PesterTests(ITestOutputHelper output)
{
    public static TheoryData<string> Files => [.. Directory.EnumerateFiles(Folder, "*.Tests.ps1").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    private static string Folder => Path.Join(Repository.Root, "tests", "Pester");

    [Theory]
    [MemberData(nameof(Files))]
    public void Suite_passes(string file) => AssertPasses(file, null);

    [Fact]
    public void Suite_passes_where_the_module_is_installed_too()
        => AssertPasses("Module.Tests.ps1", new Dictionary<string, string> { ["PSModulePath"] = Path.GetDirectoryName(Repository.Module)! });

    private void AssertPasses(string file, Dictionary<string, string>? environment)
    {
        Assert.True(File.Exists(Repository.Pester), $"Restore first: there is no Pester at {Repository.Pester}.");
        string script = $$"""
            Import-Module '{{Repository.Pester}}'
            $result = Invoke-Pester -Path '{{Path.Join(Folder, file)}}' -Output Detailed -PassThru
            if ($result.Result -ne 'Passed' -or $result.PassedCount -eq 0) { exit 1 }
            """;
        PwshProcess result = PwshProcess.RunCommand(script, environment: environment);
        output.WriteLine(result.Output);
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
    }
}
