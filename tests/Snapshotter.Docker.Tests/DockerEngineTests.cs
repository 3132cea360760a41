using Snapshotter.Engine.Config;


namespace Snapshotter.Docker.Tests;

public sealed class DockerEngineTests : IDisposable
{
    private const string Mounts = """[{"Type": "bind", "Source": "/srv/data", "Destination": "/data", "RW": true}]""";

    private readonly FakeEngine _fake = new();
    private readonly string? _inContainer = Environment.GetEnvironmentVariable("DOTNET_RUNNING_IN_CONTAINER");

    // Whether or not the tests run in a container: the fake engine's folder is "/" unless a test says otherwise.
    public DockerEngineTests() => Environment.SetEnvironmentVariable("DOTNET_RUNNING_IN_CONTAINER", "true");

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("DOTNET_RUNNING_IN_CONTAINER", _inContainer);
        _fake.Dispose();
    }

    [Fact]
    public async Task A_container_becomes_a_configuration()
    {
        _fake.AddContainer("busy_lewin", mounts: Mounts, labels: """{"snapshotter.exclude": "*.tmp, cache/**,,"}""");
        using var engine = _fake.Connect();

        var config = await engine.ReadVolumesAsync("busy_lewin", cancellation: TestContext.Current.CancellationToken);

        Assert.Equal("volumes/busy_lewin", config.Prefix);
        Assert.Equal("busy_lewin", config.ContainerName);
        Assert.Equal("busy_lewin", config.ContainerId);
        Assert.True(config.IsRunning);
        Assert.Equal(["*.tmp", "cache/**"], config.Exclude);
        Assert.Equal("/data", Assert.Single(config.Volumes).Target);
    }

    [Fact]
    public async Task It_can_be_written_for_a_container_that_shares_the_volumes()
    {
        _fake.AddContainer("web", mounts: Mounts, labels: """{"snapshotter.exclude": "*.tmp"}""");
        using var engine = _fake.Connect();
        var config = await engine.ReadVolumesAsync("web", cancellation: TestContext.Current.CancellationToken);
        Assert.Equal("/srv/data", config.Volumes[0].Path);

        var read = VolumeConfigFile.Parse(config.ToYaml(), "config.yml");

        Assert.Equal("volumes/web", read.Prefix);
        Assert.Equal("/data", Assert.Single(read.Volumes).Path);
        Assert.Equal(["*.tmp"], read.Exclude);
    }

    [Theory]
    [InlineData("/", VolumePaths.Host, "/srv/data")]
    [InlineData("/no/engine/has/its/folder/here", VolumePaths.Container, null)]
    public async Task In_a_container_sources_are_known_only_when_the_engine_is_there_too(string root, VolumePaths expected, string? source)
    {
        _fake.Answer("GET /info", $$"""{"DockerRootDir": "{{root}}"}""");
        _fake.AddContainer("c", mounts: Mounts);
        using var engine = _fake.Connect();

        var config = await engine.ReadVolumesAsync("c", cancellation: TestContext.Current.CancellationToken);

        Assert.Equal(expected, config.Paths);
        Assert.Equal(source, Assert.Single(config.Volumes).Source);
    }

    [Theory]
    [InlineData("unix:///var/run/docker.sock", false)]
    [InlineData("npipe://./pipe/docker_engine", false)]
    [InlineData("tcp://localhost:2375", false)]
    [InlineData("tcp://127.0.0.1:2375", false)]
    [InlineData("tcp://192.0.2.1:2375", true)]
    public void Engines_elsewhere_are_known_by_their_address(string address, bool remote)
        => Assert.Equal(remote, DockerEngine.IsRemote(new Uri(address)));

    [Fact]
    public async Task Containers_are_listed_by_label_and_sorted_by_name()
    {
        _fake.Answer("GET /containers/json", """
            [
                {"Id": "2", "Names": ["/app/alias", "/web"], "State": "exited", "Labels": {"snapshotter.enable": "true"}},
                {"Id": "1", "Names": ["/db"], "State": "running", "Labels": null}
            ]
            """);
        var asked = "";
        _fake.OnAsked = q => asked = q;
        using var engine = _fake.Connect();

        var found = await engine.ListAsync(["snapshotter.enable=true"], TestContext.Current.CancellationToken);

        Assert.Equal(["db", "web"], found.Select(c => c.Name));
        Assert.Equal(["running", "exited"], found.Select(c => c.State));
        Assert.Equal("true", found[1].Labels[DockerEngine.EnableLabel]);
        Assert.Contains("all=1", asked.Replace("True", "1", StringComparison.OrdinalIgnoreCase), StringComparison.Ordinal);
        Assert.Contains("""{"label":{"snapshotter.enable=true":true}}""", asked, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("unknown", 1)]
    [InlineData("../info", 0)]
    [InlineData("a/json?x", 0)]
    [InlineData("", 0)]
    public async Task An_unknown_container_is_not_found(string name, int questions)
    {
        using var engine = _fake.Connect();

        var e = await Assert.ThrowsAsync<DockerException>(() => engine.ReadVolumesAsync(name, cancellation: TestContext.Current.CancellationToken));

        Assert.Equal(DockerError.ContainerNotFound, e.Error);
        Assert.Equal(name, e.Target);
        Assert.Equal(questions, _fake.Asked.Count);
    }

    [Fact]
    public async Task What_the_engine_refuses_is_told_in_its_own_words()
    {
        _fake.Answer("GET /containers/json", """{"message": "the disk is on fire"}""", 500);
        using var engine = _fake.Connect();

        var e = await Assert.ThrowsAsync<DockerException>(() => engine.ListAsync(cancellation: TestContext.Current.CancellationToken));

        Assert.Equal(DockerError.DockerRefused, e.Error);
        Assert.Contains("the disk is on fire", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_is_not_from_an_engine_is_no_engine()
    {
        _fake.Answer("GET /containers/json", "<html>a web server</html>");
        using var engine = _fake.Connect();

        var e = await Assert.ThrowsAsync<DockerException>(() => engine.ListAsync(cancellation: TestContext.Current.CancellationToken));

        Assert.Equal(DockerError.DockerUnavailable, e.Error);
    }

    [Theory]
    [InlineData("tcp://127.0.0.1:{0}")]
    [InlineData("/no/such/docker.sock")]
    [InlineData("unix:///no/such/docker.sock")]
    [InlineData("ssh://host")]
    [InlineData("nonsense")]
    [InlineData("gopher://host")]
    public async Task An_engine_that_cannot_be_reached_is_unavailable(string address)
    {
        var e = await Assert.ThrowsAsync<DockerException>(async () =>
        {
            using var engine = DockerEngine.Connect(string.Format(null, address, FakeEngine.FreePort()));
            await engine.ListAsync(cancellation: TestContext.Current.CancellationToken);
        });

        Assert.Equal(DockerError.DockerUnavailable, e.Error);
    }

    [Fact]
    public void The_address_comes_from_the_environment_unless_given()
    {
        var before = Environment.GetEnvironmentVariable("DOCKER_HOST");
        try
        {
            Environment.SetEnvironmentVariable("DOCKER_HOST", "tcp://192.0.2.1:2375");
            using var fromEnvironment = DockerEngine.Connect();
            using var given = DockerEngine.Connect("/run/docker.sock");
            Assert.Equal(new Uri("tcp://192.0.2.1:2375"), fromEnvironment.Address);
            Assert.Equal(new Uri("unix:///run/docker.sock"), given.Address);
        }
        finally
        {
            Environment.SetEnvironmentVariable("DOCKER_HOST", before);
        }
    }
}
