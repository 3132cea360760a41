using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Patterns;

namespace Snapshotter.Engine.Saving;

/// <summary>
/// Which names of a volume are saved: all but those that are excluded, and other volumes of the same backup. Used by one
/// thread. What jobs of ours left is told by <see cref="Jobs.Leftovers"/>.
/// </summary>
/// <param name="exclude">The patterns of what is excluded.</param>
/// <param name="nestedVolumes">Paths below the root of volumes that are saved on their own.</param>
internal sealed class SaveFilter(GlobSet exclude, IReadOnlyCollection<byte[]> nestedVolumes)
{
    private readonly bool needsPath = !exclude.IsEmpty || nestedVolumes.Count > 0;
    private byte[] path = new byte[4096];

    /// <summary>Whether a name is left out, with everything below it.</summary>
    /// <param name="directory">What it is in.</param>
    /// <param name="name">The name.</param>
    /// <param name="kind">What it is.</param>
    /// <param name="rootLength">Bytes of the root's own name, with which all paths begin.</param>
    public bool LeavesOut(TreeDirectory directory, ReadOnlySpan<byte> name, FileKind kind, int rootLength)
    {
        if (!needsPath)
        {
            return false;
        }

        long length = directory.LengthOf(name);
        if (length > path.Length)
        {
            path = new byte[length * 2];
        }

        directory.WritePath(name, path);
        var relative = path.AsSpan(rootLength == 0 ? 0 : rootLength + 1, (int)length - (rootLength == 0 ? 0 : rootLength + 1));
        return exclude.Matches(relative, kind == FileKind.Directory) || IsNested(relative);
    }

    private bool IsNested(ReadOnlySpan<byte> relative)
    {
        foreach (byte[] nested in nestedVolumes)
        {
            if (relative.SequenceEqual(nested))
            {
                return true;
            }
        }

        return false;
    }
}
