using System.Runtime.InteropServices;

namespace Snapshotter.Benchmarks.Measuring;

/// <summary>Brings a file or tree into the page cache by reading it: all contenders start from memory.</summary>
internal static class PageCache
{
    private static readonly byte[] Buffer = new byte[1024 * 1024];

    /// <returns>Bytes read.</returns>
    public static long Warm(string path)
    {
        if (File.Exists(path))
        {
            return Read(path);
        }

        var options = new EnumerationOptions
        {
            RecurseSubdirectories = true,
            AttributesToSkip = FileAttributes.ReparsePoint,
            IgnoreInaccessible = false,
        };
        return Directory.EnumerateFiles(path, "*", options).Sum(Read);
    }

    /// <summary>
    /// Reads the files of a program, with all beside them and the runtime's if it is one of .NET. They are in the page cache,
    /// but the host of a virtual machine may have put aside what lay still while gigabytes were touched.
    /// </summary>
    public static void WarmProgram(Command command)
    {
        if (command.File is not { } file)
        {
            return;
        }

        Read(file);
        string folder = Path.GetDirectoryName(file)!;
        if (Directory.EnumerateFiles(folder, "*.dll").Any())
        {
            Warm(folder);
            Warm(RuntimeEnvironment.GetRuntimeDirectory());
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

    private static long Read(string path)
    {
        using var file = File.OpenHandle(path);
        long offset = 0;
        for (int read; (read = RandomAccess.Read(file, Buffer, offset)) > 0;)
        {
            offset += read;
        }

        return offset;
    }
}
