using System.Security.Cryptography;
using System.Text;

namespace Snapshotter.PowerShell.Tests.Support;

/// <summary>A temporary folder with volumes in it, removed afterwards.</summary>
public sealed class TestFolder : IDisposable
{
    public TestFolder()
    {
        Write("volume1/file.txt", "one");
        Write("volume1/sub/deep.txt", "deep");
        Write("volume2.txt", "two");
        Write("config.yml", $"prefix: backups/test\nvolumes:\n  - '{this["volume1"]}'\n  - '{this["volume2.txt"]}'\n");
    }

    public string Root { get; } = Directory.CreateTempSubdirectory("snapshotter-ps-").FullName;

    public string Archive => this["backup.tar"];

    /// <summary>The absolute path of a name, as the system writes it.</summary>
    public string this[string name] => Path.GetFullPath(Path.Join(Root, name));

    public void Write(string name, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(this[name])!);
        File.WriteAllText(this[name], content);
    }

    public string Read(string name) => File.ReadAllText(this[name]);

    /// <summary>An empty archive.</summary>
    public void CreateArchive() => File.WriteAllBytes(Archive, new byte[1024]);

    /// <summary>Holds the archive as another writer would.</summary>
    public FileStream LockArchive()
    {
        var stream = new FileStream(Archive, FileMode.Open, FileAccess.ReadWrite, OperatingSystem.IsMacOS() ? FileShare.None : FileShare.ReadWrite);
        if (!OperatingSystem.IsMacOS())
            stream.Lock(0, long.MaxValue);
        return stream;
    }

    /// <summary>A text that changes when any byte, name or modification time below the folder does.</summary>
    public string Fingerprint()
    {
        var text = new StringBuilder();
        foreach (var info in new DirectoryInfo(Root).EnumerateFileSystemInfos("*", SearchOption.AllDirectories).OrderBy(i => i.FullName, StringComparer.Ordinal))
        {
            string sum = info is FileInfo { Extension: not ".socket" } file ? Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file.FullName))) : "";
            text.Append(info.FullName).Append(' ').Append(info.LastWriteTimeUtc.Ticks).Append(' ').Append(sum).Append('\n');
        }

        return text.ToString();
    }

    public void Dispose() => Directory.Delete(Root, true);
}
