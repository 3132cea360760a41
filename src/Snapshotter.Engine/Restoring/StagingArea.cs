using System.Diagnostics;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Restoring;

/// <summary>
/// The folder in a volume's root while it is restored: a <see cref="PrivateFolder"/>, of which one at a time is in use in a
/// volume. In it: <c>new</c>, what is extracted; <c>root</c>, an empty directory that carries the root's metadata;
/// <c>modes</c>, what <see cref="ShutDirectories"/> notes; <c>old</c>, what stood in the volume; <c>made</c>, what is made to be
/// renamed to its place at once; and marks, which are empty files. <c>swap</c>: all is extracted and on disk, the old is being
/// moved out. <c>fill</c>: the old is out, the new is being moved in. Whoever finds these two finishes the job. <c>half</c>: the
/// volume was emptied and is not filled again. Whoever finds no mark throws the folder away.
/// </summary>
internal sealed class StagingArea : IDisposable
{
    /// <summary>Two who begin at once both step back and try again, and another may be about to end.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly IDirectory root;
    private readonly List<PrivateFolder> folders;

    /// <summary>Folders that hold what cannot be removed: they stay.</summary>
    private readonly List<PrivateFolder> full = [];

    private StagingArea(IDirectory root, List<PrivateFolder> folders, List<byte[]> foreign)
    {
        this.root = root;
        this.folders = folders;
        Foreign = foreign;
    }

    public static ReadOnlySpan<byte> New => "new"u8;

    public static ReadOnlySpan<byte> Old => "old"u8;

    public static ReadOnlySpan<byte> Root => "root"u8;

    public static ReadOnlySpan<byte> Modes => "modes"u8;

    public static ReadOnlySpan<byte> Made => "made"u8;

    public static ReadOnlySpan<byte> SwapMark => "swap"u8;

    public static ReadOnlySpan<byte> FillMark => "fill"u8;

    public static ReadOnlySpan<byte> HalfMark => "half"u8;

    /// <summary>The open folder.</summary>
    public IDirectory Directory => folders[0].Directory;

    /// <summary>Folders of such a name in the volume's root that are not ours: they stay, and nothing in them counts.</summary>
    public IReadOnlyList<byte[]> Foreign { get; }

    /// <summary>What restores moved out of the way, this one or one before, and cannot be removed.</summary>
    public StuckEntries Stuck { get; } = new();

    /// <summary>True when the volume was emptied and not filled again, by this process or one before.</summary>
    public bool IsHalf => Directory.TryGetStatus(HalfMark, out _);

    /// <summary>Makes a staging folder, or takes over the one that an interrupted restore left.</summary>
    /// <param name="root">The volume's root.</param>
    /// <param name="traits">Of the platform.</param>
    /// <param name="path">The volume's path, for messages.</param>
    /// <param name="wait">How long to wait for another, beyond a moment.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="BackupException">VolumeLocked: another process restores the volume.</exception>
    public static StagingArea Enter(IDirectory root, FileSystemTraits traits, string path, TimeSpan wait, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        root.GetStatus(out var before);
        while (true)
        {
            try
            {
                if (TryEnter(root, traits) is { } area)
                {
                    return area;
                }
            }
            catch (FileSystemException)
            {
                root.SetTimeQuietly(before);
                throw;
            }

            WaitOrThrow(clock, wait, path, cancellation);
        }
    }

    /// <summary>Looks whether the volume is as one restore or another left it when that was done. Changes nothing.</summary>
    /// <exception cref="BackupException">
    /// RestoreInterrupted: it is half old and half new, or half empty. VolumeLocked: it is being restored.
    /// </exception>
    public static void RefuseUnfinished(IDirectory root, FileSystemTraits traits, string path)
    {
        foreach (byte[] name in FoldersIn(root))
        {
            switch (StateOf(root, name, Ownership.Of(traits)))
            {
                case StagingState.InUse:
                    throw InUse(path);
                case StagingState.Unfinished:
                    throw Interrupted(path);
            }
        }
    }

    /// <summary>Looks whether another process restores the volume. Changes nothing.</summary>
    /// <exception cref="BackupException">VolumeLocked.</exception>
    public static void RefuseInUse(IDirectory root, FileSystemTraits traits, string path, TimeSpan wait, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        while (FoldersIn(root).Any(name => StateOf(root, name, Ownership.Of(traits)) == StagingState.InUse))
        {
            WaitOrThrow(clock, wait, path, cancellation);
        }
    }

    /// <summary>What a name of the form of <see cref="TemporaryName"/> that is a folder stands for. Changes nothing.</summary>
    public static StagingState StateOf(IDirectory parent, ReadOnlySpan<byte> name, Ownership ours)
    {
        var state = PrivateFolder.Look(parent, name, ours, out var directory);
        using (directory)
        {
            try
            {
                return state switch
                {
                    PrivateFolderState.Gone => StagingState.Harmless,
                    PrivateFolderState.InUse => AtomicFile.IsFolderOfOne(directory!) ? StagingState.Harmless : StagingState.InUse,
                    PrivateFolderState.Left =>
                        IsWellFormed(directory!) && IsUnfinished(directory!) ? StagingState.Unfinished : StagingState.Harmless,
                    _ => directory is null || IsUnfinished(directory) ? StagingState.ForeignUnfinished : StagingState.Foreign,
                };
            }
            catch (FileSystemException e) when (e.Error == FileError.NotFound)
            {
                // It was removed while it was looked at.
                return StagingState.Harmless;
            }
        }
    }

    /// <summary>The names of the folders in a directory that have the form of <see cref="TemporaryName"/>.</summary>
    public static IEnumerable<byte[]> FoldersIn(IDirectory directory)
    {
        var listing = directory.List();
        for (int i = 0; i < listing.Count; i++)
        {
            if (IsFolder(directory, listing, i))
            {
                yield return listing.NameOf(i).ToArray();
            }
        }
    }

    /// <summary>True for a folder whose name has the form of <see cref="TemporaryName"/>, whoever made it.</summary>
    public static bool IsFolder(IDirectory directory, DirectoryListing listing, int index)
    {
        var name = listing.NameOf(index).Span;
        return TemporaryName.IsOne(name) && listing.KindOf(index) switch
        {
            FileKind.Directory => true,
            FileKind.Unknown => directory.TryGetStatus(name, out var status) && status.Kind == FileKind.Directory,
            _ => false,
        };
    }

    /// <summary>
    /// The folders that interrupted restores left, with what they hold: all but the first must be removed once their swap is
    /// finished. Usually there is none, or the one that was taken over.
    /// </summary>
    public IEnumerable<IDirectory> Interrupted() =>
        folders.Select(folder => folder.Directory).Where(folder => folder.TryGetStatus(SwapMark, out _));

    /// <summary>
    /// Throws away what interrupted restores left, but for the mark that the volume is half empty. A folder that holds what
    /// cannot be removed stays beside a new one.
    /// </summary>
    public void Clear()
    {
        bool isHalf = folders.Exists(folder => folder.Directory.TryGetStatus(HalfMark, out _));
        bool isUsable = Clear(Directory);
        if (!isUsable)
        {
            folders.Insert(0, PrivateFolder.Create(root));
        }

        if (isHalf && !IsHalf)
        {
            Mark(HalfMark, durable: true);
        }

        for (int i = 1; i < folders.Count; i++)
        {
            bool isEmpty = (i > 1 || isUsable) && Clear(folders[i].Directory);
            RemoveMark(folders[i].Directory, HalfMark);
            if (isEmpty)
            {
                folders[i].Remove();
            }
            else
            {
                full.Add(folders[i]);
            }
        }

        folders.RemoveRange(1, folders.Count - 1);
    }

    /// <summary>Makes a folder in it, and opens it.</summary>
    public IDirectory Make(ReadOnlySpan<byte> name)
    {
        Directory.CreateDirectory(name, Ownership.OwnerOnly);
        return Directory.OpenDirectory(name);
    }

    public void Mark(ReadOnlySpan<byte> name, bool durable)
    {
        Directory.CreateFile(name, 0x180).Dispose();
        if (durable)
        {
            Directory.Flush();
        }
    }

    /// <summary>The volume is whole again.</summary>
    public void EndHalf(bool durable)
    {
        RemoveMark(Directory, HalfMark);
        if (durable)
        {
            Directory.Flush();
        }
    }

    /// <summary>Removes the folder, unless the volume is half empty, or something in it cannot be removed: then only all else in it.</summary>
    public void Remove()
    {
        if (Clear(Directory) && !IsHalf)
        {
            folders[0].Remove();
        }
    }

    /// <summary>Closes it as it is. Without <see cref="Remove"/> it is one that an interrupted restore left.</summary>
    public void Dispose()
    {
        folders.ForEach(folder => folder.Dispose());
        full.ForEach(folder => folder.Dispose());
    }

    /// <summary>The error for a place that an interrupted restore left half old and half new.</summary>
    public static BackupException Interrupted(string path) => new(
        BackupError.RestoreInterrupted, $"A restore of '{path}' was interrupted in the middle: what is there is neither the old content nor the new.", path)
    {
        Remedy = Remedy.RestoreAgain,
    };

    private static StagingArea? TryEnter(IDirectory root, FileSystemTraits traits)
    {
        var taken = new List<PrivateFolder>();
        PrivateFolder? made = null;
        StagingArea? area = null;
        try
        {
            if (!TakeLeft(root, Ownership.Of(traits), taken, []))
            {
                return null;
            }

            if (taken.Count == 0)
            {
                taken.Add(made = PrivateFolder.Create(root));
            }

            // Somebody who came between sees this folder when he looks for the second time, or is seen by this look. Our own
            // folder also tells what our folders look like where the file system does not keep owners and modes.
            taken[0].Directory.GetStatus(out var status);
            var foreign = new List<byte[]>();
            if (TakeLeft(root, Ownership.Of(status), taken, foreign))
            {
                area = new StagingArea(root, taken, foreign);
            }

            return area;
        }
        finally
        {
            if (area is null)
            {
                made?.Remove();
                taken.ForEach(folder => folder.Dispose());
            }
        }
    }

    /// <summary>Takes over what interrupted restores left, and removes what other jobs left. False when one is in use.</summary>
    private static bool TakeLeft(IDirectory root, Ownership ours, List<PrivateFolder> taken, List<byte[]> foreign)
    {
        foreach (byte[] name in FoldersIn(root))
        {
            if (taken.Exists(folder => folder.Name.AsSpan().SequenceEqual(name)))
            {
                continue;
            }

            switch (PrivateFolder.TryTake(root, name, ours, out var folder))
            {
                case PrivateFolderState.InUse when StateOf(root, name, ours) == StagingState.InUse:
                    return false;
                case PrivateFolderState.Foreign:
                    foreign.Add(name);
                    break;
                case PrivateFolderState.Left when IsWellFormed(folder!.Directory):
                    taken.Add(folder);
                    break;
                case PrivateFolderState.Left:
                    using (folder)
                    {
                        if (!AtomicFile.TryRemove(folder!))
                        {
                            foreign.Add(name);
                        }
                    }

                    break;
            }
        }

        return true;
    }

    /// <summary>Only what a restore puts there. Of others' folders, which their owner gave such a name, nothing is to be trusted.</summary>
    private static bool IsWellFormed(IDirectory staging)
    {
        var listing = staging.List();
        for (int i = 0; i < listing.Count; i++)
        {
            var name = listing.NameOf(i).Span;
            bool isMark = name.SequenceEqual(PrivateFolder.LockName) || name.SequenceEqual(SwapMark) || name.SequenceEqual(FillMark)
                || name.SequenceEqual(HalfMark);
            bool isFolder = name.SequenceEqual(New) || name.SequenceEqual(Old) || name.SequenceEqual(Root) || name.SequenceEqual(Modes)
                || name.SequenceEqual(Made);
            if (!(isMark || isFolder) || !staging.TryGetStatus(name, out var status)
                || status.Kind != (isFolder ? FileKind.Directory : FileKind.Regular))
            {
                return false;
            }
        }

        // A swap can be finished only with what it needs for the rest.
        return !staging.TryGetStatus(SwapMark, out _)
            || (staging.TryGetStatus(Root, out _) && (staging.TryGetStatus(FillMark, out _) || staging.TryGetStatus(Old, out _)));
    }

    private static bool IsUnfinished(IDirectory staging) =>
        staging.TryGetStatus(SwapMark, out _) || staging.TryGetStatus(HalfMark, out _);

    /// <summary>False when something in it cannot be removed.</summary>
    private bool Clear(IDirectory staging)
    {
        bool isEmpty = true;
        var listing = staging.List();
        for (int i = 0; i < listing.Count; i++)
        {
            var name = listing.NameOf(i).Span;
            if (!name.SequenceEqual(PrivateFolder.LockName) && !name.SequenceEqual(HalfMark))
            {
                isEmpty &= TreeRemover.RemoveWhatGoes(staging, name, Stuck);
            }
        }

        return isEmpty;
    }

    private static void RemoveMark(IDirectory staging, ReadOnlySpan<byte> name)
    {
        if (staging.TryGetStatus(name, out _))
        {
            staging.RemoveFile(name);
        }
    }

    private static void WaitOrThrow(Stopwatch clock, TimeSpan wait, string path, CancellationToken cancellation)
    {
        if (clock.Elapsed > Patience + wait)
        {
            throw InUse(path);
        }

        cancellation.WaitHandle.WaitOne(Random.Shared.Next(10, 60));
        cancellation.ThrowIfCancellationRequested();
    }

    private static BackupException InUse(string path) => new(
        BackupError.VolumeLocked, $"'{path}' is being restored by another process. Try again when that has finished.", path);
}

/// <summary>What a folder whose name looks like that of a <see cref="StagingArea"/> stands for.</summary>
internal enum StagingState
{
    /// <summary>Ours, and no more than a remainder; or gone.</summary>
    Harmless,

    /// <summary>Ours: what it lies in is half old and half new, or half empty.</summary>
    Unfinished,

    /// <summary>Ours: a restore is at work.</summary>
    InUse,

    /// <summary>Somebody else's.</summary>
    Foreign,

    /// <summary>Somebody else's, and looks like a restore of his that was interrupted, or cannot be looked into.</summary>
    ForeignUnfinished,
}
