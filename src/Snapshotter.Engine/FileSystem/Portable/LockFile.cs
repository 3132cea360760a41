namespace Snapshotter.Engine.FileSystem.Portable;

/// <summary>
/// Locks for macOS, where System.IO locks whole files against each other and nothing finer: an empty file in the
/// temporary folder stands for the archive's identity, one for writers, one for readers and movers. It stays there:
/// whoever removed it could take it away under another who has just opened it.
/// </summary>
internal static class LockFile
{
    /// <summary>Null when another holds a conflicting lock. Released by disposing.</summary>
    public static FileStream? TryTake(FileId id, FileLock kind)
    {
        var path = PathOf(id, kind);
        try
        {
            // What is opened for reading only is locked by readers together.
            if (kind == FileLock.Reader)
            {
                using (new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite))
                {
                }
                return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            }
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>True while somebody holds a lock alone. Readers lock together, and are not seen.</summary>
    public static bool IsTaken(FileId id, FileLock kind)
    {
        var path = PathOf(id, kind);
        try
        {
            using var shared = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            return false;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return File.Exists(path);
        }
    }

    private static string PathOf(FileId id, FileLock kind) => Path.Join(
        Path.GetTempPath(), $"snapshotter-{id.Device:x}-{id.Inode:x}-{(kind == FileLock.Writer ? "writer" : "reader")}.lock");
}
