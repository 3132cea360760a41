namespace Snapshotter.Docker.Tests;

public sealed class ContainerHoldTests : IDisposable
{
    private readonly FakeEngine _fake = new();
    private readonly DockerEngine _engine;

    public ContainerHoldTests()
    {
        _engine = _fake.Connect();
        _fake.AddContainer("web");
        _fake.AddContainer("db");
        _fake.AddContainer("resting", "exited");
    }

    public void Dispose()
    {
        _engine.Dispose();
        _fake.Dispose();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(HoldMode.Stop, "stop", "start")]
    [InlineData(HoldMode.Pause, "pause", "unpause")]
    public async Task Running_containers_are_held_in_order_and_released_in_reverse(HoldMode mode, string hold, string release)
    {
        var held = await ContainerHold.TakeAsync(_engine, ["web", "resting", "db", "web"], mode, Token);
        Assert.Equal(["db", "web"], held.Held);
        _fake.AddContainer("web", mode == HoldMode.Stop ? "exited" : "paused");
        _fake.AddContainer("db", mode == HoldMode.Stop ? "exited" : "paused");

        Assert.Empty(await held.ReleaseAsync());

        Assert.Equal([$"{hold} web", $"{hold} db", $"{release} db", $"{release} web"], _fake.Orders);
        Assert.Empty(held.Held);
        Assert.Empty(await held.ReleaseAsync());
        Assert.Equal(4, _fake.Orders.Count);
    }

    [Fact]
    public async Task A_paused_container_stays_as_it_is()
    {
        _fake.AddContainer("web", "paused");

        var held = await ContainerHold.TakeAsync(_engine, ["web"], HoldMode.Stop, Token);

        Assert.Empty(held.Held);
        Assert.Empty(_fake.Orders);
    }

    [Fact]
    public async Task When_one_cannot_be_stopped_all_are_started_again()
    {
        _fake.Answer("POST /containers/db/stop", """{"message": "no"}""", 500);

        var e = await Assert.ThrowsAsync<DockerException>(() => ContainerHold.TakeAsync(_engine, ["web", "db"], HoldMode.Stop, Token));

        Assert.Equal(DockerError.ContainerNotStopped, e.Error);
        Assert.Equal("db", e.Target);
        Assert.Equal(["stop web", "stop db", "start db", "start web"], _fake.Orders);
    }

    [Fact]
    public async Task Cancelling_starts_again_what_was_stopped_already()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        _fake.OnAsked = q =>
        {
            if (q.StartsWith("POST /containers/web/stop", StringComparison.Ordinal))
                cancel.Cancel();
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => ContainerHold.TakeAsync(_engine, ["web", "db"], HoldMode.Stop, cancel.Token));

        Assert.Equal(["stop web", "start web"], _fake.Orders);
    }

    [Fact]
    public async Task One_that_cannot_be_started_does_not_keep_the_others_stopped()
    {
        var held = await ContainerHold.TakeAsync(_engine, ["web", "db"], HoldMode.Stop, Token);
        _fake.Answer("POST /containers/db/start", """{"message": "no"}""", 500);

        var e = Assert.Single(await held.ReleaseAsync());

        Assert.Equal(DockerError.ContainerNotStarted, e.Error);
        Assert.Equal("db", e.Target);
        Assert.Equal("start web", _fake.Orders[^1]);
    }

    [Fact]
    public async Task Nothing_is_stopped_when_one_is_unknown()
    {
        var e = await Assert.ThrowsAsync<DockerException>(() => ContainerHold.TakeAsync(_engine, ["web", "nobody"], HoldMode.Stop, Token));

        Assert.Equal(DockerError.ContainerNotFound, e.Error);
        Assert.Empty(_fake.Orders);
    }

    [Fact]
    public async Task A_container_that_stopping_would_remove_is_refused_but_can_be_paused()
    {
        _fake.AddContainer("web", autoRemove: true);

        var e = await Assert.ThrowsAsync<DockerException>(() => ContainerHold.TakeAsync(_engine, ["db", "web"], HoldMode.Stop, Token));
        Assert.Equal(DockerError.ContainerNotStopped, e.Error);
        Assert.Empty(_fake.Orders);

        var held = await ContainerHold.TakeAsync(_engine, ["web"], HoldMode.Pause, Token);
        Assert.Equal(["web"], held.Held);
    }
}
