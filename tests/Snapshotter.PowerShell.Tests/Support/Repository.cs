using System.Reflection;

namespace Snapshotter.PowerShell.Tests.Support;

/// <summary>Where the things under test lie.</summary>
internal static class Repository
{
    public static string Root { get; } = Metadata("RepositoryRoot");

    public static string Module => Path.Join(Root, "out", "module", "Snapshotter");

    public static string Shell => Path.Join(Root, "out", "shell", OperatingSystem.IsWindows() ? "snapshotter-shell.exe" : "snapshotter-shell");

    public static string Metadata(string key) => typeof(Repository).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;
}
