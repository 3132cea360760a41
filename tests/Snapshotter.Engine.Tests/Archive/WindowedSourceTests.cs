using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.Archive;

/// <summary>What is read through a window is what stands in the file, also long after it was read.</summary>
public sealed class WindowedSourceTests
{
    private const int WindowSize = 16 * 1024;

    [Fact]
    public void What_is_held_stays_as_it_is_while_the_reading_goes_on()
    {
        byte[] content = new byte[20 * WindowSize];
        new Random(1).NextBytes(content);
        var file = new MemorySource(content);
        CsCheck.Check.Sample(
            CsCheck.Gen.Int[0, 1_000_000],
            seed =>
            {
                var random = new Random(seed);
                var source = new WindowedSource(file, WindowSize);
                var held = new Queue<(int Offset, int Count, ReadOnlyMemory<byte> Data, SharedWindow Window)>();
                for (int i = 0, next = 0; i < 200; i++)
                {
                    // Mostly one behind the other, as in an archive; now and then a jump, and over the end.
                    int offset = random.Next(8) == 0 ? random.Next(content.Length + 100) : next;
                    int count = random.Next(1, random.Next(4) == 0 ? WindowSize + 1 : 600);
                    next = offset + count;
                    int there = Math.Clamp(content.Length - offset, 0, count);
                    if (random.Next(2) == 0)
                    {
                        byte[] buffer = new byte[count];
                        Assert.Equal(there, source.Read(buffer, offset));
                        Assert.True(buffer.AsSpan(0, there).SequenceEqual(Part(offset, there)));
                        continue;
                    }

                    var data = source.Get(offset, count, out var window);
                    Assert.Equal(there, data.Length);
                    window.Hold();
                    held.Enqueue((offset, there, data, window));
                    while (held.Count > random.Next(12))
                    {
                        var oldest = held.Dequeue();
                        Assert.True(oldest.Data.Span.SequenceEqual(Part(oldest.Offset, oldest.Count)));
                        oldest.Window.Release();
                    }
                }
            },
            iter: 200, threads: 1);

        ReadOnlySpan<byte> Part(int offset, int count) => count == 0 ? [] : content.AsSpan(offset, count);
    }
}
