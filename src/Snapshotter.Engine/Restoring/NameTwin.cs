using System.Text;
using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Entries;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Restoring;

/// <summary>
/// Names that a file system takes for one: they differ in case, in how an accent is written, or in whatever else it does not tell
/// apart.
/// </summary>
internal static class NameTwin
{
    /// <summary>
    /// Ends the job when what stands in the way of a new name has another name. Where it has the very same the archive holds that
    /// twice, which is no reason to stop.
    /// </summary>
    /// <param name="directory">Where nothing stands but what was just extracted.</param>
    /// <param name="name">A name that is there.</param>
    /// <param name="losses">Knows the paths that a user will find.</param>
    /// <exception cref="BackupException">UnsafeEntry.</exception>
    public static void Refuse(IDirectory directory, ReadOnlySpan<byte> name, LossLog losses)
    {
        if (directory.TryGetStatus(name, out var status) && !IsListed(directory, name, status.Id, out byte[]? twin))
        {
            throw Collision(directory, name, twin, losses);
        }
    }

    /// <summary>The name in a directory that is taken for another one, as far as that can be told.</summary>
    public static string Find(IDirectory directory, ReadOnlySpan<byte> name)
    {
        byte[]? twin = null;
        if (directory.TryGetStatus(name, out var status) && IsListed(directory, name, status.Id, out twin))
        {
            return EntryNames.ForMessage(name);
        }

        return twin is null ? "another entry" : EntryNames.ForMessage(twin);
    }

    /// <summary>A key that is the same for names that differ in case, or in how an accent is written, only.</summary>
    public static string Fold(ReadOnlySpan<byte> name)
    {
        string text = Encoding.UTF8.GetString(name).ToUpperInvariant();
        return text.IsNormalized() ? text : text.Normalize();
    }

    private static BackupException Collision(IDirectory directory, ReadOnlySpan<byte> name, byte[]? twin, LossLog losses)
    {
        string path = losses.PathOf(EntryNames.PathOf(directory, name));
        string other = twin is null ? "another entry" : $"'{EntryNames.ForMessage(twin)}'";
        return new BackupException(
            BackupError.UnsafeEntry, $"'{path}' cannot be restored: the file system takes its name for that of {other}, and cannot hold both.", path)
        {
            EntryName = path,
            Remedy = Remedy.LeaveOut,
        };
    }

    private static bool IsListed(IDirectory directory, ReadOnlySpan<byte> name, FileId id, out byte[]? twin)
    {
        twin = null;
        string? folded = null;
        var listing = directory.List();
        for (int i = 0; i < listing.Count; i++)
        {
            var listed = listing.NameOf(i).Span;
            if (listed.SequenceEqual(name))
            {
                return true;
            }

            // Names of one file are told apart by what they look like.
            if (directory.TryGetStatus(listed, out var status) && status.Id == id
                && (twin is null || Fold(listed) == (folded ??= Fold(name))))
            {
                twin = listed.ToArray();
            }
        }

        return false;
    }
}
