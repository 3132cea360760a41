using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Volumes.Restoring;

/// <summary>One file, link or node to create in a directory.</summary>
internal struct RestoreJob
{
    public TargetDirectory Directory;
    public byte[] Name;
    public FileMetadata Metadata;

    /// <summary>Target of a symbolic link.</summary>
    public byte[]? LinkTarget;
    public uint DeviceMajor;
    public uint DeviceMinor;

    /// <summary>Size of the file, holes included.</summary>
    public long Size;

    /// <summary>The parts that are data; null for one part: all of it.</summary>
    public SparseRun[]? Runs;

    /// <summary>Where the data stands in the archive; negative when it is in the batch's buffer, from <see cref="BufferStart"/> on.</summary>
    public long ArchiveOffset;
    public int BufferStart;
}

/// <summary>A run of jobs for one worker, with the data of the small files among them. Reused.</summary>
internal sealed class RestoreBatch
{
    public const int MaxJobs = 64;
    public const int MaxBytes = 1024 * 1024;

    public List<RestoreJob> Jobs { get; } = new(MaxJobs);

    public byte[] Buffer { get; } = new byte[MaxBytes];

    public int BufferLength { get; set; }

    /// <summary>Bytes that the jobs hold in memory besides the buffer.</summary>
    public long Weight { get; set; }

    /// <summary>True when the data of a file is still to be read from the archive.</summary>
    public bool HasLargeFile { get; set; }

    /// <summary>True when it may go on its way at the next change of the directory.</summary>
    public bool IsHalfFull => Jobs.Count >= MaxJobs / 2 || BufferLength >= MaxBytes / 2;

    public bool HasRoomFor(int bytes) => Jobs.Count < MaxJobs && bytes <= MaxBytes - BufferLength;

    public void Reset()
    {
        Jobs.Clear();
        BufferLength = 0;
        Weight = 0;
        HasLargeFile = false;
    }
}
