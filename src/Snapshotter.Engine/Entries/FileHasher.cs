using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Entries;

/// <summary>A checksum of either algorithm: 16 or 32 bytes, without an object.</summary>
[InlineArray(32)]
internal struct HashBytes
{
    private byte first;
}

/// <summary>Computes the checksum of one file after the other. Not for use by several threads at once.</summary>
internal sealed class FileHasher : IDisposable
{
    private const long MaxHashedHoles = 1024 * 1024 * 1024;

    private static readonly byte[] Zeros = new byte[64 * 1024];

    private readonly XxHash128? fast;
    private readonly IncrementalHash? strong;

    public FileHasher(ChecksumAlgorithm algorithm)
    {
        switch (algorithm)
        {
            case ChecksumAlgorithm.XxHash128:
                fast = new XxHash128();
                break;
            case ChecksumAlgorithm.Sha256:
                strong = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
                break;
        }

        Size = SizeOf(algorithm);
    }

    /// <summary>Bytes of a checksum; 0 when none is wanted.</summary>
    public int Size { get; }

    /// <summary>True when the file at work is one whose holes are left out: see <see cref="LeavesOutHoles"/>.</summary>
    public bool SkipsHoles { get; set; }

    /// <summary>
    /// Whether a file's checksum is of its stored data only. A header of a few bytes can claim exabytes of holes: hashing
    /// more zeros than this for it would never end.
    /// </summary>
    /// <param name="size">Size of the file, holes included.</param>
    /// <param name="storedSize">Bytes of its data.</param>
    public static bool LeavesOutHoles(long size, long storedSize) => size - storedSize > MaxHashedHoles;

    public static int SizeOf(ChecksumAlgorithm algorithm) => algorithm switch
    {
        ChecksumAlgorithm.XxHash128 => 16,
        ChecksumAlgorithm.Sha256 => 32,
        _ => 0,
    };

    public void Append(ReadOnlySpan<byte> data)
    {
        fast?.Append(data);
        strong?.AppendData(data);
    }

    /// <summary>Appends what a hole reads as.</summary>
    public void AppendHole(long count)
    {
        if (!SkipsHoles)
        {
            AppendZeros(count);
        }
    }

    public void AppendZeros(long count)
    {
        for (; count > 0 && Size > 0; count -= Zeros.Length)
        {
            Append(Zeros.AsSpan(0, (int)Math.Min(count, Zeros.Length)));
        }
    }

    /// <summary>The checksum of all appended since the last call.</summary>
    public HashBytes Finish()
    {
        HashBytes hash = default;
        fast?.GetHashAndReset(hash);
        strong?.GetHashAndReset(hash);
        return hash;
    }

    /// <summary>The checksum of data that is at hand as a whole.</summary>
    public HashBytes HashOf(ReadOnlySpan<byte> data)
    {
        HashBytes hash = default;
        if (fast is not null)
        {
            XxHash128.Hash(data, hash);
        }
        else if (strong is not null)
        {
            SHA256.HashData(data, hash);
        }

        return hash;
    }

    public void Dispose() => strong?.Dispose();
}
