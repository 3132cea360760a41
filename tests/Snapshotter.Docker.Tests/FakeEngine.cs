using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Snapshotter.Docker.Tests;

/// <summary>Answers a few questions of the Docker API over HTTP and remembers what it was asked.</summary>
internal sealed class FakeEngine : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Dictionary<string, (int Status, string Body)> _answers = [];
    private readonly List<string> _asked = [];
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;

    public FakeEngine()
    {
        _listener.Start();
        Address = $"tcp://{_listener.LocalEndpoint}";
        _serving = Task.Run(Serve);
        Answer("GET /info", """{"DockerRootDir": "/"}""");
    }

    public string Address { get; }

    /// <summary>What was asked so far, as "METHOD /path".</summary>
    public IReadOnlyList<string> Asked
    {
        get
        {
            lock (_lock)
                return [.. _asked];
        }
    }

    /// <summary>What containers were told to do, as "verb id".</summary>
    public IReadOnlyList<string> Orders
        => [.. Asked.Where(a => a.StartsWith("POST", StringComparison.Ordinal)).Select(a => a.Split('/')[^1] + " " + a.Split('/')[^2])];

    /// <summary>Runs when a question is asked, before it is answered.</summary>
    public Action<string>? OnAsked { get; set; }

    public void Answer(string question, string body, int status = 200) => _answers[question] = (status, body);

    /// <summary>Adds a container that can be inspected, stopped, started, paused and unpaused.</summary>
    public void AddContainer(string id, string status = "running", string mounts = "[]", string labels = "{}", bool autoRemove = false)
    {
        Answer($"GET /containers/{id}/json", $$"""
            {
                "Id": "{{id}}", "Name": "/{{id}}", "Mounts": {{mounts}},
                "HostConfig": { "AutoRemove": {{(autoRemove ? "true" : "false")}} },
                "Config": { "Labels": {{labels}} },
                "State": {
                    "Status": "{{status}}",
                    "Running": {{(status is "running" or "paused" ? "true" : "false")}},
                    "Paused": {{(status == "paused" ? "true" : "false")}}
                }
            }
            """);
        foreach (var verb in new[] { "stop", "start", "pause", "unpause" })
            Answer($"POST /containers/{id}/{verb}", "", 204);
    }

    public DockerEngine Connect() => DockerEngine.Connect(Address);

    public void Dispose()
    {
        _stop.Cancel();
        _serving.Wait();
        _listener.Stop();
        _stop.Dispose();
    }

    public static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private async Task Serve()
    {
        while (true)
        {
            TcpClient client;
            try
            {
                client = await _listener.AcceptTcpClientAsync(_stop.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            using (client)
                await Reply(client.GetStream());
        }
    }

    /// <summary>One question for each connection.</summary>
    private async Task Reply(NetworkStream stream)
    {
        using var reader = new StreamReader(stream, Encoding.ASCII);
        var words = (await reader.ReadLineAsync() ?? "").Split(' ');
        while (await reader.ReadLineAsync() is { Length: > 0 })
        {
        }

        var url = words[1].Split('?', 2);
        var question = $"{words[0]} {url[0]}";
        lock (_lock)
            _asked.Add(question);
        OnAsked?.Invoke(Uri.UnescapeDataString(question + (url.Length > 1 ? "?" + url[1] : "")));
        var (status, body) = _answers.GetValueOrDefault(question, (404, """{"message": "No such container"}"""));
        await stream.WriteAsync(Encoding.UTF8.GetBytes(
            $"HTTP/1.1 {status} -\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\nConnection: close\r\n\r\n{body}"));
    }
}
