using System.Buffers.Binary;
using System.IO.Hashing;

namespace Snapshotter.Engine.Entries;

/// <summary>Stands for a name or path in a set, in 16 bytes. A type of ours: sets of UInt128 cannot be compiled ahead of time.</summary>
internal readonly record struct PathHash(ulong High, ulong Low)
{
    /// <param name="path">The bytes.</param>
    /// <param name="seed">What stands before them, if anything.</param>
    public static PathHash Of(ReadOnlySpan<byte> path, ulong seed = 0)
    {
        Span<byte> hash = stackalloc byte[16];
        XxHash128.Hash(path, hash, (long)seed);
        return new PathHash(BinaryPrimitives.ReadUInt64BigEndian(hash), BinaryPrimitives.ReadUInt64BigEndian(hash[8..]));
    }
}
