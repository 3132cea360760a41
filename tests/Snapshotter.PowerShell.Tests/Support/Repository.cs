using System.Reflection;

namespace Snapshotter.PowerShell.Tests.Support;

/// <summary>Where the things under test lie.</summary>
internal static class Repository
{
    public static string Root { get; } = Metadata("RepositoryRoot");

    public static string Module => Path.Join(Root, "out", "module", "Snapshotter");

    /// <summary>The PowerShell that .config/dotnet-tools.json pins.</summary>
    public static string Pwsh => Path.Join(Metadata("PowerShell"), OperatingSystem.IsWindows() ? "win" : "unix", "pwsh.dll");

    /// <summary>The manifest of the Pester that runs tests/Pester.</summary>
    public static string Pester => Metadata("Pester");

    public static string Metadata(string key) => typeof(Repository).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;
}
