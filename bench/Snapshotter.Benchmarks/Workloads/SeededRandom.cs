using System.Runtime.InteropServices;

namespace Snapshotter.Benchmarks.Workloads;

/// <summary>
/// SplitMix64 (Steele, Lea, Flood 2014): the same bytes for the same seed everywhere, incompressible, and made faster
/// than a disk takes them.
/// </summary>
internal sealed class SeededRandom(ulong seed)
{
    private ulong state = seed;

    public ulong Next()
    {
        ulong z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>0 up to, not including, 1.</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    public int Below(int limit) => (int)(NextDouble() * limit);

    /// <summary>Fills a buffer whose length is a multiple of 8.</summary>
    public void Fill(Span<byte> buffer)
    {
        foreach (ref ulong word in MemoryMarshal.Cast<byte, ulong>(buffer))
        {
            word = Next();
        }
    }
}
