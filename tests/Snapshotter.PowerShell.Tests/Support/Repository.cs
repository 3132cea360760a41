using System.Reflection;

namespace Snapshotter.PowerShell.Tests.Support;

/// <summary>Where the things under test lie.</summary>
internal static class Repository
{
    public static string Root { get; } = Metadata("RepositoryRoot");

    public static string Module => Path.Join(Root, "out", "module", "Snapshotter");

    /// <summary>The PowerShell that .config/dotnet-tools.json pins; a program of its own where no .NET is installed.</summary>
    public static string Pwsh
    {
        get
        {
            string program = Path.Join(Metadata("PowerShell"), "pwsh.exe");
            return File.Exists(program) ? program : Path.Join(Metadata("PowerShell"), OperatingSystem.IsWindows() ? "win" : "unix", "pwsh.dll");
        }
    }

    /// <summary>The manifest of the Pester that runs tests/Pester.</summary>
    public static string Pester => Metadata("Pester");

    /// <summary>A path that the build recorded. Where the tests were taken to another place, SNAPSHOTTER_TESTS_key has it.</summary>
    public static string Metadata(string key) => Environment.GetEnvironmentVariable($"SNAPSHOTTER_TESTS_{key}")
        ?? typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;
}
