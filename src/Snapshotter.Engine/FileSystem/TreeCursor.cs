namespace Snapshotter.Engine.FileSystem;

/// <summary>Where a <see cref="TreeCursor"/> has come to.</summary>
internal enum TreeStep
{
    /// <summary>The whole tree is walked.</summary>
    End,

    /// <summary>
    /// <see cref="TreeCursor.Current"/> was opened. Now is the time to list it and to name what is to be walked below it:
    /// <see cref="TreeCursor.Descend"/>.
    /// </summary>
    Enter,

    /// <summary>All that was to be walked below <see cref="TreeCursor.Current"/> was. It is still open, and so is its parent.</summary>
    Leave,

    /// <summary><see cref="TreeCursor.Current"/> could not be opened: see <see cref="TreeCursor.Failure"/>. Its parent is open.</summary>
    Fail,

    /// <summary>
    /// There is no way back to <see cref="TreeCursor.Current"/>: what was walked last is no longer in it, or it cannot be
    /// opened again (see <see cref="TreeCursor.Failure"/>). It is not open; what was still to be walked in it, and in the
    /// directories above it that were closed, is dropped, and those are not left either.
    /// </summary>
    Lost,
}

/// <summary>Opens a directory by its name in another.</summary>
internal delegate IDirectory OpenChild(IDirectory parent, ReadOnlySpan<byte> name);

/// <summary>
/// Walks a tree depth first, through handles, one component at a time and never through a link. However deep the tree is,
/// only a bounded number of handles is open: those far up are closed, and opened again on the way back as the parent ("..")
/// of what is left. That parent must be the directory that was entered: somebody may have moved what is in it to another
/// place meanwhile, where the same names stand for other things. What is walked is the caller's choice, name by name.
/// </summary>
/// <example>
/// <code>
/// using var cursor = new TreeCursor(root);
/// while (cursor.Next() is var step and not TreeStep.End)
/// {
///     if (step == TreeStep.Enter) { ... cursor.Current.Handle.List() ... cursor.Descend(name) ... }
/// }
/// </code>
/// </example>
internal sealed class TreeCursor : IDisposable
{
    /// <summary>Handles open at most, but for those that others hold references to.</summary>
    public const int MaxOpen = 64;

    private readonly OpenChild? open;
    private readonly List<TreeDirectory> levels = [];

    /// <summary>What is to be walked, the next one last.</summary>
    private readonly List<(TreeDirectory Parent, byte[] Name)> pending = [];
    private int firstNamed;
    private FileStatus status;
    private TreeStep step;
    private bool isBegun;

    /// <param name="root">Stays open until the end; the caller keeps its own reference.</param>
    /// <param name="open">How a directory is opened; null for no more than opening it.</param>
    public TreeCursor(TreeDirectory root, OpenChild? open = null)
    {
        Current = root;
        this.open = open;
    }

    /// <summary>The directory that the last step is about.</summary>
    public TreeDirectory Current { get; private set; }

    /// <summary>How far below the root the directory entered last is; 0 for the root itself.</summary>
    public int Depth => levels.Count - 1;

    /// <summary>The status of the directory entered last, as it was then.</summary>
    public ref readonly FileStatus Status => ref status;

    /// <summary>
    /// The directory entered last lies on another mount than the one it is in: it is the root of a mount or, where the
    /// platform does not tell those, on another device.
    /// </summary>
    public bool IsOnOtherMount =>
        Current.Parent is { } parent && (status.IsMountRoot ?? status.Id.Device != parent.Id.Device);

    /// <summary>Why the last step failed; null otherwise.</summary>
    public FileSystemException? Failure { get; private set; }

    /// <summary>Has a directory in the current one walked, after those named before. Its name is copied.</summary>
    public void Descend(ReadOnlySpan<byte> name)
    {
        if (step != TreeStep.Enter)
        {
            throw new InvalidOperationException("Only what was just entered can be descended from.");
        }

        pending.Add((Current, name.ToArray()));
    }

    /// <summary>Goes one step on.</summary>
    public TreeStep Next()
    {
        Failure = null;
        if (step == TreeStep.Leave)
        {
            Current.Suspend();
        }
        else if (step == TreeStep.Enter)
        {
            pending.Reverse(firstNamed, pending.Count - firstNamed);
        }

        step = !isBegun ? Begin() : levels.Count == 0 ? TreeStep.End : Walk();
        return step;
    }

    /// <summary>Closes what is open.</summary>
    public void Dispose()
    {
        step = TreeStep.End;
        Current.Suspend();
        foreach (var directory in levels)
        {
            directory.Suspend();
        }

        levels.Clear();
    }

    private TreeStep Begin()
    {
        isBegun = true;
        Current.TakeUp();
        return Enter(Current);
    }

    private TreeStep Walk()
    {
        if (pending.Count == 0 || pending[^1].Parent != levels[^1])
        {
            return Leave();
        }

        var (parent, name) = pending[^1];
        pending.RemoveAt(pending.Count - 1);
        var directory = new TreeDirectory(parent, name);
        try
        {
            directory.Open(open is null ? parent.Handle.OpenDirectory(name) : open(parent.Handle, name));
        }
        catch (FileSystemException e)
        {
            return Fail(directory, e);
        }

        return Enter(directory);
    }

    private TreeStep Enter(TreeDirectory directory)
    {
        try
        {
            directory.Handle.GetStatus(out status);
        }
        catch (FileSystemException e)
        {
            return Fail(directory, e);
        }

        Current = directory;
        directory.Identify(status);
        levels.Add(directory);
        firstNamed = pending.Count;
        if (levels.Count > MaxOpen)
        {
            levels[levels.Count - MaxOpen].Suspend();
        }

        return TreeStep.Enter;
    }

    private TreeStep Fail(TreeDirectory directory, FileSystemException failure)
    {
        directory.Suspend();
        Current = directory;
        Failure = failure;
        return TreeStep.Fail;
    }

    private TreeStep Leave()
    {
        Current = levels[^1];
        levels.RemoveAt(levels.Count - 1);
        return levels.Count == 0 || IsBackIn(levels[^1]) ? TreeStep.Leave : Lose();
    }

    private bool IsBackIn(TreeDirectory parent)
    {
        try
        {
            return parent.TryResume(Current);
        }
        catch (FileSystemException e)
        {
            Failure = e;
            return false;
        }
    }

    /// <summary>Goes up to the next directory that is open, which the root always is.</summary>
    private TreeStep Lose()
    {
        Current.Suspend();
        Current = levels[^1];
        for (var directory = Current; !directory.IsHeldByCursor; directory = levels[^1])
        {
            while (pending.Count > 0 && pending[^1].Parent == directory)
            {
                pending.RemoveAt(pending.Count - 1);
            }

            levels.RemoveAt(levels.Count - 1);
        }

        return TreeStep.Lost;
    }
}
