using System.Globalization;
using System.Text;
using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Restoring;

/// <summary>
/// Directories that their owner may not write to. Without the rights of root they can be moved to another parent only while
/// he may (their ".." changes), so they stay open until they are in place. Their modes wait in a folder of symbolic links,
/// which come into being in one step: a number, the mode and the inode are the link's name, the directory's path its target.
/// </summary>
internal static class ShutDirectories
{
    /// <summary>Opens those that will be moved, or whose content will be, and notes their modes.</summary>
    /// <param name="fresh">The tree that will be moved; stays open.</param>
    /// <param name="modes">The folder for the modes.</param>
    /// <param name="keep">What stays in place where the tree goes: beside it, content is moved one by one.</param>
    public static void Open(IDirectory fresh, IDirectory modes, KeepTree keep)
    {
        int count = 0;
        var kept = new Stack<KeepTree>();
        using var cursor = new TreeCursor(new TreeDirectory(fresh, []));
        while (cursor.Next() is var step && step != TreeStep.End)
        {
            switch (step)
            {
                case TreeStep.Enter:
                    kept.Push(cursor.Current.Parent is null ? keep : kept.Peek().Find(cursor.Current.Name)!);
                    Open(cursor, modes, kept.Peek(), ref count);
                    break;
                case TreeStep.Leave:
                    kept.Pop();
                    break;
                default:
                    throw cursor.Failure ?? new FileSystemException(FileError.Moved, "open", cursor.Current.DisplayPath, "it was moved");
            }
        }
    }

    /// <summary>Gives those that are in place their modes. One that was exchanged meanwhile keeps its own.</summary>
    /// <param name="root">What the paths are below.</param>
    /// <param name="modes">The folder of the modes.</param>
    public static void Shut(IDirectory root, IDirectory modes)
    {
        // From the last, for a directory comes after the one it is in, and that may let nobody through once it is shut.
        var listing = modes.List();
        for (int i = listing.Count - 1; i >= 0; i--)
        {
            var note = listing.NameOf(i).Span;
            if (!TryRead(Encoding.ASCII.GetString(note), out int mode, out ulong inode))
            {
                continue;
            }

            try
            {
                Shut(root, modes.ReadLink(note), mode, inode);
            }
            catch (FileSystemException e) when (
                e.Error is FileError.NotFound or FileError.NotADirectory or FileError.SymbolicLink or FileError.Moved or FileError.InvalidArgument)
            {
                // Somebody has moved it away since.
            }
        }
    }

    private static void Open(TreeCursor cursor, IDirectory modes, KeepTree keep, ref int count)
    {
        var directory = cursor.Current.Handle;
        var listing = directory.List();
        for (int i = 0; i < listing.Count; i++)
        {
            var name = listing.NameOf(i).Span;
            if (!directory.TryGetStatus(name, out var status) || status.Kind != FileKind.Directory)
            {
                continue;
            }

            if ((status.Mode & DirectoryMetadata.OwnerOnly) != DirectoryMetadata.OwnerOnly)
            {
                string note = string.Create(
                    CultureInfo.InvariantCulture, $"{count++:D9}-{Convert.ToString(status.Mode, 8)}-{status.Id.Inode}");
                modes.CreateSymbolicLink(Encoding.ASCII.GetBytes(note), cursor.Current.PathOf(name));
                directory.OpenToOwner(name, status);
            }

            if (keep.Find(name) is { IsKept: false })
            {
                cursor.Descend(name);
            }
        }
    }

    private static bool TryRead(string note, out int mode, out ulong inode)
    {
        string[] parts = note.Split('-');
        mode = 0;
        inode = 0;
        if (parts.Length != 3 || parts[1].Length is 0 or > 4 || !ulong.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out inode))
        {
            return false;
        }

        foreach (char digit in parts[1])
        {
            if (digit is < '0' or > '7')
            {
                return false;
            }

            mode = (mode * 8) + digit - '0';
        }

        return true;
    }

    /// <summary>Takes the rights back that were given to the owner, and gives nobody any: whatever a note says, no more is opened by it.</summary>
    private static void Shut(IDirectory root, byte[] path, int mode, ulong inode)
    {
        var (parentPath, name) = DirectoryPath.Split(path);
        using var parent = root.OpenBelow(parentPath);
        if ((parent ?? root).TryGetStatus(name.Span, out var status) && status.Id.Inode == inode
            && status.Mode == (mode | DirectoryMetadata.OwnerOnly))
        {
            (parent ?? root).SetMode(name.Span, status, mode);
        }
    }
}
