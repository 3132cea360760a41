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

    /// <summary>
    /// What was found before anything was touched. Names of our own making, with which it was tried what a place takes, mean
    /// nothing to anybody: the place itself is named.
    /// </summary>
    public static BackupException Before(FileSystemException cause, string path)
    {
        if (cause.Error is FileError.NoSpace or FileError.TooLarge or FileError.ReadOnly or FileError.UntrustedLink or FileError.InUse)
        {
            return From(cause, path);
        }

        if (PlaceOfTrial(cause.Path) is { } place)
        {
            if (cause.Error is FileError.NameTooLong or FileError.InvalidArgument)
            {
                return new(
                    BackupError.InputOutput,
                    $"'{path}' cannot be restored: the file system of '{place}' does not take a name on its path ({cause.Detail}). Nothing was changed.", path, cause)
                {
                    Remedy = Remedy.RestoreElsewhere,
                };
            }

            // A file system without real files, such as /proc, says of a new name that it does not exist.
            string why = cause.Error == FileError.NotFound ? "its file system takes no new files" : cause.Detail;
            return new(
                cause.Error == FileError.InputOutput ? BackupError.InputOutput : BackupError.VolumeNotWritable,
                $"'{path}' cannot be restored: nothing can be created in '{place}' ({why}). Nothing was changed.", path, cause)
            {
                Remedy = cause.Error == FileError.AccessDenied ? Remedy.ChangeUser : Remedy.RestoreElsewhere,
            };
        }

        return cause.Error switch
        {
            FileError.AccessDenied => From(cause, path),
            FileError.Moved or FileError.NotEmpty or FileError.NotADirectory or FileError.IsADirectory or FileError.SymbolicLink => new(
                BackupError.VolumeChanged,
                $"'{path}' was changed by somebody else while it was looked at ({cause.Message}). Nothing was changed by the restore.", path, cause),
            _ => new(BackupError.InputOutput, $"'{path}' cannot be restored: {cause.Message}. Nothing was changed.", path, cause),
        };
    }

    /// <summary>The folder in which something with a name of our own was tried; null where no such name is on the path.</summary>
    private static string? PlaceOfTrial(string path)
    {
        int end = -1;
        for (int start = 0; start < path.Length; start = end + 1)
        {
            end = path.IndexOfAny(['/', '\\'], start);
            end = end < 0 ? path.Length : end;
            if (TemporaryName.IsOne(System.Text.Encoding.UTF8.GetBytes(path[start..end])))
            {
                return start > 1 ? path[..(start - 1)] : path[..start];
            }
        }

        return null;
    }

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
