namespace Snapshotter.Engine.FileSystem;

/// <summary>
/// A file that takes its place in one step: written in a <see cref="PrivateFolder"/> beside it, given its metadata through
/// the handle by which it was made, flushed, and renamed. Until then the place is as it was; disposed without that, nothing
/// is left. What a killed process leaves is removed by the next: see <see cref="RemoveLeftovers"/>.
/// </summary>
internal sealed class AtomicFile : IDisposable
{
    private const int OwnerOnly = 0x180; // rw-------

    private readonly IDirectory parent;
    private readonly PrivateFolder folder;
    private bool isPlaced;

    private AtomicFile(IDirectory parent, PrivateFolder folder, IFile file)
    {
        this.parent = parent;
        this.folder = folder;
        File = file;
    }

    /// <summary>The file, empty at first; closed by <see cref="Dispose"/>.</summary>
    public IFile File { get; }

    /// <summary>Its name while it is written.</summary>
    public static ReadOnlySpan<byte> Name => "file"u8;

    /// <summary>Makes an empty file, with the mode 0600 until it is given another.</summary>
    /// <param name="parent">The directory that the file is to stand in.</param>
    public static AtomicFile Create(IDirectory parent)
    {
        var folder = PrivateFolder.Create(parent);
        try
        {
            return new AtomicFile(parent, folder, folder.Directory.CreateFile(Name, OwnerOnly));
        }
        catch
        {
            Quietly(folder.Remove);
            throw;
        }
    }

    /// <summary>Flushes the file and renames it over whatever file stands at its place.</summary>
    /// <param name="name">Its name in the directory.</param>
    /// <param name="durable">False leaves out the flushes.</param>
    public void PutInPlace(ReadOnlySpan<byte> name, bool durable)
    {
        if (durable)
        {
            File.Flush();
        }

        folder.Directory.Rename(Name, parent, name);
        isPlaced = true;
        if (durable)
        {
            parent.Flush();
        }
    }

    public void Dispose()
    {
        // On Windows what is open cannot be removed from a folder that goes at once.
        File.Dispose();
        if (!isPlaced)
        {
            Quietly(() => folder.Directory.RemoveFile(Name));
        }

        Quietly(folder.Remove);
    }

    /// <summary>
    /// Removes what killed processes left in a directory. What is not ours, is in use, or is the folder of a restore stays, and
    /// what cannot be looked at or removed does no harm: it stays as well.
    /// </summary>
    public static void RemoveLeftovers(IDirectory parent, FileSystemTraits traits) =>
        PrivateFolder.ForEachLeft(parent, traits, folder => TryRemove(folder));

    /// <summary>Removes a folder that a killed process left. False when it is none of this kind: then it stays.</summary>
    public static bool TryRemove(PrivateFolder folder)
    {
        if (!HoldsAtMostAFile(folder.Directory))
        {
            return false;
        }

        if (folder.Directory.TryGetStatus(Name, out var status))
        {
            if (status.Kind == FileKind.Directory)
            {
                // Made to be moved to, and nothing was yet.
                folder.Directory.RemoveDirectory(Name);
            }
            else
            {
                folder.Directory.RemoveFile(Name);
            }
        }

        folder.Remove();
        return true;
    }

    /// <summary>True for a folder in which a file is being written.</summary>
    public static bool IsFolderOfOne(IDirectory folder) => HoldsAtMostAFile(folder) && folder.TryGetStatus(Name, out _);

    /// <summary>Nothing but what is made in such a folder: its lock, and a file, or a directory that nothing was moved to yet.</summary>
    public static bool HoldsAtMostAFile(IDirectory folder)
    {
        var listing = folder.List();
        for (int i = 0; i < listing.Count; i++)
        {
            var name = listing.NameOf(i).Span;
            if (!name.SequenceEqual(PrivateFolder.LockName) && !name.SequenceEqual(Name))
            {
                return false;
            }
        }

        if (!folder.TryGetStatus(Name, out var status) || status.Kind != FileKind.Directory)
        {
            return true;
        }

        using var made = folder.OpenDirectory(Name);
        return made.List().Count == 0;
    }

    private static void Quietly(Action action)
    {
        try
        {
            action();
        }
        catch (FileSystemException)
        {
            // It is removed by the next run, and is no part of any volume meanwhile.
        }
    }
}
