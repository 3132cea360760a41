namespace Snapshotter.PowerShell;

/// <summary>A parameter's value cannot be used; this layer's own counterpart of the engine's exceptions.</summary>
internal sealed class UsageException(string id, string message, object? target) : ArgumentException(message)
{
    /// <summary>The stable id.</summary>
    public string Id { get; } = id;

    public object? Target { get; } = target;
}
