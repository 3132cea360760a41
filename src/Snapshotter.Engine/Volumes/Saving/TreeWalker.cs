using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Volumes.Restoring;

namespace Snapshotter.Engine.Volumes.Saving;

/// <summary>
/// Walks a volume depth first, each directory before what is in it, names in the order of their bytes, and hands the
/// names over one by one. Never follows a link. However deep the tree is, only a bounded number of handles is open.
/// </summary>
internal sealed class TreeWalker(SaveContext context, IReadOnlyCollection<byte[]> nestedVolumes, Action<SaveTask> add)
{
    private const int MaxOpen = 64;

    private readonly List<Frame> stack = [];

    /// <summary>Walks everything below the root; the root itself is the caller's.</summary>
    /// <param name="root">The volume's root; released when done.</param>
    /// <param name="cancellation">Stops the walk.</param>
    public void Walk(DirectoryNode root, CancellationToken cancellation)
    {
        int rootLength = root.EntryName.Length;
        try
        {
            Enter(root, rootLength);
            while (stack.Count > 0)
            {
                cancellation.ThrowIfCancellationRequested();
                var frame = stack[^1];
                if (frame.NextDirectory(out var name))
                {
                    if (Reopen(stack.Count - 1))
                    {
                        Descend(frame, name, rootLength);
                    }
                }
                else
                {
                    Leave();
                }
            }
        }
        finally
        {
            foreach (var frame in stack)
            {
                frame.Node?.Release();
            }

            stack.Clear();
        }
    }

    private void Descend(Frame parent, ReadOnlyMemory<byte> name, int rootLength)
    {
        IDirectory handle;
        try
        {
            handle = parent.Node!.Handle.OpenDirectory(name.Span);
        }
        catch (FileSystemException e)
        {
            add(new SaveTask(parent.Node!, name, FileKind.Directory, Problems.Of(e, parent.Node!.Display(name.Span))));
            return;
        }

        Enter(new DirectoryNode(handle, parent.Node!.NameOf(name.Span)), rootLength);
    }

    private void Enter(DirectoryNode node, int rootLength)
    {
        bool isRoot = stack.Count == 0;
        if (!isRoot)
        {
            add(new SaveTask(node, default, FileKind.Directory));
        }

        DirectoryListing listing;
        FileId id = default;
        try
        {
            if (!isRoot)
            {
                node.Handle.GetStatus(out var status);
                id = status.Id;
            }

            listing = node.Handle.List();
        }
        catch (FileSystemException e)
        {
            add(new SaveTask(node, default, FileKind.Unknown, Problems.Of(e, node.Handle.DisplayPath)));
            node.Release();
            return;
        }

        var directories = new List<int>();
        bool filter = !context.Exclude.IsEmpty || nestedVolumes.Count > 0;
        for (int i = 0; i < listing.Count; i++)
        {
            var name = listing.NameOf(i);
            var kind = listing.KindOf(i);
            if (kind == FileKind.Unknown && node.Handle.TryGetStatus(name.Span, out var status))
            {
                kind = status.Kind;
            }

            if (filter && IsLeftOut(node, name.Span, kind, rootLength))
            {
                continue;
            }

            if (TemporaryName.IsOne(name.Span))
            {
                TellLeftover(node, name.Span);
                continue;
            }

            if (kind == FileKind.Directory)
            {
                directories.Add(i);
            }
            else
            {
                add(new SaveTask(node, name, kind));
            }
        }

        stack.Add(new Frame(node, id, listing, directories));
        if (stack.Count > MaxOpen)
        {
            // The root stays open; the handle of an ancestor that is far up is opened anew on the way back.
            stack[stack.Count - MaxOpen].Close();
        }
    }

    private bool IsLeftOut(DirectoryNode node, ReadOnlySpan<byte> name, FileKind kind, int rootLength)
    {
        byte[] full = node.NameOf(name);
        var relative = full.AsSpan(rootLength + 1);
        if (context.Exclude.Matches(relative, kind == FileKind.Directory))
        {
            return true;
        }

        foreach (byte[] nested in nestedVolumes)
        {
            if (relative.SequenceEqual(nested))
            {
                return true;
            }
        }

        return false;
    }

    private void TellLeftover(DirectoryNode node, ReadOnlySpan<byte> name)
    {
        if (Leftovers.NoticeOf(node.Handle, name, context.FileSystem.Traits, out bool isProblem) is { } notice)
        {
            add(new SaveTask(node, default, FileKind.Unknown, notice, IsHarmless: !isProblem));
        }
    }

    private void Leave()
    {
        var frame = stack[^1];
        stack.RemoveAt(stack.Count - 1);
        if (stack.Count > 0 && stack[^1].Node is null && frame.Node is not null)
        {
            stack[^1].ReopenFrom(frame.Node);
        }

        frame.Node?.Release();
    }

    /// <summary>Makes sure the frame has a handle; when its directory was moved meanwhile, what is left in it cannot be saved.</summary>
    private bool Reopen(int index)
    {
        var frame = stack[index];
        if (frame.Node is not null)
        {
            return true;
        }

        var root = stack[0].Node!;
        string path = System.Text.Encoding.UTF8.GetString(frame.EntryName);
        add(new SaveTask(root, default, FileKind.Unknown, new Notice(
            BackupError.FileChanged, path, $"The directory '{path}' was moved while it was read; some of it is not saved.")));
        frame.DropRest();
        return false;
    }

    /// <summary>A directory whose names are handed over and whose subdirectories are still to be walked.</summary>
    private sealed class Frame(DirectoryNode node, FileId id, DirectoryListing listing, List<int> directories)
    {
        private int next;

        public DirectoryNode? Node { get; private set; } = node;

        public byte[] EntryName { get; } = node.EntryName;

        public bool NextDirectory(out ReadOnlyMemory<byte> name)
        {
            name = next < directories.Count ? listing.NameOf(directories[next]) : default;
            return next++ < directories.Count;
        }

        public void DropRest() => next = directories.Count;

        public void Close()
        {
            Node?.Release();
            Node = null;
        }

        /// <summary>Opens the directory again as the parent of one of its children, if it still is.</summary>
        public void ReopenFrom(DirectoryNode child)
        {
            IDirectory? parent = null;
            try
            {
                parent = child.Handle.OpenParent();
                parent.GetStatus(out var status);
                if (status.Id == id)
                {
                    Node = new DirectoryNode(parent, EntryName);
                    return;
                }
            }
            catch (FileSystemException)
            {
                // Told when the directory is needed.
            }

            parent?.Dispose();
        }
    }
}
