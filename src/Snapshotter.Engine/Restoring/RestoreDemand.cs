using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Restoring;

/// <summary>What entries ask of the file system that they are written to.</summary>
internal sealed class RestoreDemand
{
    /// <summary>Files, directories, links and nodes to make; a hard link is a name more of a file that counts already.</summary>
    public long Files { get; private set; }

    /// <summary>Bytes of file data, holes left out.</summary>
    public long Bytes { get; private set; }

    /// <summary>Bytes of the largest file, holes included.</summary>
    public long LargestFile { get; private set; }

    /// <summary>The same for a file that is there already.</summary>
    public RestoreDemand WithoutFiles() => new() { Bytes = Bytes, LargestFile = LargestFile };

    public void Add(TarEntry entry)
    {
        Files += entry.Type == TypeFlag.HardLink ? 0 : 1;
        Bytes += entry.StoredSize;
        LargestFile = Math.Max(LargestFile, entry.Size);
    }
}
