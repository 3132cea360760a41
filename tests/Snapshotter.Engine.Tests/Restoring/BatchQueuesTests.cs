using Snapshotter.Engine.Restoring;


namespace Snapshotter.Engine.Tests.Restoring;

/// <summary>Who writes what of a restore.</summary>
public sealed class BatchQueuesTests
{
    [Fact]
    public void A_writer_takes_its_own_first_and_then_what_waits_behind_another()
    {
        var queues = new BatchQueues(2);
        RestoreBatch[] batches = [new(), new(), new()];
        Assert.True(queues.TryAdd(0, batches[0], TimeSpan.Zero));
        Assert.True(queues.TryAdd(0, batches[1], TimeSpan.Zero));
        Assert.False(queues.TryAdd(0, new RestoreBatch(), TimeSpan.Zero));
        Assert.Equal(1, queues.Shortest);
        Assert.True(queues.TryAdd(1, batches[2], TimeSpan.Zero));

        Assert.True(queues.Take(1, out var own));
        Assert.Same(batches[2], own);
        Assert.True(queues.Take(1, out var taken));
        Assert.Same(batches[0], taken);
        Assert.True(queues.Take(0, out var last));
        Assert.Same(batches[1], last);
    }

    [Fact]
    public async Task Nobody_waits_for_what_was_cancelled()
    {
        var queues = new BatchQueues(1);
        var writer = Task.Run(() => queues.Take(0, out _), TestContext.Current.CancellationToken);
        queues.Cancel();
        Assert.False(await writer);
        Assert.False(queues.TryAdd(0, new RestoreBatch(), Timeout.InfiniteTimeSpan));
    }
}
