using System.Management.Automation;
using Snapshotter.Docker;
using Snapshotter.Engine.Reporting;
using Snapshotter.PowerShell.Output;

namespace Snapshotter.PowerShell;

/// <summary>
/// The one place where the engine's errors become PowerShell's: the id is the engine's own name for the error, so a
/// FullyQualifiedErrorId begins with it.
/// </summary>
internal static class ErrorRecords
{
    public static ErrorRecord From(BackupException exception)
        => New(exception, exception.Error.ToString(), CategoryOf(exception.Error), exception.Target,
            Remedies.TextOf(exception.Remedy, exception.Target));

    public static ErrorRecord From(DockerException exception)
        => New(exception, exception.Error.ToString(), CategoryOf(exception.Error), exception.Target,
            Remedies.TextOf(exception.Error, exception.Target));

    /// <summary>A name that none of the containers with the labels wanted has.</summary>
    public static ErrorRecord NoContainer(string name, string[] labels)
        => From(new DockerException(
            DockerError.ContainerNotFound, Messages.Format(nameof(Messages.NoContainer), name, string.Join(", ", labels)), name));

    /// <summary>Volumes that this process cannot reach.</summary>
    public static ErrorRecord RemoteContainer(ContainerVolumeConfig config)
        => From(new BackupException(
            BackupError.VolumeNotFound, Messages.Format(nameof(Messages.ContainerIsRemote), config.ContainerName), config.ContainerName));

    /// <summary>A problem with one file, which does not end the job.</summary>
    public static ErrorRecord From(Notice problem)
        => From(new BackupException(problem.Kind, problem.ToString(), problem.Path) { Remedy = problem.Remedy });

    /// <summary>Wildcards that match no file or directory.</summary>
    public static ErrorRecord NothingMatches(string pattern)
        => From(new BackupException(
            BackupError.VolumeNotFound, Messages.Format(nameof(Messages.NoMatch), pattern), pattern));

    /// <summary>A path of the registry, the environment...</summary>
    public static ErrorRecord NotFileSystem(string path)
        => Usage("PathNotFileSystem", Messages.Format(nameof(Messages.PathNotFileSystem), path), path);

    /// <summary>Parameters that do not go together, or whose values cannot be.</summary>
    public static ErrorRecord Usage(string id, string message, object? target)
        => Named(new ErrorRecord(new ArgumentException(message), id, ErrorCategory.InvalidArgument, target));

    /// <summary>The message shown is what is wrong and what to do; the latter also stands by itself.</summary>
    private static ErrorRecord New(Exception exception, string id, ErrorCategory category, object? target, string remedy)
        => Named(new ErrorRecord(exception, id, category, target)
        {
            ErrorDetails = new ErrorDetails(Remedies.Join(exception.Message, remedy)) { RecommendedAction = remedy },
        });

    /// <summary>Scripts get the target as it is; what PowerShell shows of it is safe.</summary>
    private static ErrorRecord Named(ErrorRecord record)
    {
        if (record.TargetObject is string target)
            record.CategoryInfo.TargetName = Shown.Name(target);
        return record;
    }

    private static ErrorCategory CategoryOf(DockerError error) => error switch
    {
        DockerError.DockerUnavailable => ErrorCategory.ConnectionError,
        DockerError.ContainerNotFound => ErrorCategory.ObjectNotFound,
        _ => ErrorCategory.InvalidOperation,
    };

    private static ErrorCategory CategoryOf(BackupError error) => error switch
    {
        BackupError.ConfigNotFound or BackupError.VolumeNotFound or BackupError.ArchiveNotFound
            or BackupError.GenerationNotFound or BackupError.PatternMatchesNothing => ErrorCategory.ObjectNotFound,
        BackupError.ConfigInvalid or BackupError.ArchiveEmpty or BackupError.ArchiveInvalid
            or BackupError.ChecksumMismatch => ErrorCategory.InvalidData,
        BackupError.VolumeNotWritable or BackupError.ArchiveNotWritable => ErrorCategory.PermissionDenied,
        BackupError.ArchiveExists => ErrorCategory.ResourceExists,
        BackupError.ArchiveLocked or BackupError.VolumeLocked => ErrorCategory.ResourceBusy,
        BackupError.InsufficientSpace => ErrorCategory.ResourceUnavailable,
        BackupError.VolumeChanged or BackupError.RestoreInterrupted or BackupError.GenerationProtected or BackupError.ClockNotSet
            or BackupError.ArchiveIsVolume or BackupError.ArchiveChanged or BackupError.GlobalHeader => ErrorCategory.InvalidOperation,
        BackupError.UnsafeEntry => ErrorCategory.SecurityError,
        BackupError.FileUnreadable or BackupError.ArchiveUnreadable => ErrorCategory.ReadError,
        BackupError.FileChanged or BackupError.NotKept or BackupError.GenerationIncomplete or BackupError.CopyOlder => ErrorCategory.InvalidResult,
        BackupError.InputOutput => ErrorCategory.DeviceError,
        _ => ErrorCategory.NotSpecified,
    };
}
