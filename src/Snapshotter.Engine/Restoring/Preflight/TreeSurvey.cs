using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Jobs;

namespace Snapshotter.Engine.Restoring.Preflight;

/// <summary>
/// What stands in a directory and is to go: what it takes on the disk, and what of it cannot go at all. Looked at without
/// following a link and without recursion, however deep it is.
/// </summary>
internal sealed class TreeSurvey
{
    private const int MaxListed = 20;

    /// <summary>Of so many files with other names still to be found is remembered; more count as staying.</summary>
    private const int MaxLinked = 1_000_000;

    private readonly FileSystemTraits traits;
    private readonly bool asksForShared;
    private readonly List<string> obstacles = [];

    private readonly LinkedNames linked = new(MaxLinked);

    private TreeSurvey(FileSystemTraits traits, bool asksForShared)
    {
        this.traits = traits;
        this.asksForShared = asksForShared;
    }

    /// <summary>Bytes that its removal gives back at most: a file of several names counts when all of them go.</summary>
    public long Bytes { get; private set; }

    /// <summary>Files, directories and links that its removal gives back at most.</summary>
    public long Files { get; private set; }

    /// <summary>False when some of it could not be looked at.</summary>
    public bool IsWhole { get; private set; } = true;

    /// <summary>The first of what can be neither moved nor removed, with the reason.</summary>
    public IReadOnlyList<string> Obstacles => obstacles;

    /// <summary>All that would be removed if the directory was emptied. Closes the directory.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="keep">What stays in it.</param>
    /// <param name="traits">Who this process is.</param>
    /// <param name="asksForShared">Each file is asked for blocks that others have too: that takes its time.</param>
    public static TreeSurvey Of(IDirectory directory, KeepTree keep, FileSystemTraits traits, bool asksForShared = false) =>
        Survey(directory, keep, traits, deep: true, asksForShared);

    /// <summary>Only the names that would be moved out of the way, and not what is in them. Closes the directory.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="keep">What stays in it.</param>
    /// <param name="traits">Who this process is.</param>
    public static TreeSurvey OfNames(IDirectory directory, KeepTree keep, FileSystemTraits traits) =>
        Survey(directory, keep, traits, deep: false, asksForShared: false);

    private static TreeSurvey Survey(IDirectory directory, KeepTree keep, FileSystemTraits traits, bool deep, bool asksForShared)
    {
        var survey = new TreeSurvey(traits, asksForShared);
        var root = new TreeDirectory(directory, []);
        try
        {
            survey.Walk(root, keep, deep);
        }
        catch (FileSystemException)
        {
            survey.IsWhole = false;
        }
        finally
        {
            root.Release();
        }

        return survey;
    }

    private void Walk(TreeDirectory root, KeepTree keep, bool deep)
    {
        // What is kept in each directory on the way to the current one.
        var kept = new Stack<KeepTree?>();
        using var cursor = new TreeCursor(root);
        while (cursor.Next() is var step && step != TreeStep.End)
        {
            switch (step)
            {
                case TreeStep.Enter:
                    kept.Push(cursor.Current.Parent is null ? keep : kept.Peek()?.Find(cursor.Current.Name));
                    if (!cursor.IsOnOtherMount)
                    {
                        LookAtNames(cursor, kept.Peek(), deep);
                    }

                    break;
                case TreeStep.Leave:
                    kept.Pop();
                    break;
                default:
                    IsWhole = false;
                    return;
            }
        }
    }

    private void LookAtNames(TreeCursor cursor, KeepTree? keep, bool deep)
    {
        var directory = cursor.Current.Handle;
        ulong device = cursor.Status.Id.Device;
        var listing = directory.List();
        for (int i = 0; i < listing.Count; i++)
        {
            var name = listing.NameOf(i).Span;
            if (cursor.Current.Parent is null && StagingFolder.IsOurs(directory, name, Ownership.Of(traits)))
            {
                // Not a part of the volume.
                continue;
            }

            var kept = keep?.Find(name);
            if (kept is { IsKept: true } || !directory.TryGetStatus(name, out var status))
            {
                continue;
            }

            if (kept is null)
            {
                if (linked.IsLast(status))
                {
                    Bytes += FreedBy(directory, name, status);
                    Files++;
                }

                LookAt(directory, name, status, device);
            }

            if (status.Kind == FileKind.Directory && (deep || kept is not null))
            {
                cursor.Descend(name);
            }
        }
    }

    private long FreedBy(IDirectory directory, ReadOnlySpan<byte> name, in FileStatus status)
    {
        if (!asksForShared || status.Kind != FileKind.Regular || status.Allocated == 0)
        {
            return status.Allocated;
        }

        try
        {
            using var file = directory.OpenFile(name);
            return Math.Max(0, status.Allocated - file.SharedBytes());
        }
        catch (FileSystemException)
        {
            // What cannot be asked counts as staying.
            return 0;
        }
    }

    private void LookAt(IDirectory directory, ReadOnlySpan<byte> name, in FileStatus status, ulong device)
    {
        if (Obstacle.In(directory, name, status, device, traits) is { } obstacle && obstacles.Count < MaxListed)
        {
            obstacles.Add(obstacle);
        }
    }
}
