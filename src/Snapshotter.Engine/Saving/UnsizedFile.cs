using Snapshotter.Engine.Archive;
using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Saving;

/// <summary>A file that says that it is empty and holds more than fits into memory: put aside, to learn how much it is.</summary>
internal static class UnsizedFile
{
    /// <summary>Some of these files have no end.</summary>
    private const long SizeLimit = 1024 * 1024 * 1024;

    /// <summary>Reads a file to its end.</summary>
    /// <exception cref="FileSystemException">It cannot be read, or has no end in sight.</exception>
    public static void Read(IFile file, Spool spool, CancellationToken cancellation)
    {
        byte[] buffer = new byte[256 * 1024];
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            int read = file.Read(buffer, spool.Length);
            spool.Append(buffer.AsSpan(0, read));
            if (read < buffer.Length)
            {
                return;
            }

            if (spool.Length > SizeLimit)
            {
                throw new FileSystemException(
                    FileError.Other, "read", file.DisplayPath, $"it says that it is empty, and has no end after {SizeLimit} bytes");
            }
        }
    }
}
