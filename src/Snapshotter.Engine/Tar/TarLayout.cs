namespace Snapshotter.Engine.Tar;

/// <summary>Sizes that the format fixes, and the bounds this reader sets on what an archive may ask of memory.</summary>
internal static class TarLayout
{
    /// <summary>Headers and data come in blocks of 512 bytes (POSIX.1-2008 pax).</summary>
    public const int BlockSize = 512;

    /// <summary>The end-of-archive marker: two zero blocks.</summary>
    public const int EndMarkerSize = 2 * BlockSize;

    /// <summary>Generations, and the data of large files, begin on a multiple of this: the page and file-system block size nearly everywhere.</summary>
    public const int Alignment = 4096;

    /// <summary>Files of this size or more have their data aligned.</summary>
    public const int AlignedFileSize = 64 * 1024;

    /// <summary>Largest pax header body accepted and written, in bytes.</summary>
    public const int MaxPaxBody = 8 * 1024 * 1024;

    /// <summary>Longest entry name or link target accepted, in bytes.</summary>
    public const int MaxName = 1024 * 1024;

    /// <summary>Most runs of a sparse map accepted and written.</summary>
    public const int MaxSparseRuns = 512 * 1024;

    /// <summary>Most extended attributes of an entry: more than the kernel lets a file have.</summary>
    public const int MaxAttributes = 16 * 1024;

    /// <summary>Rounds up to whole blocks.</summary>
    public static long RoundUp(long size) => (size + BlockSize - 1) & ~(long)(BlockSize - 1);
}
