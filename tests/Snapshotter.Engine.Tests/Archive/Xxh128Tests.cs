using System.IO.Hashing;
using CsCheck;
using Snapshotter.Engine.Archive;

namespace Snapshotter.Engine.Tests.Archive;

/// <summary>The engine's XXH128 is that of System.IO.Hashing, whatever the length and the pieces.</summary>
public sealed class Xxh128Tests
{
    private static readonly byte[] Data = MakeData();

    [Fact]
    public void Every_length_up_to_some_blocks()
    {
        var hash = new Xxh128();
        for (int length = 0; length <= 5000; length++)
        {
            hash.Reset();
            hash.Append(Data.AsSpan(0, length));
            Assert.Equal(XxHash128.Hash(Data.AsSpan(0, length)), hash.GetCurrentHash());
        }
    }

    [Fact]
    public void Pieces_of_any_length() => Gen.Int[0, 3000].Array[1, 20].Sample(pieces =>
    {
        var hash = new Xxh128();
        int at = 0;
        foreach (int piece in pieces)
        {
            hash.Append(Data.AsSpan(at, piece));
            at += piece;

            // Asking does not disturb what follows.
            Assert.Equal(XxHash128.Hash(Data.AsSpan(0, at)), hash.GetCurrentHash());
        }
    });

    [Fact]
    public void A_megabyte_in_small_and_large_pieces()
    {
        byte[] expected = XxHash128.Hash(Data);
        foreach (int step in new[] { 1, 63, 64, 65, 1023, 1024, 1025, 262144, Data.Length })
        {
            var hash = new Xxh128();
            for (int at = 0; at < Data.Length; at += step)
            {
                hash.Append(Data.AsSpan(at, Math.Min(step, Data.Length - at)));
            }

            Assert.Equal(expected, hash.GetCurrentHash());
        }
    }

    private static byte[] MakeData()
    {
        byte[] data = new byte[1_000_001];
        new Random(7).NextBytes(data);
        return data;
    }
}
