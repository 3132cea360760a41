using Snapshotter.Engine.Archive;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Jobs;

/// <summary>
/// What a backup finds under names of the form of <see cref="TemporaryName"/>: it is not saved, whoever made it. Of our own
/// nothing is said, unless it means that what it lies in is half old and half new.
/// </summary>
internal static class Leftovers
{
    /// <summary>What the user should know of such a name; null for nothing.</summary>
    /// <param name="directory">The directory it is in.</param>
    /// <param name="name">The name.</param>
    /// <param name="traits">Who this process is.</param>
    /// <param name="isProblem">True when what it lies in may be incomplete.</param>
    public static Notice? NoticeOf(IDirectory directory, ReadOnlySpan<byte> name, FileSystemTraits traits, out bool isProblem)
    {
        isProblem = false;
        if (!directory.TryGetStatus(name, out var status))
        {
            return null;
        }

        if (status.Kind != FileKind.Directory)
        {
            return status.UserId == traits.UserId ? null : Foreign(EntryNames.PathOf(directory, name));
        }

        var state = StagingFolder.StateOf(directory, name, Ownership.Of(traits));
        isProblem = state is StagingState.Unfinished or StagingState.InUse or StagingState.ForeignUnfinished;
        return state switch
        {
            StagingState.Harmless => null,
            StagingState.Foreign => Foreign(EntryNames.PathOf(directory, name)),
            _ => Unfinished(directory.DisplayPath, EntryNames.PathOf(directory, name)),
        };
    }

    /// <summary>Somebody else made it.</summary>
    public static Notice Foreign(string path) => new(
        BackupError.NotKept, path,
        $"'{path}' has the name of a temporary folder, but this user did not make it: it is left as it is, and is in no backup.");

    private static Notice Unfinished(string directory, string path) => new(
        BackupError.RestoreInterrupted, directory,
        $"'{directory}' is being restored, or a restore of it was interrupted: see '{path}'. It may be half old and half new.")
    {
        Remedy = Remedy.RestoreAgain,
    };
}
