using System.Text;
using BenchmarkDotNet.Attributes;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Benchmarks.Parts;

/// <summary>Headers of 1,000 small files: most of what a backup adds to the reading, and a listing to the seeking.</summary>
[MemoryDiagnoser]
public class Headers
{
    private const int Count = 1000;

    private readonly BlockBuffer output = new();
    private readonly List<TarEntry> entries = [];
    private MemorySource archive = new([]);

    /// <summary>A time with a fraction takes a pax header; so do most files.</summary>
    [Params(false, true)]
    public bool Fraction { get; set; }

    [GlobalSetup]
    public void MakeEntries()
    {
        for (int i = 0; i < Count; i++)
        {
            entries.Add(new TarEntry
            {
                Name = Encoding.ASCII.GetBytes($"volumes/{new string('a', 64)}/folder-{i / 100:D5}/file-{i:D7}.dat"),
                Mode = 0x1a4,
                UserName = "root"u8.ToArray(),
                GroupName = "root"u8.ToArray(),
                ModifiedSeconds = 1_700_000_000 + i,
                ModifiedNanoseconds = Fraction ? 123_456_700 : 0,
            });
        }

        Encode();
        output.Append(TarLayout.EndMarkerSize);
        archive = new MemorySource(output.Written.ToArray());
    }

    [Benchmark(OperationsPerInvoke = Count)]
    public int Encode()
    {
        output.Clear();
        foreach (var entry in entries)
        {
            TarEncoder.Encode(entry, output, 0, alignData: false);
        }

        return output.Length;
    }

    [Benchmark(OperationsPerInvoke = Count)]
    public int Decode()
    {
        var reader = new TarReader(archive);
        int count = 0;
        while (reader.Next())
        {
            count++;
        }

        return count == Count ? count : throw new InvalidOperationException($"{count} entries");
    }

    private sealed class MemorySource(byte[] bytes) : IBlockSource
    {
        public long Length => bytes.Length;

        public int Read(Span<byte> buffer, long offset)
        {
            int count = (int)Math.Min(buffer.Length, bytes.Length - offset);
            bytes.AsSpan((int)offset, count).CopyTo(buffer);
            return count;
        }
    }
}
