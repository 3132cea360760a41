using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Restoring;

/// <summary>
/// A file that hard links of the same volume lead to, as it was made. Its name may stand for another file when the links
/// are made, where others may write: then they are not.
/// </summary>
internal sealed class LinkTarget
{
    private FileId? id;

    /// <summary>True when it was not made, as something stays in its place: so its links are not made either.</summary>
    public bool IsLeft { get; private set; }

    public void Leave() => IsLeft = true;

    public bool Is(in FileStatus status) => status.Id == id;

    public void Note(IFile file)
    {
        file.GetStatus(out var status);
        id = status.Id;
    }

    /// <summary>A name in a directory where nobody can exchange it.</summary>
    public void Note(IDirectory directory, ReadOnlySpan<byte> name)
    {
        if (directory.TryGetStatus(name, out var status))
        {
            id = status.Id;
        }
    }
}
