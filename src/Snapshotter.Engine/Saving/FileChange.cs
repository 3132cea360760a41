using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Saving;

/// <summary>Tells whether a file stayed the same while it was read, and what to say when it did not.</summary>
internal static class FileChange
{
    /// <param name="before">The status when it was opened.</param>
    /// <param name="after">The status when all was read.</param>
    public static bool IsBetween(in FileStatus before, in FileStatus after) =>
        after.Size != before.Size || after.ModifiedAt != before.ModifiedAt || after.ChangedAt != before.ChangedAt;

    /// <summary>A file of which less could be read than there was.</summary>
    /// <param name="size">The size that is saved.</param>
    /// <param name="left">What was left of it.</param>
    /// <param name="path">The file.</param>
    public static Notice Shrank(long size, long left, string path) =>
        Changed(path, $"shrank from {size} to {left} bytes; zeros stand for the rest");

    /// <summary>A file that is not what it was: parts of two states may be saved.</summary>
    public static Notice Rewritten(string path) => Changed(path, "was written to; parts of two states may be saved");

    /// <summary>A file to which something was appended, and nothing else: what is saved is what it was.</summary>
    public static Notice Grew(long saved, long size, string path) => Changed(
        path, $"grew from {saved} to {size} bytes. The first {saved} are saved; a second reading showed that these stayed the same");

    /// <summary>A file with several names that is no longer what was saved under the first of them.</summary>
    public static Notice LinkedFileChanged(string path, string first) => new(
        BackupError.FileChanged, path,
        $"'{path}' is another name of '{first}', which changed after it was saved: it is saved again, as a file of its own.");

    /// <summary>Of a volume with more files with several names than can be kept in mind.</summary>
    public static Notice TooManyLinks(string path) => new(
        BackupError.NotKept, path,
        $"From '{path}' on, further names of files with several names are saved as files of their own: there are too many of them.");

    public static Notice TooManyAttributes(string path) => new(
        BackupError.NotKept, path, $"'{path}' has more extended attributes than an archive can hold; they are not saved.");

    private static Notice Changed(string path, string how) =>
        new(BackupError.FileChanged, path, $"'{path}' changed while it was read: it {how}.");
}
