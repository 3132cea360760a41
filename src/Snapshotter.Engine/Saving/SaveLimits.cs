using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Saving;

/// <summary>
/// What an archive cannot hold because its readers would refuse it. It is left out and reported, each for itself: nothing is
/// saved that could not be restored.
/// </summary>
internal static class SaveLimits
{
    /// <summary>As a restore has it: a link's target is shorter than a page.</summary>
    private const int MaxLinkTarget = 4095;

    /// <summary>No file system holds more in one file; room for it in an archive could not be computed with.</summary>
    private const long MaxStoredSize = 1L << 62;

    /// <summary>Whether what is in a directory can be saved at all, so many levels below the volume's root (0).</summary>
    public static bool IsTooDeep(int level) => level >= EntryNames.MaxDepth;

    /// <summary>Whether a name of so many bytes, with all that stands before it in the archive, is too long.</summary>
    public static bool IsTooLong(long length) => length > TarLayout.MaxName;

    /// <summary>Whether one name is too long to be restored: NTFS and the like take longer ones under Linux than all others.</summary>
    public static bool IsTooLong(ReadOnlySpan<byte> name) => name.Length > EntryNames.MaxComponent && !OperatingSystem.IsWindows();

    /// <summary>Whether a symbolic link's target of so many bytes can be restored.</summary>
    public static bool IsLinkTarget(int length) => length is > 0 and <= MaxLinkTarget;

    /// <summary>Whether a file's data is more than there can be room for.</summary>
    public static bool IsTooLarge(long stored) => stored > MaxStoredSize;

    public static Notice TooDeep(string path) => NotSaved(
        path, $"is {EntryNames.MaxDepth} levels below the root of its volume, and an archive holds no deeper ones. What is in it is not saved");

    public static Notice TooLong(string path) => NotSaved(
        path, $"has a name of more than {EntryNames.MaxComponent} bytes or a path of more than {TarLayout.MaxName}, and longer ones cannot be restored. It is not saved");

    public static Notice BadLink(int length, string path) => NotSaved(
        path, $"is a link with a target of {length} bytes; 1 to {MaxLinkTarget} can be restored. It is not saved");

    public static Notice TooLarge(long size, string path) => NotSaved(
        path, $"says that it has {size} bytes, more than an archive can hold. It is not saved");

    private static Notice NotSaved(string path, string why) => new(BackupError.NotKept, path, $"'{path}' {why}.");
}
