using Snapshotter.Engine.Jobs;


namespace Snapshotter.Engine.Tests.Jobs;

/// <summary>What goes through a queue comes out once, in order, and nobody waits for ever.</summary>
public sealed class WorkQueueTests
{
    private const int Items = 20_000;

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(3, 2, 4)]
    [InlineData(8, 3, 2)]
    public async Task Buffers_go_round_whoever_waits(int buffers, int threads, int capacity)
    {
        var spare = new WorkQueue<int>(buffers, wakeAt: (buffers + 1) / 2);
        var full = new WorkQueue<int>(capacity);
        for (int i = 0; i < buffers; i++)
        {
            spare.Add(i);
        }

        int taken = 0;
        var fillers = Enumerable.Range(0, threads).Select(_ => Task.Run(() =>
        {
            while (Interlocked.Increment(ref taken) <= Items)
            {
                Assert.True(spare.Take(out int buffer));
                full.Add(buffer);
            }
        })).ToArray();
        var writer = Task.Run(() =>
        {
            int written = 0;
            for (; full.Take(out int buffer); written++)
            {
                spare.Add(buffer);
            }

            return written;
        });
        await Task.WhenAll(fillers);
        full.Close();
        Assert.Equal(Items, await writer);

        var left = spare.Cancel();
        Assert.Equal(Enumerable.Range(0, buffers), left.Order());
    }

    [Fact]
    public async Task Who_waits_for_several_gets_the_last_one_when_no_more_will_come()
    {
        var queue = new WorkQueue<int>(4, wakeAt: 2);
        var taker = Task.Run(() => queue.Take(out int item) ? item : -1);
        queue.Add(1);
        queue.Close();
        Assert.Equal(1, await taker);
        Assert.False(queue.Take(out _));
        Assert.False(queue.Add(2));
    }
}
