namespace Snapshotter.Benchmarks.Measuring;

/// <summary>Brings a file or tree into the page cache by reading it: all contenders start from memory.</summary>
internal static class PageCache
{
    private static readonly byte[] Buffer = new byte[1024 * 1024];

    public static void Warm(string path)
    {
        if (File.Exists(path))
        {
            Read(path);
            return;
        }

        var options = new EnumerationOptions
        {
            RecurseSubdirectories = true,
            AttributesToSkip = FileAttributes.ReparsePoint,
            IgnoreInaccessible = false,
        };
        foreach (string file in Directory.EnumerateFiles(path, "*", options))
        {
            Read(file);
        }
    }

    /// <summary>
    /// Drops what writing the file left in the page cache. Pages that were written are small, pages read ahead are large:
    /// the file system takes over ten times as long to let go of the former, and an old archive consists of the latter.
    /// </summary>
    public static void Drop(string path)
    {
        Posix.Sync();
        using var file = File.OpenHandle(path);
        Posix.DropCache(file);
    }

    private static void Read(string path)
    {
        using var file = File.OpenHandle(path);
        long offset = 0;
        for (int read; (read = RandomAccess.Read(file, Buffer, offset)) > 0;)
        {
            offset += read;
        }
    }
}
