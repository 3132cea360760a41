using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Jobs;

namespace Snapshotter.Engine.Restoring.Preflight;

/// <summary>
/// An empty folder in a directory, in which it is tried what the file system takes. It goes with all in it, and the directory
/// has its time again. One that a killed process left looks like a staging folder that came to nothing, and goes with the next.
/// </summary>
internal sealed class ProbeFolder : IDisposable
{
    private readonly IDirectory parent;
    private readonly FileStatus before;
    private readonly PrivateFolder folder;

    private ProbeFolder(IDirectory parent, in FileStatus before, PrivateFolder folder, IDirectory directory)
    {
        this.parent = parent;
        this.before = before;
        this.folder = folder;
        Directory = directory;
    }

    /// <summary>The open folder.</summary>
    public IDirectory Directory { get; }

    /// <param name="parent">Where it is made; the caller closes it afterwards.</param>
    /// <param name="traits">Who this process is.</param>
    /// <exception cref="FileSystemException">Nothing can be made there.</exception>
    public static ProbeFolder In(IDirectory parent, FileSystemTraits traits)
    {
        parent.GetStatus(out var before);
        PrivateFolder.ForEachLeft(parent, traits, RemoveLeft);
        PrivateFolder? folder = null;
        try
        {
            folder = PrivateFolder.Create(parent);
            folder.Directory.CreateDirectory(StagingFolder.Made, Ownership.OwnerOnly);
            return new ProbeFolder(parent, before, folder, folder.Directory.OpenDirectory(StagingFolder.Made));
        }
        catch
        {
            RemoveQuietly(folder);
            parent.SetTimeQuietly(before);
            throw;
        }
    }

    public void Dispose()
    {
        Directory.Dispose();
        RemoveQuietly(folder);
        parent.SetTimeQuietly(before);
    }

    /// <summary>Beside a file volume no staging folder is ever made that would take it over.</summary>
    private static void RemoveLeft(PrivateFolder folder)
    {
        var listing = folder.Directory.List();
        for (int i = 0; i < listing.Count; i++)
        {
            var name = listing.NameOf(i).Span;
            if (!name.SequenceEqual(PrivateFolder.LockName) && !name.SequenceEqual(StagingFolder.Made))
            {
                return;
            }
        }

        TreeRemover.Remove(folder.Directory, StagingFolder.Made);
        folder.Remove();
    }

    private static void RemoveQuietly(PrivateFolder? folder)
    {
        if (folder is null)
        {
            return;
        }

        try
        {
            TreeRemover.Remove(folder.Directory, StagingFolder.Made);
            folder.Remove();
        }
        catch (FileSystemException)
        {
            // The next restore removes it; no backup takes it for a part of the volume.
            folder.Dispose();
        }
    }
}
