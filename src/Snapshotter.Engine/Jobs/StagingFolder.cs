using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Jobs;

/// <summary>
/// The folder in a volume's root while it is restored, as others find it. In it: <c>new</c>, what is extracted; <c>root</c>, an
/// empty directory that carries the root's metadata; <c>modes</c>, what is noted of shut directories; <c>old</c>, what stood in
/// the volume; <c>made</c>, what is made to be renamed to its place at once; and marks, which are empty files. <c>swap</c>: all
/// is extracted and on disk, the old is being moved out. <c>fill</c>: the old is out, the new is being moved in. Whoever finds
/// these two finishes the job. <c>half</c>: the volume was emptied and is not filled again. Whoever finds no mark throws the
/// folder away.
/// </summary>
internal static class StagingFolder
{
    public static ReadOnlySpan<byte> New => "new"u8;

    public static ReadOnlySpan<byte> Old => "old"u8;

    public static ReadOnlySpan<byte> Root => "root"u8;

    public static ReadOnlySpan<byte> Modes => "modes"u8;

    public static ReadOnlySpan<byte> Made => "made"u8;

    public static ReadOnlySpan<byte> SwapMark => "swap"u8;

    public static ReadOnlySpan<byte> FillMark => "fill"u8;

    public static ReadOnlySpan<byte> HalfMark => "half"u8;

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
                    PrivateFolderState.Left when IsWellFormed(directory!) =>
                        IsUnfinished(directory!) ? StagingState.Unfinished : StagingState.Harmless,
                    PrivateFolderState.Left when AtomicFile.HoldsAtMostAFile(directory!) => StagingState.Harmless,
                    _ => directory is not null && IsUnfinished(directory) && IsWellFormed(directory)
                        ? StagingState.ForeignUnfinished : StagingState.Foreign,
                };
            }
            catch (FileSystemException e) when (e.Error == FileError.NotFound)
            {
                // It was removed while it was looked at.
                return StagingState.Harmless;
            }
            catch (FileSystemException e) when (e.Error == FileError.AccessDenied)
            {
                return StagingState.Foreign;
            }
        }
    }

    /// <summary>True for a folder that one of our jobs made: no part of the volume.</summary>
    /// <param name="parent">The directory it is in.</param>
    /// <param name="name">Its name, of whatever form.</param>
    /// <param name="ours">What our own have.</param>
    public static bool IsOurs(IDirectory parent, ReadOnlySpan<byte> name, Ownership ours) =>
        TemporaryName.IsOne(name) && parent.TryGetStatus(name, out var status) && status.Kind == FileKind.Directory
        && StateOf(parent, name, ours) is not (StagingState.Foreign or StagingState.ForeignUnfinished);

    /// <summary>What our folders have where one of them stands: not every file system keeps owners and modes.</summary>
    public static Ownership OwnershipAt(IDirectory staging)
    {
        staging.GetStatus(out var status);
        return Ownership.Of(status);
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

    private static bool IsFolder(IDirectory directory, DirectoryListing listing, int index)
    {
        var name = listing.NameOf(index).Span;
        return TemporaryName.IsOne(name) && listing.KindOf(index) switch
        {
            FileKind.Directory => true,
            FileKind.Unknown => directory.TryGetStatus(name, out var status) && status.Kind == FileKind.Directory,
            _ => false,
        };
    }

    /// <summary>Only what a restore puts there. Of others' folders, which their owner gave such a name, nothing is to be trusted.</summary>
    public static bool IsWellFormed(IDirectory staging)
    {
        var listing = staging.List();
        for (int i = 0; i < listing.Count; i++)
        {
            var name = listing.NameOf(i).Span;
            if (!staging.TryGetStatus(name, out var status) || status.Kind is not (FileKind.Directory or FileKind.Regular)
                || !IsPart(name, status.Kind == FileKind.Directory))
            {
                return false;
            }
        }

        // A swap can be finished only with what it needs for the rest.
        return !staging.TryGetStatus(SwapMark, out _)
            || (staging.TryGetStatus(Root, out _) && (staging.TryGetStatus(FillMark, out _) || staging.TryGetStatus(Old, out _)));
    }

    /// <summary>True for what a restore puts into it.</summary>
    public static bool IsPart(ReadOnlySpan<byte> name, bool isDirectory) => isDirectory
        ? name.SequenceEqual(New) || name.SequenceEqual(Old) || name.SequenceEqual(Root) || name.SequenceEqual(Modes) || name.SequenceEqual(Made)
        : name.SequenceEqual(PrivateFolder.LockName) || name.SequenceEqual(SwapMark) || name.SequenceEqual(FillMark)
            || name.SequenceEqual(HalfMark);

    /// <summary>The error for a place that an interrupted restore left half old and half new.</summary>
    public static BackupException Interrupted(string path) => new(
        BackupError.RestoreInterrupted, $"A restore of '{path}' was interrupted in the middle: what is there is neither the old content nor the new.", path)
    {
        Remedy = Remedy.RestoreAgain,
    };

    /// <summary>The error for a place that another process restores.</summary>
    public static BackupException InUse(string path) => new(
        BackupError.VolumeLocked, $"'{path}' is being restored by another process. Try again when that has finished.", path);

    private static bool IsUnfinished(IDirectory staging) =>
        staging.TryGetStatus(SwapMark, out _) || staging.TryGetStatus(HalfMark, out _);
}
