using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Volumes.Optimizing;

/// <summary>Applies the policy of a configuration once a backup has been made.</summary>
internal static class KeepPolicy
{
    /// <summary>
    /// Removes what the policy does not keep, of the configuration's prefix alone and only when nothing is missing in the
    /// backup. What goes wrong is a warning: the backup itself is done.
    /// </summary>
    public static void Apply(
        IFileSystem fileSystem, string archive, VolumeConfig config, BackupOptions options, BackupReport report,
        IReporter reporter, CancellationToken cancellation)
    {
        if (config.Keep is null || !report.Complete)
        {
            return;
        }

        var optimize = new OptimizeOptions
        {
            Prefix = config.Prefix,
            PrefixIsLiteral = true,
            Keep = config.Keep,
            Wait = options.Wait,
            Durable = options.Durable,
        };
        try
        {
            report.Optimization = new OptimizeJob(fileSystem, archive, optimize).Plan(cancellation).Execute(reporter, cancellation);
        }
        catch (BackupException e)
        {
            reporter.Warn(new Notice(e.Error, archive, $"The backup is complete, but old generations stay: {e.Message}") { Remedy = e.Remedy });
        }
        catch (OperationCanceledException)
        {
            reporter.Warn(new Notice(BackupError.NotKept, archive, "The backup is complete, but old generations stay: cancelled."));
        }
    }
}
