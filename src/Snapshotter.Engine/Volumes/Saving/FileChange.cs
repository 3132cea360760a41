using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Volumes.Saving;

/// <summary>Tells whether a file stayed the same while it was read.</summary>
internal static class FileChange
{
    /// <param name="before">The status when it was opened.</param>
    /// <param name="after">The status when all was read.</param>
    /// <param name="read">Bytes that could be read.</param>
    public static bool HasChanged(in FileStatus before, in FileStatus after, long read) =>
        read != before.Size || after.Size != before.Size
        || after.ModifiedAt != before.ModifiedAt || after.ChangedAt != before.ChangedAt;

    /// <summary>What to tell of a file that has changed.</summary>
    public static Notice Describe(in FileStatus before, in FileStatus after, long read, string path)
    {
        string how = read < before.Size || after.Size < before.Size
            ? $"shrank from {before.Size} to {Math.Min(read, after.Size)} bytes; zeros stand for the rest"
            : after.Size > before.Size
                ? $"grew from {before.Size} to {after.Size} bytes; the first {before.Size} are saved"
                : "was written to; parts of two states may be saved";
        return new Notice(BackupError.FileChanged, path, $"'{path}' changed while it was read: it {how}.");
    }

    public static Notice TooManyAttributes(string path) => new(
        BackupError.NotKept, path, $"'{path}' has more extended attributes than an archive can hold; they are not saved.");
}
