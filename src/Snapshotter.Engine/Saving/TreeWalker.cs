using System.Runtime.CompilerServices;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Jobs;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Saving;

/// <summary>
/// Walks a volume depth first, each directory before what is in it, names in the order of their bytes, and hands the
/// names over one by one. Never follows a link. At the end it looks whether something was moved past it.
/// </summary>
internal sealed class TreeWalker(SaveContext context, IReadOnlyCollection<byte[]> nestedVolumes, Action<SaveTask> add) : IDisposable
{
    /// <summary>How often a directory is listed that changes under the listing.</summary>
    private const int MaxListings = 5;

    private readonly SaveFilter filter = new(context.Exclude, nestedVolumes);
    private readonly DirectoryLog log = new(context.FileSystem);
    private int rootLength;

    /// <summary>Walks everything below the root; the root itself is the caller's.</summary>
    /// <param name="root">The volume's root.</param>
    /// <param name="cancellation">Stops the walk.</param>
    public void Walk(TreeDirectory root, CancellationToken cancellation)
    {
        bool isLost = false;
        rootLength = root.Name.Length;
        using (var cursor = new TreeCursor(root))
        {
            while (cursor.Next() is var step and not TreeStep.End)
            {
                cancellation.ThrowIfCancellationRequested();
                switch (step)
                {
                    case TreeStep.Enter:
                        Enter(cursor);
                        break;
                    case TreeStep.Fail:
                        Fail(cursor.Current, cursor.Failure!);
                        break;
                    case TreeStep.Lost:
                        isLost = true;
                        Tell(root, Lost(cursor.Current.DisplayPath));
                        break;
                }
            }
        }

        // What was told of a lost directory holds for all the rest; the log has no place for what was dropped.
        if (!isLost)
        {
            foreach (var notice in new MovedNames(log).Find(root, cancellation))
            {
                Tell(root, notice);
            }
        }
    }

    public void Dispose() => log.Dispose();

    private void Enter(TreeCursor cursor)
    {
        var directory = cursor.Current;
        var status = cursor.Status;
        if (directory.Parent is not null)
        {
            add(new SaveTask(directory, default, FileKind.Directory, Status: new StrongBox<FileStatus>(status)));
        }

        if (cursor.IsOnOtherMount)
        {
            Tell(directory, Problems.Mounted(directory.DisplayPath), NoticeWeight.Detail);
        }

        DirectoryListing listing;
        ListedDirectory listed;
        try
        {
            listing = List(directory, status, out listed);
        }
        catch (FileSystemException e)
        {
            Tell(directory, Problems.Of(e, directory.DisplayPath));
            log.AddMissing();
            return;
        }

        if (listing.Count > 0 && SaveLimits.IsTooDeep(cursor.Depth))
        {
            Tell(directory, SaveLimits.TooDeep(directory.DisplayPath));
            log.Add(listed);
            return;
        }

        for (int i = 0; i < listing.Count; i++)
        {
            var name = listing.NameOf(i);
            if (TakeName(directory, name, KindOf(directory, listing, i)))
            {
                cursor.Descend(name.Span);
                log.AddName(name.Span);
            }
        }

        log.Add(listed);
    }

    /// <summary>
    /// Lists a directory. A name that is changed to another meanwhile may be missed under both, so it is listed until it
    /// stayed the same all the time.
    /// </summary>
    private DirectoryListing List(TreeDirectory directory, FileStatus status, out ListedDirectory listed)
    {
        for (int i = 1; ; i++)
        {
            listed = new ListedDirectory(status, DateTime.UtcNow);
            var listing = directory.Handle.List();
            directory.Handle.GetStatus(out status);
            if (!listed.HasChanged(status))
            {
                return listing;
            }

            if (i == MaxListings)
            {
                Tell(directory, Unsteady(directory.DisplayPath));
                return listing;
            }
        }
    }

    private static FileKind KindOf(TreeDirectory directory, DirectoryListing listing, int index)
    {
        var kind = listing.KindOf(index);
        return kind == FileKind.Unknown && directory.Handle.TryGetStatus(listing.NameOf(index).Span, out var status) ? status.Kind : kind;
    }

    /// <summary>Hands a name over, unless it is left out. True for a directory, which is to be walked instead.</summary>
    private bool TakeName(TreeDirectory directory, ReadOnlyMemory<byte> name, FileKind kind)
    {
        if (filter.LeavesOut(directory, name.Span, kind, rootLength))
        {
            return false;
        }

        if (Leftovers.IsOne(directory.Handle, name.Span, kind, context.FileSystem.Traits, out var problem))
        {
            if (problem is not null)
            {
                Tell(directory, problem);
            }

            return false;
        }

        if (SaveLimits.IsTooLong(name.Span) || SaveLimits.IsTooLong(directory.LengthOf(name.Span)))
        {
            Tell(directory, SaveLimits.TooLong(directory.Display(name.Span)));
            return false;
        }

        if (kind == FileKind.Directory)
        {
            return true;
        }

        add(new SaveTask(directory, name, kind));
        return false;
    }

    /// <summary>A directory that could not be opened: itself it can perhaps be saved.</summary>
    private void Fail(TreeDirectory directory, FileSystemException failure)
    {
        var problem = Problems.Of(failure, directory.DisplayPath);
        if (directory.Parent is { } parent)
        {
            add(new SaveTask(parent, directory.Name, FileKind.Directory, problem));
        }
        else
        {
            Tell(directory, problem);
        }

        log.AddMissing();
    }

    private void Tell(TreeDirectory directory, Notice notice, NoticeWeight weight = NoticeWeight.Problem) =>
        add(new SaveTask(directory, default, FileKind.Unknown, notice, weight));

    private static Notice Lost(string path) => new(
        BackupError.FileChanged, path, $"The directory '{path}' was moved while it was read; some of it is not saved.");

    private static Notice Unsteady(string path) => new(
        BackupError.FileChanged, path,
        $"'{path}' kept changing while its names were read: what was renamed in it meanwhile may be missing.");
}
