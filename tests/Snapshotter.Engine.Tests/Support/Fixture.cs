namespace Snapshotter.Engine.Tests.Support;

/// <summary>Archives of the .NET and Go projects that lie beside the repository on some machines.</summary>
internal static class Fixture
{
    private static readonly string? root = Find();

    /// <summary>The archive's bytes, or null where there are no fixtures.</summary>
    public static byte[]? Bytes(string name) => root is null ? null : File.ReadAllBytes(Path(name)!);

    /// <summary>The archive's path, or null where there are no fixtures.</summary>
    public static string? Path(string name) => root is null ? null : System.IO.Path.Combine(root, name);

    /// <summary>Paths of all archives in a folder of the fixtures; none where there are no fixtures.</summary>
    public static IEnumerable<string> All(string folder) =>
        root is null ? [] : Directory.EnumerateFiles(System.IO.Path.Combine(root, folder), "*.tar").Order(StringComparer.Ordinal);

    private static string? Find()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(System.IO.Path.Combine(folder, "Snapshotter.sln")))
            folder = System.IO.Path.GetDirectoryName(folder);
        if (folder is null)
            return null;

        string fixtures = System.IO.Path.GetFullPath(System.IO.Path.Combine(folder, "..", "shared", "fixtures"));
        return Directory.Exists(fixtures) ? fixtures : null;
    }
}
