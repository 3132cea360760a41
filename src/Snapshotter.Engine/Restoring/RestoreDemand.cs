using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Restoring;

/// <summary>
/// What entries ask of the file system that they are written to. File systems give room in blocks: a thousand files of a
/// byte take a thousand of them. Where they differ it is rather said too much: some keep small things in their inodes.
/// </summary>
internal sealed class RestoreDemand
{
    /// <summary>Sizes of blocks that are counted for: powers of two, 512 bytes to 128 KiB.</summary>
    private const int SmallestShift = 9;
    private const int LargestShift = 17;
    private const int UsualBlock = 4096;

    /// <summary>ext4 keeps the target of a link in its inode up to here.</summary>
    private const int ShortLink = 60;

    /// <summary>ext4 keeps attributes in an inode of 256 bytes up to here; each takes so much besides name and value.</summary>
    private const int SmallAttributes = 92;
    private const int AttributeHead = 16;

    /// <summary>Smaller files are written; larger ones may share the archive's blocks.</summary>
    private const int SmallFile = TreeWriter.LargeFile;

    private readonly long[] bytesByShift = new long[LargestShift + 1];
    private long nameBytes;

    /// <summary>Files, directories, links and nodes to make; a hard link is a name more of a file that counts already.</summary>
    public long Files { get; private set; }

    /// <summary>Bytes of the largest file, holes included.</summary>
    public long LargestFile { get; private set; }

    /// <summary>Bytes of file data that take no room where the file system shares the archive's blocks.</summary>
    public long Shareable { get; private set; }

    /// <summary>The same for a file that is there already.</summary>
    public RestoreDemand WithoutFiles()
    {
        var demand = new RestoreDemand { LargestFile = LargestFile, Shareable = Shareable };
        bytesByShift.CopyTo(demand.bytesByShift, 0);
        return demand;
    }

    /// <summary>What a name takes of its directory: besides it a head, and directories are not full.</summary>
    public static long BytesOfName(int length) => (16 + length) * 3L / 2;

    /// <summary>Bytes that all of it takes, in blocks of such a size.</summary>
    public long BytesOn(int blockSize)
    {
        // Larger ones are those of transfers, as file systems on a network tell.
        int size = blockSize is > 0 and <= 1 << LargestShift ? blockSize : UsualBlock;
        int shift = SmallestShift;
        while (1 << shift < size)
        {
            shift++;
        }

        return bytesByShift[shift] + nameBytes;
    }

    public void Add(TarEntry entry)
    {
        nameBytes += BytesOfName(LengthOfName(entry.Name.Span));
        if (entry.Type == TypeFlag.HardLink)
        {
            return;
        }

        Files++;
        LargestFile = Math.Max(LargestFile, entry.Size);
        long attributes = AttributesOf(entry);
        if (entry.StoredSize > SmallFile || entry.Sparse is not null)
        {
            Shareable += entry.StoredSize & ~(TarLayout.Alignment - 1L);
        }

        for (int shift = SmallestShift; shift <= LargestShift; shift++)
        {
            long block = 1L << shift;
            bytesByShift[shift] += RoundUp(attributes, block) + entry.Type switch
            {
                TypeFlag.Directory => block,
                TypeFlag.SymbolicLink => entry.LinkName.Length < ShortLink ? 0 : RoundUp(entry.LinkName.Length + 1, block),
                _ => DataOf(entry, block),
            };
        }
    }

    private static long DataOf(TarEntry entry, long block)
    {
        if (entry.Sparse is not { } runs)
        {
            return RoundUp(entry.StoredSize, block);
        }

        long sum = 0;
        foreach (var run in runs)
        {
            sum += RoundUp(run.Offset + run.Length, block) - (run.Offset / block * block);
        }

        return Math.Min(sum, RoundUp(entry.Size, block));
    }

    private static long AttributesOf(TarEntry entry)
    {
        long sum = 0;
        foreach (var attribute in entry.Attributes)
        {
            sum += AttributeHead + attribute.Name.Length + attribute.Value.Length;
        }

        sum += entry.AccessAcl.IsEmpty ? 0 : AttributeHead + entry.AccessAcl.Length;
        sum += entry.DefaultAcl.IsEmpty ? 0 : AttributeHead + entry.DefaultAcl.Length;
        return sum <= SmallAttributes ? 0 : sum;
    }

    private static int LengthOfName(ReadOnlySpan<byte> path)
    {
        path = path.TrimEnd((byte)'/');
        return path.Length - (path.LastIndexOf((byte)'/') + 1);
    }

    private static long RoundUp(long value, long block) => (value + block - 1) / block * block;
}
