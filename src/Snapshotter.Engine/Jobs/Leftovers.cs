using Snapshotter.Engine.Archive;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Jobs;

/// <summary>
/// What a backup finds under names of the form of <see cref="TemporaryName"/>. Folders of ours are not saved, and nothing is
/// said of them unless it means that what they lie in is half old and half new. All else is saved as under any other name.
/// </summary>
internal static class Leftovers
{
    /// <summary>True for what is not to be saved.</summary>
    /// <param name="directory">The directory it is in.</param>
    /// <param name="name">The name.</param>
    /// <param name="kind">What it is.</param>
    /// <param name="traits">Who this process is.</param>
    /// <param name="problem">Why what it lies in may be incomplete; null when it is not.</param>
    public static bool IsOne(
        IDirectory directory, ReadOnlySpan<byte> name, FileKind kind, FileSystemTraits traits, out Notice? problem)
    {
        problem = null;
        if (kind != FileKind.Directory || !TemporaryName.IsOne(name))
        {
            return false;
        }

        var state = StagingFolder.StateOf(directory, name, Ownership.Of(traits));
        problem = state is StagingState.Unfinished or StagingState.InUse or StagingState.ForeignUnfinished
            ? Unfinished(directory.DisplayPath, EntryNames.PathOf(directory, name)) : null;
        return state != StagingState.Foreign;
    }

    private static Notice Unfinished(string directory, string path) => new(
        BackupError.RestoreInterrupted, directory,
        $"'{directory}' is being restored, or a restore of it was interrupted: see '{path}'. It may be half old and half new.")
    {
        Remedy = Remedy.RestoreAgain,
    };
}
