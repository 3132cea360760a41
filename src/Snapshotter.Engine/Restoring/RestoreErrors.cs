using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Restoring;

/// <summary>Turns what the platform says about a volume that is restored into the errors a user sees.</summary>
internal static class RestoreErrors
{
    public static BackupException From(FileSystemException cause, string path) => cause.Error switch
    {
        FileError.NoSpace => new(
            BackupError.InsufficientSpace,
            $"No space left to restore '{path}': {cause.Message}.", path, cause)
        {
            Remedy = Remedy.FreeVolumeSpace,
        },
        FileError.UntrustedLink => new(BackupError.UntrustedLink, $"'{path}' cannot be restored: {cause.Detail}.", path, cause),
        FileError.TooLarge => new(
            BackupError.InsufficientSpace,
            $"'{path}' cannot be restored: {cause.Message}. Its file system, or a limit of this process, does not allow files so large.", path, cause)
        {
            Remedy = Remedy.RestoreElsewhere,
        },
        FileError.ReadOnly => new(
            BackupError.VolumeNotWritable, $"'{path}' is on a read-only file system and cannot be restored.", path, cause)
        {
            Remedy = Remedy.MountWritable,
        },
        FileError.AccessDenied => new(
            BackupError.VolumeNotWritable, $"'{path}' cannot be restored: {cause.Message}.", path, cause)
        {
            Remedy = Remedy.ChangeUser,
        },
        FileError.InUse => new(
            BackupError.VolumeNotWritable,
            $"'{path}' cannot be restored: {cause.Message}. Another program has that open; end the program and restore again.", path, cause),
        FileError.Moved or FileError.NotEmpty or FileError.NotADirectory or FileError.IsADirectory or FileError.SymbolicLink => new(
            BackupError.VolumeChanged,
            $"'{path}' was changed by somebody else while it was restored, and is not wholly restored: {cause.Message}.", path, cause)
        {
            Remedy = Remedy.RestoreAgain,
        },
        _ => new(BackupError.InputOutput, $"'{path}' could not be restored: {cause.Message}.", path, cause),
    };

    /// <summary>Something old could not be moved away, and all of it is back in place.</summary>
    public static BackupException FromPutBack(FileSystemException cause, string path) => new(
        From(cause, path).Error,
        $"'{cause.Path}' cannot be moved out of the way: {cause.Detail}. '{path}' is as it was. "
        + (cause.Error == FileError.NoSpace
            ? "The file system cannot rename it, so it is copied, which takes room."
            : "See whether that name belongs to another user, is immutable (lsattr) or in use; as root, or once it is free, restore again."),
        path, cause)
    {
        Remedy = cause.Error == FileError.NoSpace ? Remedy.FreeVolumeSpace : Remedy.None,
    };

    /// <summary>The restore ended in the middle of what changes a place bit by bit. Why, is told besides.</summary>
    /// <param name="place">The folder or file.</param>
    /// <param name="isEmptied">True where all that was there goes first.</param>
    public static Notice Half(string place, bool isEmptied) => new(
        BackupError.RestoreInterrupted, place,
        isEmptied
            ? $"'{place}' was being emptied and filled when the restore ended: what was there is gone at least in part, and what was saved is not all there yet."
            : $"'{place}' was being written to when the restore ended: part of it may be as it was saved, the rest is as it was.")
    {
        Remedy = Remedy.RestoreAgain,
    };
}
