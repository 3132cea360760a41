using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Restoring;

/// <summary>A directory that names are moved to, with a folder in it for what must be made first: it comes with the first use.</summary>
/// <param name="directory">The directory; stays open.</param>
internal sealed class MovePlace(IDirectory directory) : IDisposable
{
    private PrivateFolder? folder;

    public IDirectory Directory { get; } = directory;

    /// <summary>What is made has this name there, one at a time.</summary>
    public static ReadOnlySpan<byte> Name => AtomicFile.Name;

    /// <summary>Where nobody else can exchange a name.</summary>
    public IDirectory Aside => (folder ??= PrivateFolder.Create(Directory)).Directory;

    public void Dispose()
    {
        if (folder is null)
        {
            return;
        }

        try
        {
            TreeRemover.Remove(folder.Directory, Name);
            folder.Remove();
        }
        catch (FileSystemException)
        {
            // The next restore removes it; no backup takes it for a part of the volume.
            folder.Dispose();
        }

        folder = null;
    }
}
