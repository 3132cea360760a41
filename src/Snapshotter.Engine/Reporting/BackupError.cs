namespace Snapshotter.Engine.Reporting;

/// <summary>What went wrong, as a stable name: users and scripts may rely on it, not on the words of a message.</summary>
public enum BackupError
{
    /// <summary>The config.yml named does not exist.</summary>
    ConfigNotFound,

    /// <summary>The configuration was read, but is wrong: file, line and column are in the message.</summary>
    ConfigInvalid,

    /// <summary>A directory or file to save does not exist.</summary>
    VolumeNotFound,

    /// <summary>A volume cannot be written: it is mounted read-only, or something that is no volume stands in its place.</summary>
    VolumeNotWritable,

    /// <summary>Somebody moved or exchanged folders in a volume, or put something into them, while it was restored.</summary>
    VolumeChanged,

    /// <summary>An earlier restore of this volume was interrupted and must be finished first.</summary>
    RestoreInterrupted,

    /// <summary>Another process restores this volume.</summary>
    VolumeLocked,

    /// <summary>The archive does not exist, or a directory stands in its place.</summary>
    ArchiveNotFound,

    /// <summary>The archive is one of the volumes to save into it, or to restore from it.</summary>
    ArchiveIsVolume,

    /// <summary>The archive has zero bytes: not even an end-of-archive marker.</summary>
    ArchiveEmpty,

    /// <summary>The archive is not a tar, or is truncated or damaged at the offset given.</summary>
    ArchiveInvalid,

    /// <summary>The operating system cannot read the archive at the offset given: a broken disk, or a lost connection.</summary>
    ArchiveUnreadable,

    /// <summary>Somebody else removed, replaced, cut or overwrote the archive while it was written.</summary>
    ArchiveChanged,

    /// <summary>A global pax header of another program stands in the archive: it would change what is appended, for every reader.</summary>
    GlobalHeader,

    /// <summary>Another process is writing the archive.</summary>
    ArchiveLocked,

    /// <summary>The file to create exists and is not empty.</summary>
    ArchiveExists,

    /// <summary>The archive cannot be written (read-only file system, permissions).</summary>
    ArchiveNotWritable,

    /// <summary>The archive holds no complete generation of that prefix, number or time, or the generation lacks the volume.</summary>
    GenerationNotFound,

    /// <summary>What is restored was saved incomplete: what it misses is left as it is in the volume. The result is incomplete.</summary>
    GenerationIncomplete,

    /// <summary>The generation is the newest, or the newest complete, one of a volume, which a restore needs; or it holds volumes that the rules do not judge.</summary>
    GenerationProtected,

    /// <summary>The clock of the machine was never set, so the rules of what to keep cannot be applied.</summary>
    ClockNotSet,

    /// <summary>The newest copy of a volume is older than the newest generation of its prefix.</summary>
    CopyOlder,

    /// <summary>A pattern of what is to be restored matches nothing, or the patterns leave nothing to restore.</summary>
    PatternMatchesNothing,

    /// <summary>The data in the archive is not what was saved.</summary>
    ChecksumMismatch,

    /// <summary>On a path that was named stands a symbolic link that another user made, or can exchange for another.</summary>
    UntrustedLink,

    /// <summary>An entry's name or link would reach outside the volume, or is otherwise refused.</summary>
    UnsafeEntry,

    /// <summary>There is no room for the archive to grow or for the volume to be staged.</summary>
    InsufficientSpace,

    /// <summary>A file could not be read. The others are saved; the result is incomplete.</summary>
    FileUnreadable,

    /// <summary>A file changed while it was read. The others are saved; the result is incomplete.</summary>
    FileChanged,

    /// <summary>Part of an entry (owner, attribute, a type of file) could not be kept. The result is incomplete.</summary>
    NotKept,

    /// <summary>
    /// A volume is restored, but some of what stood there before cannot be removed (it is immutable, or something is mounted in
    /// it): it stays in a folder in the volume that no backup takes. The result is incomplete.
    /// </summary>
    OldContentLeft,

    /// <summary>The operating system refused a read or write; the message has its words.</summary>
    InputOutput,
}
