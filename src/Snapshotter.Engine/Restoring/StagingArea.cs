using System.Diagnostics;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Jobs;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Restoring;

/// <summary>
/// The staging folder (see <see cref="StagingFolder"/>) of the restore at work: a <see cref="PrivateFolder"/> in the volume's
/// root, of which one at a time is in use in a volume.
/// </summary>
internal sealed class StagingArea : IDisposable
{
    /// <summary>Two who begin at once both step back and try again, and another may be about to end.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly IDirectory root;
    private readonly List<PrivateFolder> folders;

    /// <summary>Folders that hold what cannot be removed: they stay.</summary>
    private readonly List<PrivateFolder> full = [];

    private StagingArea(IDirectory root, List<PrivateFolder> folders)
    {
        this.root = root;
        this.folders = folders;
    }

    /// <summary>The open folder.</summary>
    public IDirectory Directory => folders[0].Directory;

    /// <summary>What restores moved out of the way, this one or one before, and cannot be removed.</summary>
    public StuckEntries Stuck { get; } = new();

    /// <summary>True when the volume was emptied and not filled again, by this process or one before.</summary>
    public bool IsHalf => Directory.TryGetStatus(StagingFolder.HalfMark, out _);

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

    /// <summary>Looks whether another process restores the volume. Changes nothing.</summary>
    /// <exception cref="BackupException">VolumeLocked.</exception>
    public static void RefuseInUse(IDirectory root, FileSystemTraits traits, string path, TimeSpan wait, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        while (StagingFolder.FoldersIn(root).Any(name => StagingFolder.StateOf(root, name, Ownership.Of(traits)) == StagingState.InUse))
        {
            WaitOrThrow(clock, wait, path, cancellation);
        }
    }

    /// <summary>
    /// The folders that interrupted restores left, with what they hold: all but the first must be removed once their swap is
    /// finished. Usually there is none, or the one that was taken over.
    /// </summary>
    public IEnumerable<IDirectory> Interrupted() =>
        folders.Select(folder => folder.Directory).Where(folder => folder.TryGetStatus(StagingFolder.SwapMark, out _));

    /// <summary>
    /// Throws away what interrupted restores left, but for the mark that the volume is half empty. A folder that holds what
    /// cannot be removed stays beside a new one.
    /// </summary>
    public void Clear()
    {
        bool isHalf = folders.Exists(folder => folder.Directory.TryGetStatus(StagingFolder.HalfMark, out _));
        bool isUsable = Clear(Directory);
        if (!isUsable)
        {
            folders.Insert(0, PrivateFolder.Create(root));
        }

        if (isHalf && !IsHalf)
        {
            Mark(StagingFolder.HalfMark, durable: true);
        }

        for (int i = 1; i < folders.Count; i++)
        {
            bool isEmpty = (i > 1 || isUsable) && Clear(folders[i].Directory);
            RemoveMark(folders[i].Directory, StagingFolder.HalfMark);
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
        RemoveMark(Directory, StagingFolder.HalfMark);
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

    private static StagingArea? TryEnter(IDirectory root, FileSystemTraits traits)
    {
        var taken = new List<PrivateFolder>();
        PrivateFolder? made = null;
        StagingArea? area = null;
        try
        {
            if (!TakeLeft(root, Ownership.Of(traits), taken))
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
            if (TakeLeft(root, Ownership.Of(status), taken))
            {
                area = new StagingArea(root, taken);
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
    private static bool TakeLeft(IDirectory root, Ownership ours, List<PrivateFolder> taken)
    {
        foreach (byte[] name in StagingFolder.FoldersIn(root))
        {
            if (taken.Exists(folder => folder.Name.AsSpan().SequenceEqual(name)))
            {
                continue;
            }

            switch (PrivateFolder.TryTake(root, name, ours, out var folder))
            {
                case PrivateFolderState.InUse when StagingFolder.StateOf(root, name, ours) == StagingState.InUse:
                    return false;
                case PrivateFolderState.Left when StagingFolder.IsWellFormed(folder!.Directory):
                    taken.Add(folder);
                    break;
                case PrivateFolderState.Left:
                    using (folder)
                    {
                        // Whatever it is if it is not of this kind, it is not ours.
                        _ = AtomicFile.TryRemove(folder!);
                    }

                    break;
            }
        }

        return true;
    }

    /// <summary>False when something in it cannot be removed.</summary>
    private bool Clear(IDirectory staging)
    {
        bool isEmpty = true;
        var listing = staging.List();
        for (int i = 0; i < listing.Count; i++)
        {
            var name = listing.NameOf(i).Span;
            if (!name.SequenceEqual(PrivateFolder.LockName) && !name.SequenceEqual(StagingFolder.HalfMark))
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
            throw StagingFolder.InUse(path);
        }

        cancellation.WaitHandle.WaitOne(Random.Shared.Next(10, 60));
        cancellation.ThrowIfCancellationRequested();
    }
}
