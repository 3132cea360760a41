using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Restoring;

/// <summary>
/// Something that is mounted in a volume. What was saved below it is put into it entry by entry, and nothing is removed
/// there: it may be mounted since, and hold what no backup knows.
/// </summary>
/// <param name="place">Where it is mounted, for messages and questions.</param>
/// <param name="names">The names from the volume's root down to it.</param>
/// <param name="kind">What its root is.</param>
internal sealed class NestedMount(string place, IEnumerable<string> names, FileKind kind)
{
    private readonly byte[] path = System.Text.Encoding.UTF8.GetBytes(string.Join('/', names));

    public string Place { get; } = place;

    /// <summary>What its root is.</summary>
    public FileKind Kind { get; } = kind;

    /// <summary>Why nothing can be put into it; null when it can.</summary>
    public string? Problem { get; set; }

    /// <summary>
    /// Opens its root. Not by its path, on which somebody may have put a link meanwhile, but from the volume's root on, name by
    /// name; and only what is mounted.
    /// </summary>
    /// <param name="volume">The volume's root.</param>
    /// <exception cref="FileSystemException">It is not there, or <see cref="FileError.Moved"/>: something else is.</exception>
    public IDirectory OpenDirectory(IDirectory volume)
    {
        var root = volume.OpenBelow(path)!;
        root.GetStatus(out var status);
        return IsMounted(status, root) ? root : throw Moved();
    }

    /// <summary>Opens a file that is mounted by itself, for writing, as <see cref="OpenDirectory"/> does.</summary>
    /// <inheritdoc cref="OpenDirectory"/>
    public IFile OpenFile(IDirectory volume)
    {
        var (parentPath, name) = DirectoryPath.Split(path);
        using var parent = volume.OpenBelow(parentPath);
        var file = (parent ?? volume).OpenFileForWriting(name.Span);
        file.GetStatus(out var status);
        return IsMounted(status, file) ? file : throw Moved();
    }

    private static bool IsMounted(in FileStatus status, IDisposable opened)
    {
        if (status.IsMountRoot == false)
        {
            opened.Dispose();
            return false;
        }

        return true;
    }

    private FileSystemException Moved() => new(FileError.Moved, "open", Place, "nothing is mounted there any more");
}
