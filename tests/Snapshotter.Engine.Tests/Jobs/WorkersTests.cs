using Snapshotter.Engine.Jobs;

namespace Snapshotter.Engine.Tests.Jobs;

public sealed class WorkersTests
{
    [Fact]
    public void The_first_failure_stops_the_others_and_is_thrown()
    {
        using var workers = new Workers(CancellationToken.None);
        for (int i = 0; i < 3; i++)
        {
            workers.Start("waits", () => Assert.True(workers.Stopping.WaitHandle.WaitOne(TimeSpan.FromMinutes(1))));
        }

        workers.Start("fails", () => throw new InvalidDataException("first"));

        var failure = Assert.Throws<InvalidDataException>(() => workers.Await(_ => false, () => { }));
        Assert.Equal("first", failure.Message);
        Assert.Equal(4, workers.Count);
    }

    [Fact]
    public void Whoever_hears_of_the_stop_finds_the_failure()
    {
        using var workers = new Workers(CancellationToken.None);
        Exception? heard = null;
        using var registration = workers.Stopping.Register(() => heard = Record.Exception(workers.ThrowIfStopped));

        workers.Start("fails", () => throw new InvalidDataException());
        Assert.Throws<InvalidDataException>(() => workers.Await(_ => false, () => { }));
        workers.Dispose();

        Assert.IsType<InvalidDataException>(heard);
    }

    [Fact]
    public void Who_is_cancelled_has_not_failed()
    {
        using var cancellation = new CancellationTokenSource();
        using var workers = new Workers(cancellation.Token);
        workers.Start("waits", () =>
        {
            workers.Stopping.WaitHandle.WaitOne();
            workers.Stopping.ThrowIfCancellationRequested();
        });

        cancellation.Cancel();

        Assert.ThrowsAny<OperationCanceledException>(workers.ThrowIfStopped);
    }

    [Fact]
    public void The_end_waits_for_all_and_may_come_twice()
    {
        var workers = new Workers(CancellationToken.None);
        bool ended = false;
        workers.Start("ends late", () =>
        {
            workers.Stopping.WaitHandle.WaitOne();
            Thread.Sleep(50);
            ended = true;
        });

        workers.Dispose();
        workers.Dispose();

        Assert.True(ended);
    }

    [Fact]
    public void The_caller_is_idle_until_it_is_done()
    {
        using var workers = new Workers(CancellationToken.None);
        int idle = 0;

        workers.Await(_ => idle == 3, () => idle++);

        Assert.Equal(3, idle);
    }
}
