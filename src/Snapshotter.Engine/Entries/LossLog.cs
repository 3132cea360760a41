using System.Collections.Concurrent;
using Snapshotter.Engine.Archive;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Entries;

/// <summary>
/// Counts metadata that could not be set, by kind. One notice per kind tells of all: without privileges every file of
/// another owner would give one. Used by all workers at once.
/// </summary>
internal sealed class LossLog
{
    private static readonly (MetadataLoss Kind, string What, string Why, Remedy Remedy)[] Kinds =
    [
        (MetadataLoss.Owner, "The owner", OperatingSystem.IsWindows()
            ? "Windows has no such owners."
            : "Only root can give files away.", Remedy.LeaveOwners),
        (MetadataLoss.Mode, "The mode", "The file system does not keep all permission bits, or they were refused.", Remedy.None),
        (MetadataLoss.SetId, "Setuid or setgid", "A program that runs as its owner must not run as somebody else, and its owner was not restored.", Remedy.None),
        (MetadataLoss.Times, "The time of modification", "The file system refused it, or has no room for it.", Remedy.None),
        (MetadataLoss.TimesRounded, "The exact time of modification", "The file system keeps times less exactly than they were saved.", Remedy.None),
        (MetadataLoss.Attributes, "Extended attributes or ACLs", "The file system does not keep them, or they need root.", Remedy.None),
        (MetadataLoss.Exchangeable, "Owner, mode or attributes of directories that were there", "Other users may exchange their names for other directories.", Remedy.None),
        (MetadataLoss.WindowsAttributes, "Attributes or the time of creation", "The file system refused them, or has no room for them.", Remedy.None),
        (MetadataLoss.Links, "Symbolic links", "Windows lets administrators make them, and everybody in its developer mode.", Remedy.None),
    ];

    private readonly long[] counts = new long[Kinds.Length];
    private readonly string?[] firstPaths = new string?[Kinds.Length];
    private readonly ConcurrentQueue<Notice> others = new();

    /// <summary>Paths that begin with the first are told with the second in its place: what was staged stands there in the end.</summary>
    public (string Staged, string Place)? Moved { get; set; }

    public void Note(MetadataLoss loss, IDirectory directory)
    {
        // The path is put together only for a message: in a deep tree it is long.
        if (loss != MetadataLoss.None)
        {
            Note(loss, directory.DisplayPath);
        }
    }

    /// <summary>Of a name in a directory.</summary>
    public void Note(MetadataLoss loss, IDirectory directory, ReadOnlySpan<byte> name)
    {
        if (loss != MetadataLoss.None)
        {
            Note(loss, EntryNames.PathOf(directory, name));
        }
    }

    public void Note(MetadataLoss loss, IFile file)
    {
        if (loss != MetadataLoss.None)
        {
            Note(loss, file.DisplayPath);
        }
    }

    public void Note(MetadataLoss loss, string path)
    {
        for (int i = 0; loss != MetadataLoss.None && i < Kinds.Length; i++)
        {
            if ((loss & Kinds[i].Kind) != 0)
            {
                Interlocked.Increment(ref counts[i]);
                Interlocked.CompareExchange(ref firstPaths[i], PathOf(path), null);
            }
        }
    }

    /// <summary>The path that a user will find.</summary>
    public string PathOf(string path) => Moved is { } moved && path.StartsWith(moved.Staged, StringComparison.Ordinal)
        ? string.Concat(moved.Place.AsSpan().TrimEnd('/'), path.AsSpan(moved.Staged.Length))
        : path;

    public void Note(Notice notice) => others.Enqueue(notice);

    /// <summary>Tells everything noted so far, and forgets it.</summary>
    /// <param name="warn">Is told of what is nearly kept.</param>
    /// <param name="problem">Is told of what is lost.</param>
    public void Tell(Action<Notice> warn, Action<Notice> problem)
    {
        while (others.TryDequeue(out var notice))
        {
            problem(notice);
        }

        for (int i = 0; i < Kinds.Length; i++)
        {
            if (counts[i] == 0)
            {
                continue;
            }

            var notice = new Notice(
                BackupError.NotKept, firstPaths[i] ?? "",
                $"{Kinds[i].What} could not be kept for {Shown.Count(counts[i], "entry", "entries")} or more, the first of them '{firstPaths[i]}'. {Kinds[i].Why}")
            {
                Remedy = Kinds[i].Remedy,
            };
            counts[i] = 0;
            firstPaths[i] = null;
            if (Kinds[i].Kind == MetadataLoss.TimesRounded)
            {
                warn(notice);
            }
            else
            {
                problem(notice);
            }
        }
    }
}
