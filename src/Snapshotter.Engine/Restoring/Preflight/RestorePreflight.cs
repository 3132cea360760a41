using System.Text;
using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Entries;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Jobs;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Restoring.Preflight;

/// <summary>
/// Examines all places that a command restores to before the first of them is touched: that they can be written, that nothing
/// in the way is fixed there, that they take all names and the largest file, and that there is room. Small files are made and
/// removed in a folder of its own for that.
/// </summary>
internal sealed class RestorePreflight(IFileSystem fileSystem, ArchiveFile archive, CancellationToken cancellation)
{
    private const int AnyMode = 0x180;

    private readonly SpaceBudget space = new(fileSystem);

    /// <exception cref="BackupException">One of the places cannot take what is to go there; nothing was changed.</exception>
    public void Run(IReadOnlyList<RestoreTarget> targets)
    {
        foreach (var target in targets)
        {
            cancellation.ThrowIfCancellationRequested();
            Guard(target, () => Examine(target));
        }

        foreach (var target in targets)
        {
            target.RefuseUnfit();
        }

        if (targets.Count > 0)
        {
            Guard(targets[0], space.Check);
        }
    }

    private static void Guard(RestoreTarget target, Action examine)
    {
        try
        {
            examine();
        }
        catch (FileSystemException e)
        {
            throw RestoreErrors.Before(e, target.Planned.Path);
        }
    }

    private void Examine(RestoreTarget target)
    {
        string path = target.Planned.Path;
        bool exists = fileSystem.TryGetStatus(path, out var status);
        if (!target.Volume.IsDirectory)
        {
            ExamineFile(target, exists ? status : null);
            return;
        }

        string existing = exists ? path : ExistingParent(path);
        ExamineFolder(target, target.Own, existing, () => fileSystem.OpenDirectory(existing), exists ? target.Way : RestoreWay.Staged, path);
        foreach (var part in target.Mounted.Where(part => part.Mount!.Problem is null))
        {
            ExamineMount(target, part, part.Mount!);
        }
    }

    /// <summary>What may not be written stays as it is, and that is told later. What fails for another reason is an error.</summary>
    private void ExamineMount(RestoreTarget target, VolumePart part, NestedMount mount)
    {
        IDirectory Volume() => fileSystem.OpenDirectory(target.Planned.Path);
        IDirectory Open()
        {
            using var volume = Volume();
            return mount.OpenDirectory(volume);
        }

        try
        {
            if (mount.Kind == FileKind.Directory)
            {
                ExamineFolder(target, part, mount.Place, Open, RestoreWay.Over, mount.Place);
            }
            else
            {
                using var volume = Volume();
                using var file = mount.OpenFile(volume);
                ExamineRewriting(part.Demand, file, mount.Place);
            }
        }
        catch (FileSystemException e) when (e.Error is not (FileError.NoSpace or FileError.InputOutput or FileError.TooLarge))
        {
            mount.Problem = $"it cannot be written ({e.Detail})";
        }
    }

    /// <param name="target">The volume.</param>
    /// <param name="part">The part of it.</param>
    /// <param name="existing">A directory that exists: where it goes to, or what that will be made in.</param>
    /// <param name="open">Opens that directory.</param>
    /// <param name="way">How it gets there.</param>
    /// <param name="path">The path of the part, for messages.</param>
    private void ExamineFolder(
        RestoreTarget target, VolumePart part, string existing, Func<IDirectory> open, RestoreWay way, string path)
    {
        using var root = open();
        root.GetStatus(out var status);
        Refuse(path, Obstacle.ProblemOf(status) is { } problem ? [$"'{existing}' {problem}"] : []);
        TreeSurvey? old = null;
        if (existing == path && way != RestoreWay.Over)
        {
            old = way == RestoreWay.InPlace || fileSystem.Traits.HasReservedNames
                ? TreeSurvey.Of(root.Reopen(), target.Keep, fileSystem.Traits)
                : TreeSurvey.OfNames(root.Reopen(), target.Keep, fileSystem.Traits);
            Refuse(path, old.Obstacles);
        }

        (long Bytes, long Files) replaced = default;
        using (var probe = ProbeFolder.In(root, fileSystem.Traits))
        {
            TrySize(probe.Directory, part.Demand.LargestFile);
            bool isChoosy = !NameRules.TakesAll(probe.Directory);
            if (existing != path && isChoosy)
            {
                TryWay(probe.Directory, existing, path);
            }

            if (isChoosy || way == RestoreWay.Over)
            {
                replaced = ExamineEntries(target, part, probe.Directory, isChoosy, way == RestoreWay.Over ? root : null, existing, path);
            }
        }

        space.Add(new SpaceNeed
        {
            Device = status.Id.Device,
            Place = existing,
            Path = path,
            Way = way,
            Demand = part.Demand,
            Before = () => Sum(
                existing == path ? Remains(open) : default,
                way != RestoreWay.InPlace ? default
                : CanShareBlocks(open) ? Sum(TreeSurvey.Of(open(), target.Keep, fileSystem.Traits, asksForShared: true)) : Sum(old!)),
            After = () => way switch
            {
                RestoreWay.Over => replaced,
                RestoreWay.Staged when existing == path => Sum(TreeSurvey.Of(open(), target.Keep, fileSystem.Traits)),
                _ => default,
            },
            SharesBlocks = () => SharesBlocks(open),
        });
    }

    /// <summary>Looks at entries one by one: where the file system does not take all names, or where they go over what is there.</summary>
    private (long Bytes, long Files) ExamineEntries(
        RestoreTarget target, VolumePart part, IDirectory probe, bool isChoosy, IDirectory? root, string place, string path)
    {
        long known = target.Unfit.Count;
        using var trial = isChoosy ? new NameTrial(probe, part, target.Unfit) : null;
        int blockSize = root is null ? 0 : fileSystem.BlockSize(place);
        using var existing = root is null ? null : new ExistingEntries(root, part, fileSystem.Traits, target.Unfit, blockSize);
        var reader = new VolumeReader(archive, target.Generation, target.Volume);
        while (reader.Next())
        {
            cancellation.ThrowIfCancellationRequested();
            if (!part.IsRoot(reader.Path) && part.Filter.Wants(reader))
            {
                trial?.Try(reader);
                try
                {
                    existing?.Look(reader);
                }
                catch (FileSystemException e) when (e.Error is FileError.NameTooLong or FileError.InvalidArgument)
                {
                    // Nothing can stand there; that is told otherwise.
                }
            }
        }

        if (target.Unfit.Count > known)
        {
            target.LearnAgain(archive);
        }

        Refuse(path, existing?.Obstacles ?? []);
        return existing is null ? default : (existing.Bytes, existing.Files);
    }

    private void ExamineFile(RestoreTarget target, FileStatus? status)
    {
        string path = target.Planned.Path;
        string folder = ExistingParent(path);
        using var parent = fileSystem.OpenDirectory(folder);
        byte[] name = Encoding.UTF8.GetBytes(Path.GetFileName(path));
        if (status is not null && FileVolumeWriter.MustKeepFile(parent, name))
        {
            Rewrite();
            return;
        }

        if (status is { } existing && Obstacle.ProblemOf(existing) is { } problem)
        {
            Refuse(path, [$"'{path}' {problem}"]);
        }

        parent.GetStatus(out var before);
        try
        {
            AtomicFile.RemoveLeftovers(parent, fileSystem.Traits);
            using var probe = ProbeFolder.In(parent, fileSystem.Traits);
            TrySize(probe.Directory, target.Own.Demand.LargestFile);
            TryWay(probe.Directory, folder, path);
        }
        catch (FileSystemException e) when (status is not null && e.Error is FileError.ReadOnly or FileError.AccessDenied)
        {
            // Nothing can be made beside it.
            Rewrite();
            return;
        }

        space.Add(new SpaceNeed
        {
            Device = before.Id.Device,
            Place = folder,
            Path = path,
            Way = RestoreWay.Staged,
            Demand = target.Own.Demand,
            Before = () => default,
            After = () => status is { } old && new LinkedNames(0).IsLast(old) ? (old.Allocated, 1) : (0, 0),
            SharesBlocks = () => SharesBlocks(() => fileSystem.OpenDirectory(folder)),
        });

        void Rewrite()
        {
            using var file = fileSystem.OpenFile(path, FileAccessKind.ReadWrite);
            ExamineRewriting(target.Own.Demand, file, path);
        }
    }

    private void ExamineRewriting(RestoreDemand demand, IFile file, string path)
    {
        file.GetStatus(out var status);
        space.Add(new SpaceNeed
        {
            Device = status.Id.Device,
            Place = path,
            Path = path,
            Way = RestoreWay.Rewrite,
            Demand = demand.WithoutFiles(),
            Before = () => default,
            After = () => (status.Allocated, 0),
            SharesBlocks = () => false,
        });
    }

    private static void Refuse(string path, IReadOnlyList<string> obstacles)
    {
        if (obstacles.Count > 0)
        {
            throw new BackupException(
                BackupError.VolumeNotWritable,
                $"'{path}' cannot be restored: {string.Join("; ", obstacles)}. Nothing was changed.", path);
        }
    }

    private static void TrySize(IDirectory probe, long size)
    {
        using var file = probe.CreateFile("size"u8, AnyMode);
        try
        {
            file.SetLength(size);
        }
        finally
        {
            probe.RemoveFile("size"u8);
        }
    }

    /// <summary>Tries the names of directories that will be made, and of what stands in the last of them.</summary>
    private static void TryWay(IDirectory probe, string existing, string path)
    {
        foreach (string name in Path.GetRelativePath(existing, path).Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            byte[] bytes = Encoding.UTF8.GetBytes(name);
            probe.CreateDirectory(bytes, Ownership.OwnerOnly);
            probe.RemoveDirectory(bytes);
        }
    }

    /// <summary>Whether files of the file system may have blocks in common, which do not become free with one of them.</summary>
    private bool CanShareBlocks(Func<IDirectory> open)
    {
        try
        {
            using var root = open();
            using var probe = ProbeFolder.In(root, fileSystem.Traits);
            using var one = probe.Directory.CreateFile("one"u8, AnyMode);
            using var other = probe.Directory.CreateFile("other"u8, AnyMode);
            one.Write(new byte[Tar.TarLayout.Alignment], 0);
            return other.TryClone(one, 0, 0, Tar.TarLayout.Alignment);
        }
        catch (FileSystemException)
        {
            // As where there is no room even for that: then they are asked, which tells as much.
            return true;
        }
    }

    private bool SharesBlocks(Func<IDirectory> open)
    {
        using var root = open();
        using var probe = ProbeFolder.In(root, fileSystem.Traits);
        using var file = probe.Directory.CreateFile("share"u8, AnyMode);
        try
        {
            return file.TryClone(archive.File, 0, 0, Tar.TarLayout.Alignment);
        }
        catch (FileSystemException)
        {
            return false;
        }
    }

    /// <summary>What interrupted restores left in the folder: it goes first.</summary>
    private (long Bytes, long Files) Remains(Func<IDirectory> open)
    {
        (long Bytes, long Files) sum = default;
        using var root = open();
        foreach (byte[] name in StagingFolder.FoldersIn(root))
        {
            if (!StagingFolder.IsOurs(root, name, Ownership.Of(fileSystem.Traits)))
            {
                continue;
            }

            using var left = root.OpenDirectory(name);
            foreach (byte[] folder in new[] { StagingFolder.Old.ToArray(), StagingFolder.Made.ToArray(), StagingFolder.New.ToArray() })
            {
                // With a journal, what is new is on its way into the volume.
                bool stays = folder.AsSpan().SequenceEqual(StagingFolder.New) && left.TryGetStatus(StagingFolder.SwapMark, out _);
                if (!stays && left.TryGetStatus(folder, out var status) && status.Kind == FileKind.Directory)
                {
                    sum = Sum(sum, Sum(TreeSurvey.Of(left.OpenDirectory(folder), new KeepTree(), fileSystem.Traits)));
                }
            }
        }

        return sum;
    }

    private string ExistingParent(string path)
    {
        for (string? parent = Path.GetDirectoryName(path); parent is not null; parent = Path.GetDirectoryName(parent))
        {
            if (fileSystem.TryGetStatus(parent, out _))
            {
                return parent;
            }
        }

        return Path.GetPathRoot(path) ?? "/";
    }

    private static (long Bytes, long Files) Sum(TreeSurvey survey) => survey.IsWhole ? (survey.Bytes, survey.Files) : (long.MaxValue / 4, long.MaxValue / 4);

    private static (long Bytes, long Files) Sum((long Bytes, long Files) one, (long Bytes, long Files) other) =>
        (one.Bytes + other.Bytes, one.Files + other.Files);
}
