using System.Globalization;
using System.Text;
using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Volumes.Restoring;

/// <summary>
/// Directories that their owner may not write to. Without the rights of root they can be moved to another parent only while
/// he may (their ".." changes), so they stay open until they are in place. Their modes wait in a folder of symbolic links,
/// which come into being in one step: the mode is the link's name, after a number, and the directory's path its target.
/// </summary>
internal static class ShutDirectories
{
    /// <summary>Opens those that will be moved, or whose content will be, and notes their modes.</summary>
    /// <param name="fresh">The tree that will be moved.</param>
    /// <param name="modes">The folder for the modes.</param>
    /// <param name="keep">What stays in place where the tree goes: beside it, content is moved one by one.</param>
    public static void Open(IDirectory fresh, IDirectory modes, KeepTree keep)
    {
        int count = 0;
        Open(fresh, modes, keep, [], ref count);
    }

    /// <summary>Gives those that are in place their modes.</summary>
    /// <param name="root">What the paths are below.</param>
    /// <param name="modes">The folder of the modes.</param>
    public static void Shut(IDirectory root, IDirectory modes)
    {
        // From the last, for a directory comes after the one it is in, and that may let nobody through once it is shut.
        var listing = modes.List();
        for (int i = listing.Count - 1; i >= 0; i--)
        {
            var note = listing.NameOf(i).Span;
            int mode = Convert.ToInt32(Encoding.ASCII.GetString(note[(note.IndexOf((byte)'-') + 1)..]), 8);
            Shut(root, modes.ReadLink(note), mode);
        }
    }

    private static void Open(IDirectory directory, IDirectory modes, KeepTree keep, byte[] path, ref int count)
    {
        var listing = directory.List();
        for (int i = 0; i < listing.Count; i++)
        {
            var name = listing.NameOf(i).Span;
            if (!directory.TryGetStatus(name, out var status) || status.Kind != FileKind.Directory)
            {
                continue;
            }

            byte[] child = [.. path, .. path.Length > 0 ? "/"u8 : default, .. name];
            if ((status.Mode & DirectoryMetadata.OwnerOnly) != DirectoryMetadata.OwnerOnly)
            {
                string note = string.Create(CultureInfo.InvariantCulture, $"{count++:D9}-{Convert.ToString(status.Mode, 8)}");
                modes.CreateSymbolicLink(Encoding.ASCII.GetBytes(note), child);
                directory.OpenToOwner(name, status);
            }

            if (keep.Find(name) is { IsKept: false } inner)
            {
                using var next = directory.OpenDirectory(name);
                Open(next, modes, inner, child, ref count);
            }
        }
    }

    private static void Shut(IDirectory root, byte[] path, int mode)
    {
        var (parentPath, name) = DirectoryPath.Split(path);
        using var parent = root.OpenBelow(parentPath);
        if ((parent ?? root).TryGetStatus(name.Span, out var status))
        {
            (parent ?? root).SetMode(name.Span, status, mode);
        }
    }
}
