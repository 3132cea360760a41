using System.Text;
using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Archive;

/// <summary>The directory and the name under which a file really stands, once the symbolic links to it are followed.</summary>
internal sealed class FilePlace : IDisposable
{
    /// <summary>As many as Linux follows.</summary>
    private const int MaxLinks = 40;

    private FilePlace(IDirectory directory, byte[] name)
    {
        Directory = directory;
        Name = name;
    }

    public IDirectory Directory { get; }

    public byte[] Name { get; }

    /// <exception cref="FileSystemException">The file or its directory is not there.</exception>
    public static FilePlace Find(IFileSystem fileSystem, string path)
    {
        for (int links = 0; links < MaxLinks; links++)
        {
            string full = Path.GetFullPath(path);
            string folder = Path.GetDirectoryName(full) ?? full;
            byte[] name = Encoding.UTF8.GetBytes(Path.GetFileName(full));
            var directory = fileSystem.OpenDirectory(folder);
            try
            {
                if (!directory.TryGetStatus(name, out var status) || status.Kind != FileKind.SymbolicLink)
                {
                    return new FilePlace(directory, name);
                }

                if (!fileSystem.MayFollow(directory, status))
                {
                    throw new FileSystemException(
                        FileError.UntrustedLink, "resolve", path, $"the symbolic link '{full}' was made by another user, or can be exchanged by one");
                }

                path = Path.Combine(folder, Encoding.UTF8.GetString(directory.ReadLink(name)));
                directory.Dispose();
            }
            catch
            {
                directory.Dispose();
                throw;
            }
        }

        throw new FileSystemException(FileError.SymbolicLink, "resolve", path, "Too many levels of symbolic links");
    }

    public void Dispose() => Directory.Dispose();
}
