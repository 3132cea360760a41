using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Archive;

/// <summary>Turns what the format and the platform say about an archive into the errors a user sees.</summary>
internal static class ArchiveErrors
{
    /// <param name="path">Path of the archive.</param>
    /// <param name="cause">What the format says.</param>
    /// <param name="place">What the entry is called, when that is known better than by its name.</param>
    public static BackupException Invalid(string path, TarFormatException cause, string? place = null)
    {
        place ??= cause.EntryName;
        string what = cause.Defect == TarDefect.NotTar
            ? $"'{path}' is not a tar archive: {cause.Message}"
            : $"'{path}' is damaged at offset {cause.Offset}"
                + (place is null ? "" : $", entry '{place}'") + $": {cause.Message}";
        return new BackupException(BackupError.ArchiveInvalid, what, place ?? path, cause)
        {
            Offset = cause.Offset,
            EntryName = cause.EntryName,
            Remedy = cause.Defect switch
            {
                TarDefect.NotTar => Remedy.NameArchive,
                TarDefect.Unsupported or TarDefect.TooLarge => Remedy.None,
                _ => Remedy.UseOtherCopy,
            },
        };
    }

    public static BackupException Invalid(string path, long offset, string message) =>
        new(BackupError.ArchiveInvalid, $"'{path}' is damaged at offset {offset}: {message}", path) { Offset = offset };

    /// <summary>The disk does not give the archive's bytes.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="offset">Where the read began; null when it was no read at a place.</param>
    /// <param name="cause">What the operating system said.</param>
    public static BackupException Unreadable(string path, long? offset, FileSystemException cause) =>
        cause.Error == FileError.InUse ? From(cause, path) : new(BackupError.ArchiveUnreadable,
            $"'{path}' cannot be read{(offset is null ? "" : $" at offset {offset}")}: {cause.Detail}.", path, cause)
        {
            Offset = offset,
        };

    /// <summary>Somebody who heeds no locks was at the archive while it was written.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="how">What happened to it, as a part of a sentence.</param>
    public static BackupException Changed(string path, string how) =>
        new(BackupError.ArchiveChanged, $"The archive '{path}' was changed by somebody else while it was written: {how}.", path);

    /// <summary>Nothing keeps two writers apart. Each looks for the other, but cannot see all.</summary>
    public static Notice NoLocks(string path) => new(
        BackupError.ArchiveLocked, path,
        $"The file system of '{path}' gives no locks: see to it that no two programs write to the archive at once.");

    /// <summary>True when bytes of the archive are not what was written, or cannot be had: other parts of it may be whole.</summary>
    public static bool IsDamage(BackupException e) => e.Error is BackupError.ArchiveInvalid or BackupError.ArchiveUnreadable;

    /// <summary>An entry that must not be restored; with it, the whole archive is refused.</summary>
    /// <param name="path">Path of the archive.</param>
    /// <param name="offset">Where the entry stands.</param>
    /// <param name="entryName">Its name as stored.</param>
    /// <param name="problem">What is wrong with it.</param>
    /// <param name="remedy">What to do about it.</param>
    /// <param name="place">What the entry is called, when that is known better than by its name.</param>
    public static BackupException Unsafe(
        string path, long offset, ReadOnlySpan<byte> entryName, string problem, Remedy remedy = Remedy.None, string? place = null)
    {
        string name = EntryNames.ForMessage(entryName);
        place ??= name;
        return new(BackupError.UnsafeEntry, $"'{path}', offset {offset}, entry '{place}': {problem} The archive is refused.", place)
        {
            Offset = offset,
            EntryName = name,
            Remedy = remedy,
        };
    }

    /// <summary>A failure to read or write the archive itself.</summary>
    public static BackupException From(FileSystemException cause, string path) => cause.Error switch
    {
        FileError.NotFound or FileError.NotADirectory => new(
            BackupError.ArchiveNotFound, $"The archive '{path}' does not exist.", path, cause)
        {
            Remedy = Remedy.CreateArchive,
        },
        FileError.UntrustedLink => new(BackupError.UntrustedLink, $"The archive '{path}' cannot be opened: {cause.Detail}.", path, cause),
        FileError.NoSpace => new(
            BackupError.InsufficientSpace, $"No space left for the archive '{path}'.", path, cause)
        {
            Remedy = Remedy.FreeArchiveSpace,
        },
        FileError.TooLarge => new(
            BackupError.InsufficientSpace, $"The archive '{path}' would be larger than its file system or a limit of this process allows.", path, cause),
        FileError.InUse => new(
            BackupError.ArchiveLocked, $"The archive '{path}' is in use by another program: {cause.Detail}.", path, cause)
        {
            Remedy = Remedy.WaitForArchive,
        },
        FileError.ReadOnly or FileError.AccessDenied => new(
            BackupError.ArchiveNotWritable,
            $"The archive '{path}' cannot be opened: {cause.Detail}.", path, cause)
        {
            Remedy = Remedy.CheckPermissions,
        },
        _ => new(BackupError.InputOutput, $"The archive '{path}' could not be read or written: {cause.Detail}.", path, cause),
    };
}
