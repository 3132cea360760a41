namespace Snapshotter.Engine.Tests.Support;

/// <summary>A fresh folder for one test, removed with all that is in it.</summary>
internal sealed class TempFolder : IDisposable
{
    public TempFolder() => Path = Directory.CreateTempSubdirectory("snapshotter-").FullName;

    private TempFolder(string path) => Path = path;

    /// <summary>Where names cost next to nothing, if the system has such a place: for very many of them.</summary>
    public static TempFolder InMemory() => Directory.Exists("/dev/shm")
        ? new TempFolder(Directory.CreateDirectory($"/dev/shm/snapshotter-{Guid.NewGuid():N}").FullName)
        : new TempFolder();

    public string Path { get; }

    /// <summary>The path of something in the folder; nothing is created.</summary>
    public string this[params string[] parts] => System.IO.Path.Combine([Path, .. parts]);

    /// <summary>Creates a folder in it (and its parents) and returns the path.</summary>
    public string CreateFolder(params string[] parts) => Directory.CreateDirectory(this[parts]).FullName;

    /// <summary>Writes a file in it, parents created, and returns the path.</summary>
    public string WriteFile(string relativePath, ReadOnlySpan<byte> content)
    {
        string path = this[relativePath];
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return path;
    }

    public string WriteFile(string relativePath, string content) =>
        WriteFile(relativePath, System.Text.Encoding.UTF8.GetBytes(content));

    public void Dispose()
    {
        // rm, because tests leave names that are not UTF-8 and folders without permissions, which Directory.Delete cannot remove.
        if (OperatingSystem.IsWindows())
        {
            var withoutLinks = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
            string path = Engine.FileSystem.Portable.PortablePath.ToNative(Path);
            foreach (string name in Directory.EnumerateFileSystemEntries(path, "*", withoutLinks))
            {
                File.SetAttributes(name, FileAttributes.Normal);
            }

            Directory.Delete(path, recursive: true);
            return;
        }

        Tool.Run("chmod", "-R", "u+rwX", Path);
        Tool.Run("rm", "-rf", Path).Succeeds();
    }
}
