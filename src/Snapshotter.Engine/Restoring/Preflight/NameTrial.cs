using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Entries;
using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Restoring.Preflight;

/// <summary>
/// Makes every name of a part of a volume, as empty files and directories in a folder of its own: for a file system that does
/// not take all names. So all that it refuses, or takes for another, is known before anything is touched.
/// </summary>
/// <param name="folder">An empty folder on the file system.</param>
/// <param name="part">The part.</param>
/// <param name="unfit">Where the names are noted.</param>
internal sealed class NameTrial(IDirectory folder, VolumePart part, UnfitEntries unfit) : IDisposable
{
    /// <summary>Names that were made, by their paths: an archive may hold one twice.</summary>
    private readonly HashSet<PathHash> made = [];

    /// <summary>Directories that could not be made: nothing below them is tried.</summary>
    private readonly HashSet<PathHash> refused = [];

    private ReadOnlyMemory<byte> parentPath;
    private IDirectory? parent;

    /// <summary>Tries the name of an entry.</summary>
    public void Try(VolumeReader reader)
    {
        var path = part.Below(reader.Path).AsMemory();
        bool isDirectory = EntryKinds.KindOf(reader.Entry.Type) == FileKind.Directory;
        for (int slash = 0; (slash = IndexOfSlash(path, slash)) >= 0; slash++)
        {
            if (!TryMake(path[..slash], isDirectory: true, reader))
            {
                return;
            }
        }

        TryMake(path, isDirectory, reader);
    }

    public void Dispose() => parent?.Dispose();

    private static int IndexOfSlash(ReadOnlyMemory<byte> path, int start)
    {
        int found = path.Span[start..].IndexOf((byte)'/');
        return found < 0 ? -1 : start + found;
    }

    /// <summary>False when it cannot be made, or not beside what was made before: then that was noted.</summary>
    private bool TryMake(ReadOnlyMemory<byte> path, bool isDirectory, VolumeReader reader)
    {
        var hash = PathHash.Of(path.Span);
        if (refused.Contains(hash))
        {
            return false;
        }

        if (!made.Add(hash))
        {
            return true;
        }

        var (parentOf, name) = DirectoryPath.Split(path);
        var directory = Enter(parentOf);
        try
        {
            if (isDirectory)
            {
                directory.CreateDirectory(name.Span, Ownership.OwnerOnly);
            }
            else
            {
                directory.CreateFile(name.Span, Ownership.OwnerOnly).Dispose();
            }

            return true;
        }
        catch (FileSystemException e) when (e.Error == FileError.Exists)
        {
            unfit.Add(reader, $"the file system takes its name for that of '{NameTwin.Find(directory, name.Span)}'.");
        }
        catch (FileSystemException e) when (NameRules.IsRefusal(e))
        {
            unfit.Add(reader, $"the file system refuses the name '{EntryNames.ForMessage(name.Span)}': {e.Detail}.");
        }

        refused.Add(hash);
        return false;
    }

    private IDirectory Enter(ReadOnlyMemory<byte> path)
    {
        if (!path.Span.SequenceEqual(parentPath.Span))
        {
            parent?.Dispose();
            parent = folder.OpenBelow(path);
            parentPath = path;
        }

        return parent ?? folder;
    }
}
