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

    /// <summary>The error that an exception is about; null for one that is no user's matter.</summary>
    public static ErrorRecord? TryFrom(Exception exception) => exception switch
    {
        BackupException e => From(e),
        DockerException e => From(e),
        UsageException e => New(e, e.Id, ErrorCategory.InvalidArgument, e.Target),
        // A drive or provider that does not exist.
        SessionStateException e => new ErrorRecord(e.ErrorRecord, e),
        _ => null,
    };

    /// <summary>Two parameters say which generation is meant.</summary>
    public static ErrorRecord GenerationAmbiguous(int? generation) => new(
        new ArgumentException(Messages.GenerationAmbiguous), nameof(Messages.GenerationAmbiguous), ErrorCategory.InvalidArgument, generation);

    /// <summary>An entry that no backup brought.</summary>
    public static ErrorRecord EntryOfNoVolume(string path, string archive) => New(
        new ArgumentException(Messages.Format(nameof(Messages.EntryOfNoVolume), path, archive)),
        nameof(Messages.EntryOfNoVolume), ErrorCategory.InvalidArgument, path);

    /// <summary>A name that none of the containers with the labels wanted has.</summary>
    public static ErrorRecord NoContainer(string name, string[] labels)
        => From(new DockerException(
            DockerError.ContainerNotFound, Messages.Format(nameof(Messages.NoContainer), name, string.Join(", ", labels)), name));

    /// <summary>Volumes that this process cannot reach.</summary>
    public static BackupException RemoteContainer(ContainerVolumeConfig config)
        => new(BackupError.VolumeNotFound, Messages.Format(nameof(Messages.ContainerIsRemote), config.ContainerName), config.ContainerName);

    /// <summary>A problem with one file, which does not end the job.</summary>
    public static ErrorRecord From(Notice problem)
        => From(new BackupException(problem.Kind, problem.ToString(), problem.Path) { Remedy = problem.Remedy });

    /// <summary>Wildcards that match no file or directory to save.</summary>
    public static BackupException NoVolumeMatches(string pattern)
        => new(BackupError.VolumeNotFound, Messages.Format(nameof(Messages.NoMatch), pattern), pattern);

    /// <summary>Wildcards that match no archive.</summary>
    public static BackupException NoArchiveMatches(string pattern)
        => new(BackupError.ArchiveNotFound, Messages.Format(nameof(Messages.NoArchiveMatches), pattern), pattern);

    /// <summary>
    /// What to do is the recommendation, which PowerShell shows below the message. Scripts get the target as it is; what
    /// PowerShell shows of it is safe.
    /// </summary>
    private static ErrorRecord New(Exception exception, string id, ErrorCategory category, object? target, string remedy = "")
    {
        var record = new ErrorRecord(exception, id, category, target);
        if (remedy.Length > 0)
            record.ErrorDetails = new ErrorDetails(exception.Message) { RecommendedAction = remedy };
        if (target is string name)
            record.CategoryInfo.TargetName = Shown.Name(name);
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
        BackupError.UnsafeEntry or BackupError.UntrustedLink => ErrorCategory.SecurityError,
        BackupError.FileUnreadable or BackupError.ArchiveUnreadable => ErrorCategory.ReadError,
        BackupError.FileChanged or BackupError.NotKept or BackupError.GenerationIncomplete or BackupError.CopyOlder
            or BackupError.OldContentLeft => ErrorCategory.InvalidResult,
        BackupError.InputOutput => ErrorCategory.DeviceError,
        _ => ErrorCategory.NotSpecified,
    };
}
