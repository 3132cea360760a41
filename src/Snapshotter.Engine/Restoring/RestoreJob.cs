using Snapshotter.Engine.Archive;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Restoring;

/// <summary>One file, link or node to create in a directory.</summary>
internal struct RestoreJob
{
    public TargetDirectory Directory;
    public byte[] Name;
    public FileMetadata Metadata;

    /// <summary>Where to note what file this has become, for the links to it; null where that is not needed.</summary>
    public LinkTarget? Identity;

    /// <summary>Target of a symbolic link.</summary>
    public byte[]? LinkTarget;

    /// <summary>What it was when it was saved.</summary>
    public LinkKind LinkKind;
    public uint DeviceMajor;
    public uint DeviceMinor;

    /// <summary>Size of the file, holes included.</summary>
    public long Size;

    /// <summary>The parts that are data; null for one part: all of it.</summary>
    public SparseRun[]? Runs;

    /// <summary>Where the data stands in the archive; negative when it is in <see cref="Data"/>.</summary>
    public long ArchiveOffset;

    /// <summary>The data of a small file, in a window that the batch holds.</summary>
    public ReadOnlyMemory<byte> Data;
}

/// <summary>A run of jobs for one worker, with the windows that have the data of the small files among them. Reused.</summary>
internal sealed class RestoreBatch
{
    public const int MaxJobs = 64;
    public const int MaxBytes = 1024 * 1024;

    /// <summary>More windows than its bytes need come of headers between them as large as windows.</summary>
    private const int MaxWindows = 3;

    private readonly List<SharedWindow> windows = new(MaxWindows);

    public List<RestoreJob> Jobs { get; } = new(MaxJobs);

    /// <summary>Bytes of the small files.</summary>
    public int DataLength { get; private set; }

    /// <summary>Bytes that the jobs hold in memory besides the windows.</summary>
    public long Weight { get; set; }

    /// <summary>True when the data of a file is still to be read from the archive.</summary>
    public bool HasLargeFile { get; set; }

    /// <summary>True when it may go on its way at the next change of the directory.</summary>
    public bool IsHalfFull => Jobs.Count >= MaxJobs / 2 || DataLength >= MaxBytes / 2;

    public bool HasRoomFor(int bytes) => Jobs.Count < MaxJobs && bytes <= MaxBytes - DataLength && windows.Count < MaxWindows;

    /// <summary>Keeps the window that has so many bytes of a job's data.</summary>
    public void Hold(SharedWindow window, int bytes)
    {
        DataLength += bytes;
        if (windows.Count == 0 || windows[^1] != window)
        {
            window.Hold();
            windows.Add(window);
        }
    }

    /// <summary>Lets go of the directories, as all is written, and is ready for other jobs.</summary>
    public void Release()
    {
        while (Jobs.Count > 0)
        {
            TakeDirectory().Release();
        }

        Reset();
    }

    /// <summary>Lets go of the directories, as the work is given up.</summary>
    public void Abandon()
    {
        while (Jobs.Count > 0)
        {
            TakeDirectory().Abandon();
        }

        Reset();
    }

    private TargetDirectory TakeDirectory()
    {
        var directory = Jobs[^1].Directory;
        Jobs.RemoveAt(Jobs.Count - 1);
        return directory;
    }

    private void Reset()
    {
        foreach (var window in windows)
        {
            window.Release();
        }

        windows.Clear();
        Jobs.Clear();
        DataLength = 0;
        Weight = 0;
        HasLargeFile = false;
    }
}
