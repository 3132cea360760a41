using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Snapshotter.Engine.Archive;

/// <summary>
/// XXH128 without a seed (XXH3 specification, xxHash 0.8). The same as System.IO.Hashing, which does the short inputs
/// here; but its loops are only compiled at run time, and only well when they have run for a while: a job of a second has
/// ended by then. These use vectors of a size that is known ahead of time.
/// </summary>
internal sealed unsafe class Xxh128
{
    /// <summary>Bytes of a hash.</summary>
    public const int Size = 16;

    private const int StripeSize = 64;
    private const int StripesPerBlock = 16;
    private const int BlockSize = StripeSize * StripesPerBlock;
    private const int AccumulatorCount = 8;
    private const int LargestShortInput = 240;

    private const ulong Prime32One = 0x9E3779B1;
    private const ulong Prime32Two = 0x85EBCA77;
    private const ulong Prime32Three = 0xC2B2AE3D;
    private const ulong Prime64One = 0x9E3779B185EBCA87;
    private const ulong Prime64Two = 0xC2B2AE3D27D4EB4F;
    private const ulong Prime64Three = 0x165667B19E3779F9;
    private const ulong Prime64Four = 0x85EBCA77C2B2AE63;
    private const ulong Prime64Five = 0x27D4EB2F165667C5;

    private readonly ulong[] accumulators = new ulong[AccumulatorCount];

    /// <summary>The last stripe of the blocks done, then what is not a done block yet: never empty once there was input.</summary>
    private readonly byte[] pending = new byte[StripeSize + BlockSize];
    private readonly XxHash128? bigEndian = BitConverter.IsLittleEndian ? null : new XxHash128();
    private int pendingLength;
    private ulong length;

    public Xxh128()
    {
        Reset();
    }

    // kSecret of the specification.
    private static ReadOnlySpan<byte> Secret =>
    [
        0xb8, 0xfe, 0x6c, 0x39, 0x23, 0xa4, 0x4b, 0xbe, 0x7c, 0x01, 0x81, 0x2c, 0xf7, 0x21, 0xad, 0x1c,
        0xde, 0xd4, 0x6d, 0xe9, 0x83, 0x90, 0x97, 0xdb, 0x72, 0x40, 0xa4, 0xa4, 0xb7, 0xb3, 0x67, 0x1f,
        0xcb, 0x79, 0xe6, 0x4e, 0xcc, 0xc0, 0xe5, 0x78, 0x82, 0x5a, 0xd0, 0x7d, 0xcc, 0xff, 0x72, 0x21,
        0xb8, 0x08, 0x46, 0x74, 0xf7, 0x43, 0x24, 0x8e, 0xe0, 0x35, 0x90, 0xe6, 0x81, 0x3a, 0x26, 0x4c,
        0x3c, 0x28, 0x52, 0xbb, 0x91, 0xc3, 0x00, 0xcb, 0x88, 0xd0, 0x65, 0x8b, 0x1b, 0x53, 0x2e, 0xa3,
        0x71, 0x64, 0x48, 0x97, 0xa2, 0x0d, 0xf9, 0x4e, 0x38, 0x19, 0xef, 0x46, 0xa9, 0xde, 0xac, 0xd8,
        0xa8, 0xfa, 0x76, 0x3f, 0xe3, 0x9c, 0x34, 0x3f, 0xf9, 0xdc, 0xbb, 0xc7, 0xc7, 0x0b, 0x4f, 0x1d,
        0x8a, 0x51, 0xe0, 0x4b, 0xcd, 0xb4, 0x59, 0x31, 0xc8, 0x9f, 0x7e, 0xc9, 0xd9, 0x78, 0x73, 0x64,
        0xea, 0xc5, 0xac, 0x83, 0x34, 0xd3, 0xeb, 0xc3, 0xc5, 0x81, 0xa0, 0xff, 0xfa, 0x13, 0x63, 0xeb,
        0x17, 0x0d, 0xdd, 0x51, 0xb7, 0xf0, 0xda, 0x49, 0xd3, 0x16, 0x55, 0x26, 0x29, 0xd4, 0x68, 0x9e,
        0x2b, 0x16, 0xbe, 0x58, 0x7d, 0x47, 0xa1, 0xfc, 0x8f, 0xf8, 0xb8, 0xd1, 0x7a, 0xd0, 0x31, 0xce,
        0x45, 0xcb, 0x3a, 0x8f, 0x95, 0x16, 0x04, 0x28, 0xaf, 0xd7, 0xfb, 0xca, 0xbb, 0x4b, 0x40, 0x7e,
    ];

    public void Append(ReadOnlySpan<byte> data)
    {
        length += (ulong)data.Length;
        if (bigEndian is not null)
        {
            bigEndian.Append(data);
            return;
        }

        // A block is done only when more follows: the end of the input is treated otherwise.
        int room = BlockSize - pendingLength;
        if (data.Length > room)
        {
            if (pendingLength > 0)
            {
                data[..room].CopyTo(pending.AsSpan(StripeSize + pendingLength));
                data = data[room..];
                DoBlocks(pending.AsSpan(StripeSize, BlockSize));
                pendingLength = 0;
            }

            int whole = (data.Length - 1) / BlockSize * BlockSize;
            if (whole > 0)
            {
                DoBlocks(data[..whole]);
                data = data[whole..];
            }
        }

        data.CopyTo(pending.AsSpan(StripeSize + pendingLength));
        pendingLength += data.Length;
    }

    /// <summary>Writes the hash of all appended since the last reset, high half first, as xxhsum prints it.</summary>
    public void GetCurrentHash(Span<byte> destination)
    {
        if (bigEndian is not null)
        {
            bigEndian.GetCurrentHash(destination);
            return;
        }

        if (length <= LargestShortInput)
        {
            XxHash128.Hash(pending.AsSpan(StripeSize, pendingLength), destination);
            return;
        }

        ulong* sums = stackalloc ulong[AccumulatorCount];
        accumulators.CopyTo(new Span<ulong>(sums, AccumulatorCount));
        fixed (byte* secret = Secret, kept = pending)
        {
            byte* last = kept + pendingLength;
            Accumulate(sums, kept + StripeSize, (pendingLength - 1) / StripeSize, secret);
            Accumulate(sums, last, 1, secret + Secret.Length - StripeSize - 7);
            ulong low = Merge(sums, secret + 11, length * Prime64One);
            ulong high = Merge(sums, secret + Secret.Length - StripeSize - 11, ~(length * Prime64Two));
            BinaryPrimitives.WriteUInt64BigEndian(destination, high);
            BinaryPrimitives.WriteUInt64BigEndian(destination[8..], low);
        }
    }

    /// <inheritdoc cref="GetCurrentHash(Span{byte})"/>
    public byte[] GetCurrentHash()
    {
        byte[] hash = new byte[Size];
        GetCurrentHash(hash);
        return hash;
    }

    public void Reset()
    {
        ReadOnlySpan<ulong> start =
            [Prime32Three, Prime64One, Prime64Two, Prime64Three, Prime64Four, Prime32Two, Prime64Five, Prime32One];
        start.CopyTo(accumulators);
        bigEndian?.Reset();
        pendingLength = 0;
        length = 0;
    }

    /// <summary>Takes in whole blocks, and keeps the last stripe.</summary>
    private void DoBlocks(ReadOnlySpan<byte> blocks)
    {
        fixed (ulong* sums = accumulators)
        fixed (byte* input = blocks, secret = Secret)
        {
            for (int i = 0; i < blocks.Length; i += BlockSize)
            {
                Accumulate(sums, input + i, StripesPerBlock, secret);
                byte* key = secret + Secret.Length - StripeSize;
                for (int lane = 0; lane < AccumulatorCount; lane++)
                {
                    ulong sum = sums[lane];
                    sums[lane] = (sum ^ (sum >> 47) ^ ((ulong*)key)[lane]) * Prime32One;
                }
            }
        }

        blocks[^StripeSize..].CopyTo(pending);
    }

    private static void Accumulate(ulong* sums, byte* input, int stripes, byte* secret)
    {
        var first = Vector128.Load(sums);
        var second = Vector128.Load(sums + 2);
        var third = Vector128.Load(sums + 4);
        var fourth = Vector128.Load(sums + 6);
        for (; stripes > 0; stripes--)
        {
            first += Mix(input, secret);
            second += Mix(input + 16, secret + 16);
            third += Mix(input + 32, secret + 32);
            fourth += Mix(input + 48, secret + 48);
            input += StripeSize;
            secret += sizeof(ulong);
        }

        first.Store(sums);
        second.Store(sums + 2);
        third.Store(sums + 4);
        fourth.Store(sums + 6);
    }

    /// <summary>Each lane's value goes to its neighbour; to itself the product of the halves of value and key combined.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Mix(byte* input, byte* secret)
    {
        var value = Vector128.Load((ulong*)input);
        var keyed = value ^ Vector128.Load((ulong*)secret);
        var neighbour = Vector128.Shuffle(value, Vector128.Create(1UL, 0UL));
        if (Sse2.IsSupported)
        {
            return Sse2.Multiply(keyed.AsUInt32(), (keyed >> 32).AsUInt32()) + neighbour;
        }

        if (AdvSimd.IsSupported)
        {
            return AdvSimd.MultiplyWideningLower(
                AdvSimd.ExtractNarrowingLower(keyed), AdvSimd.ShiftRightLogicalNarrowingLower(keyed, 32)) + neighbour;
        }

        return ((keyed & Vector128.Create((ulong)uint.MaxValue)) * (keyed >> 32)) + neighbour;
    }

    private static ulong Merge(ulong* sums, byte* secret, ulong start)
    {
        ulong* key = (ulong*)secret;
        ulong result = start;
        for (int i = 0; i < AccumulatorCount; i += 2)
        {
            ulong high = Math.BigMul(sums[i] ^ key[i], sums[i + 1] ^ key[i + 1], out ulong low);
            result += high ^ low;
        }

        result ^= result >> 37;
        result *= 0x165667919E3779F9;
        return result ^ (result >> 32);
    }
}
