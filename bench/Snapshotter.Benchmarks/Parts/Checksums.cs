using BenchmarkDotNet.Attributes;
using Snapshotter.Engine.Entries;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Benchmarks.Parts;

/// <summary>The checksum of a file's data, and that of a header block, which stands in each.</summary>
public class Checksums
{
    private byte[] data = [];

    [Params(4 * 1024, 256 * 1024)]
    public int Size { get; set; }

    [GlobalSetup]
    public void MakeData()
    {
        data = new byte[Size];
        new Random(1).NextBytes(data);
    }

    [Benchmark]
    public byte XxHash128() => Hash(ChecksumAlgorithm.XxHash128);

    [Benchmark]
    public byte Sha256() => Hash(ChecksumAlgorithm.Sha256);

    [Benchmark]
    public int HeaderBlock() => TarBlock.Checksum(data.AsSpan(0, TarLayout.BlockSize));

    private byte Hash(ChecksumAlgorithm algorithm)
    {
        using var hasher = new FileHasher(algorithm);
        hasher.Append(data);
        return hasher.Finish()[0];
    }
}
