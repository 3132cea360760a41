using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace Snapshotter.Docker;

/// <summary>
/// A Docker engine (or another that speaks its API). All methods throw <see cref="DockerException"/> for what a user
/// can mend. An instance may be used by one thread at a time.
/// </summary>
public sealed partial class DockerEngine : IDisposable
{
    /// <summary>Containers with this label set to "true" are those to save, by convention.</summary>
    public const string EnableLabel = "snapshotter.enable";

    /// <summary>The label whose value, patterns separated by commas, becomes the configuration's <see cref="Engine.Config.VolumeConfig.Exclude"/>.</summary>
    public const string ExcludeLabel = "snapshotter.exclude";

    private readonly DockerClient _client;
    private string? _dataRoot;

    private DockerEngine(DockerClient client, Uri address)
    {
        _client = client;
        Address = address;
    }

    /// <summary>Where the engine is: unix://, npipe:// or tcp://.</summary>
    public Uri Address { get; }

    /// <summary>
    /// Chooses the engine. Nothing is sent before the first question.
    /// </summary>
    /// <param name="host">
    /// An address such as unix:///var/run/docker.sock, npipe://./pipe/docker_engine or tcp://host:2375, or the path of a
    /// socket. Null or empty: the one that the docker command would use (DOCKER_HOST, its current context, or the
    /// platform's default socket or pipe).
    /// </param>
    public static DockerEngine Connect(string? host = null)
    {
        try
        {
            var address = string.IsNullOrEmpty(host) ? new DockerConfig().GetEndpoint()
                : host.StartsWith('/') ? new Uri("unix://" + host)
                : new Uri(host, UriKind.Absolute);
            return new DockerEngine(new DockerClientBuilder().WithEndpoint(address).Build(), address);
        }
        catch (Exception e) when (e is DockerConfigurationException or SshDockerEndpointNotSupportedException or UriFormatException or NotSupportedException or InvalidOperationException
            or ArgumentException or IOException or UnauthorizedAccessException or JsonException)
        {
            throw new DockerException(DockerError.DockerUnavailable, $"The address of the Docker engine cannot be used: {e.Message}", host, e);
        }
    }

    /// <summary>Lists containers, running or not, by name.</summary>
    /// <param name="labels">Labels they must all have: "key" or "key=value".</param>
    /// <param name="cancellation">Stops waiting for the engine.</param>
    public async Task<IReadOnlyList<ContainerSummary>> ListAsync(
        IEnumerable<string>? labels = null, CancellationToken cancellation = default)
    {
        var parameters = new ContainersListParameters { All = true };
        var wanted = (labels ?? []).Distinct(StringComparer.Ordinal).ToDictionary(l => l, _ => true, StringComparer.Ordinal);
        if (wanted.Count > 0)
            parameters.Filters = new Dictionary<string, IDictionary<string, bool>> { ["label"] = wanted };
        var found = await Ask(() => _client.Containers.ListContainersAsync(parameters, cancellation), null, cancellation).ConfigureAwait(false);
        return
        [
            .. found
                .Select(c => new ContainerSummary(OwnName(c), c.ID, c.State, (c.Labels ?? new Dictionary<string, string>()).AsReadOnly()))
                .OrderBy(c => c.Name, StringComparer.Ordinal),
        ];
    }

    /// <summary>Reads a container's mounts as the configuration of a backup, with prefix <c>volumes/NAME</c>.</summary>
    /// <param name="container">Its name or id; the first digits of the id are enough.</param>
    /// <param name="shared">The volumes that containers read before have named, which this one then omits; null for none.</param>
    /// <param name="cancellation">Stops waiting for the engine.</param>
    public async Task<ContainerVolumeConfig> ReadVolumesAsync(
        string container, SharedVolumes? shared = null, CancellationToken cancellation = default)
    {
        shared ??= new SharedVolumes();
        var found = await InspectAsync(container, cancellation).ConfigureAwait(false);
        var dataRoot = await FindDataRootAsync(cancellation).ConfigureAwait(false);
        var paths = FindPaths(dataRoot);
        var name = found.Name.TrimStart('/');
        var (volumes, omitted) = MountSelection.Select(
            found.Mounts ?? [], paths == VolumePaths.Host, SocketPath, dataRoot, (source, target) => shared.Claim(source, found.ID, name, target));
        string? exclude = null;
        _ = found.Config?.Labels?.TryGetValue(ExcludeLabel, out exclude);
        return new ContainerVolumeConfig
        {
            Prefix = "volumes/" + name,
            Volumes = volumes,
            Exclude = (exclude ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).ToList(),
            ContainerName = name,
            ContainerId = found.ID,
            State = found.State?.Status ?? "",
            Paths = paths,
            Omitted = omitted,
        };
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    internal Task<ContainerInspectResponse> InspectAsync(string container, CancellationToken cancellation)
        // A name that the engine would never give could mean another address of its API.
        => ContainerName.IsMatch(container)
            ? Ask(() => _client.Containers.InspectContainerAsync(container, cancellation), container, cancellation)
            : throw NotFound(container, null);

    // A request to stop or start that is given up half-way would be carried out at a moment nobody knows: they are not cancellable.
    internal Task StopAsync(string id)
        => Ask(() => _client.Containers.StopContainerAsync(id, new ContainerStopParameters(), CancellationToken.None), id, CancellationToken.None);

    internal Task StartAsync(string id)
        => Ask(() => _client.Containers.StartContainerAsync(id, new ContainerStartParameters(), CancellationToken.None), id, CancellationToken.None);

    internal Task PauseAsync(string id)
        => Ask(() => Done(_client.Containers.PauseContainerAsync(id, CancellationToken.None)), id, CancellationToken.None);

    internal Task UnpauseAsync(string id)
        => Ask(() => Done(_client.Containers.UnpauseContainerAsync(id, CancellationToken.None)), id, CancellationToken.None);

    private string? SocketPath => Address.Scheme == "unix" ? Address.LocalPath : null;

    [GeneratedRegex("^/?[a-zA-Z0-9][a-zA-Z0-9_.-]*$")]
    private static partial Regex ContainerName { get; }

    /// <summary>A container has further names, with another's name before the last slash, when others link to it.</summary>
    private static string OwnName(ContainerListResponse container)
        => (container.Names?.FirstOrDefault(n => n.LastIndexOf('/') == 0) ?? container.ID).TrimStart('/');

    internal static bool IsRemote(Uri address) => address.Scheme is not ("unix" or "npipe") && !address.IsLoopback;

    private async Task<string> FindDataRootAsync(CancellationToken cancellation)
        => _dataRoot ??= (await Ask(() => _client.System.GetSystemInfoAsync(cancellation), null, cancellation).ConfigureAwait(false)).DockerRootDir ?? "";

    private VolumePaths FindPaths(string dataRoot)
    {
        if (IsRemote(Address))
            return VolumePaths.Remote;
        // An engine may run in the same container, as on many build servers: then its folder is here.
        return !IsInContainer || Directory.Exists(dataRoot) ? VolumePaths.Host : VolumePaths.Container;
    }

    private static bool IsInContainer
        => Environment.GetEnvironmentVariable("DOTNET_RUNNING_IN_CONTAINER") is "true" or "1"
            || File.Exists("/.dockerenv") || File.Exists("/run/.containerenv");

    private static async Task<bool> Done(Task request)
    {
        await request.ConfigureAwait(false);
        return true;
    }

    private async Task<T> Ask<T>(Func<Task<T>> question, string? target, CancellationToken cancellation)
    {
        try
        {
            return await question().ConfigureAwait(false);
        }
        catch (DockerApiException e) when (e.StatusCode == HttpStatusCode.NotFound && target is not null)
        {
            throw NotFound(target, e);
        }
        catch (DockerApiException e)
        {
            throw new DockerException(DockerError.DockerRefused, $"The Docker engine at {Address} refused: {Words(e)}", target, e);
        }
        // The client's own time limit looks like a cancellation.
        catch (Exception e) when (!cancellation.IsCancellationRequested && e is HttpRequestException or SocketException or AggregateException
            or IOException or TimeoutException or OperationCanceledException or UnauthorizedAccessException or JsonException)
        {
            throw new DockerException(
                DockerError.DockerUnavailable,
                SocketPath is { } socket && !Path.Exists(socket) ? $"There is no socket of a container engine at '{socket}'."
                    : $"No Docker engine answers at {Address} ({e.GetBaseException().Message}).",
                Address.ToString(), e);
        }
    }

    private DockerException NotFound(string container, Exception? cause)
        => new(DockerError.ContainerNotFound, $"There is no container '{container}' at {Address}.", container, cause);

    /// <summary>The engine answers with a JSON object that has one string, "message".</summary>
    private static string Words(DockerApiException e)
    {
        try
        {
            using var json = JsonDocument.Parse(e.ResponseBody ?? "");
            return json.RootElement.GetProperty("message").GetString() ?? e.Message;
        }
        catch (Exception malformed) when (malformed is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return e.Message;
        }
    }
}
