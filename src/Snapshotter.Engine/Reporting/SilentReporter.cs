namespace Snapshotter.Engine.Reporting;

/// <summary>The reporter that hears nothing: the default.</summary>
public sealed class SilentReporter : IReporter
{
    private SilentReporter()
    {
    }

    /// <summary>The one instance.</summary>
    public static SilentReporter Instance { get; } = new();
}
