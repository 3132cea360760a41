using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Saving;

/// <summary>What the user is told when one file of a volume cannot be saved.</summary>
internal static class Problems
{
    /// <summary>Something is mounted within a volume; to be told, not a problem.</summary>
    public static Notice Mounted(string path) => new(
        BackupError.NotKept, path, $"'{path}' is a mount of its own; what is in it is saved as a part of the volume.");

    /// <summary>A file that is gone or became something else has changed; all else is unreadable.</summary>
    public static Notice Of(FileSystemException cause, string path) => cause.Error switch
    {
        FileError.NotFound => new(BackupError.FileChanged, path, $"'{path}' vanished before it could be read; it is not saved."),
        FileError.SymbolicLink or FileError.NotADirectory or FileError.IsADirectory => new(
            BackupError.FileChanged, path, $"'{path}' became another type of file before it could be read; it is not saved."),
        _ => new(BackupError.FileUnreadable, path, $"'{path}' cannot be read: {cause.Detail}. It is not saved."),
    };
}
