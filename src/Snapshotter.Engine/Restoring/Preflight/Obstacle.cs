using Snapshotter.Engine.Archive;
using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Restoring.Preflight;

/// <summary>What stands in a volume and cannot be moved, replaced or removed.</summary>
internal static class Obstacle
{
    /// <summary>What is the matter with a name, with its path; null when nothing is.</summary>
    /// <param name="directory">The directory it is in.</param>
    /// <param name="name">The name.</param>
    /// <param name="status">What it stands for.</param>
    /// <param name="device">The device of the directory: a directory on another one is a subvolume.</param>
    /// <param name="traits">Who this process is.</param>
    public static string? In(IDirectory directory, ReadOnlySpan<byte> name, in FileStatus status, ulong device, FileSystemTraits traits)
    {
        if (ProblemOf(status) is { } problem)
        {
            return $"'{EntryNames.PathOf(directory, name)}' {problem}";
        }

        if (traits.HasReservedNames)
        {
            return AskWindows(directory, name);
        }

        // To the owner, shut directories are opened; and root may do anything but on what is read-only.
        bool mayBeRefused = status.Id.Device != device || (!traits.IsPrivileged && status.UserId != traits.UserId);
        if (status.Kind != FileKind.Directory || !mayBeRefused)
        {
            return null;
        }

        return directory.AskForWriting(name) switch
        {
            FileError.ReadOnly => $"'{EntryNames.PathOf(directory, name)}' is a read-only subvolume",
            FileError.AccessDenied => $"'{EntryNames.PathOf(directory, name)}' is a directory of another user, who lets nobody write to it",
            _ => null,
        };
    }

    /// <summary>There each file may be open in another program, and whoever may list a directory may not always remove what is in it.</summary>
    private static string? AskWindows(IDirectory directory, ReadOnlySpan<byte> name) => directory.AskForWriting(name) switch
    {
        FileError.InUse => $"'{EntryNames.PathOf(directory, name)}' is open in another program",
        FileError.AccessDenied => $"'{EntryNames.PathOf(directory, name)}' may not be moved or removed by this user",
        _ => null,
    };

    /// <summary>What an attribute of the file system forbids; null when there is none.</summary>
    public static string? ProblemOf(in FileStatus status) => status.IsFixed
        ? "is immutable or append-only, an attribute that lsattr shows and chattr takes away"
        : null;
}
