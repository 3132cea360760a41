using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Entries;

/// <summary>Counts what files have that no backup keeps, by kind. One warning per kind and volume tells of all.</summary>
internal sealed class UnkeptLog
{
    private static readonly (Unkept Kind, string What)[] Kinds =
    [
        (Unkept.Streams, "have alternate data streams, which are not saved"),
        (Unkept.Encryption, "are encrypted by the file system: their content is saved as this user reads it, and is not encrypted when it is restored"),
        (Unkept.Compression, "are compressed by the file system, and are not when they are restored"),
    ];

    private readonly long[] counts = new long[Kinds.Length];

    /// <summary>Whether an owner was met that the system does not tell the number of.</summary>
    public bool HasUnmappedOwners { get; set; }

    /// <summary>Takes note of a file or directory. From any thread.</summary>
    public void Note(Unkept unkept)
    {
        for (int i = 0; unkept != Unkept.None && i < Kinds.Length; i++)
        {
            if ((unkept & Kinds[i].Kind) != 0)
            {
                Interlocked.Increment(ref counts[i]);
            }
        }
    }

    /// <summary>Tells everything noted so far, and forgets it.</summary>
    /// <param name="path">The volume.</param>
    /// <param name="warn">Is told.</param>
    public void Tell(string path, Action<Notice> warn)
    {
        for (int i = 0; i < Kinds.Length; i++)
        {
            long count = Interlocked.Exchange(ref counts[i], 0);
            if (count > 0)
            {
                warn(new Notice(BackupError.NotKept, path, $"{Shown.Count(count, "file or folder", "files or folders")} in '{path}' {Kinds[i].What}."));
            }
        }
    }
}
