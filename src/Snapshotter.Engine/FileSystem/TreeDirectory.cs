namespace Snapshotter.Engine.FileSystem;

/// <summary>
/// A directory of a tree that is walked. It knows its own name and the directory it is in, and no more: of a deep tree each
/// level would else hold the names of all above it. Its handle is open while the cursor or somebody else holds a reference;
/// what is handed to other threads with a reference may outlive the cursor's stay.
/// </summary>
internal sealed class TreeDirectory
{
    /// <summary>Paths up to this length are put together once per directory instead of once per name in it.</summary>
    private const int LongestKept = 1024;

    private IDirectory? handle;
    private int references;
    private byte[]? path;

    /// <summary>The root of a tree.</summary>
    /// <param name="handle">Open; it is closed with the last reference, of which the one who makes this has the first.</param>
    /// <param name="name">What the paths of all below begin with; empty when they are to be relative.</param>
    public TreeDirectory(IDirectory handle, byte[] name)
    {
        this.handle = handle;
        references = 1;
        Name = name;
        PathLength = name.Length;
    }

    /// <summary>A directory that is not open yet.</summary>
    internal TreeDirectory(TreeDirectory parent, byte[] name)
    {
        Parent = parent;
        Name = name;
        PathLength = parent.LengthOf(name);
    }

    /// <summary>Null for the root.</summary>
    public TreeDirectory? Parent { get; }

    /// <summary>Its name in its parent; for the root, the name it was given.</summary>
    public byte[] Name { get; }

    /// <summary>Who it is; known once it is entered.</summary>
    public FileId Id { get; private set; }

    /// <summary>Bytes of its path: the root's name and all names down to its own, with slashes between.</summary>
    public long PathLength { get; }

    /// <summary>True while the cursor holds a reference.</summary>
    internal bool IsHeldByCursor { get; private set; }

    /// <summary>The open directory. To be used by those who hold a reference.</summary>
    public IDirectory Handle => handle ?? throw new InvalidOperationException("The directory was never opened.");

    /// <summary>A path for messages; closed or not.</summary>
    public string DisplayPath => handle?.DisplayPath ?? Parent!.Display(Name);

    /// <summary>A path for messages about a name in it; about itself when the name is empty.</summary>
    public string Display(ReadOnlySpan<byte> name) =>
        name.IsEmpty ? DisplayPath : DisplayPath.TrimEnd('/') + "/" + NameText.Decode(name);

    public void AddReference() => Interlocked.Increment(ref references);

    public void Release()
    {
        if (Interlocked.Decrement(ref references) == 0)
        {
            handle!.Dispose();
        }
    }

    /// <summary>Bytes of the path of a name in it.</summary>
    public long LengthOf(ReadOnlySpan<byte> name) => PathLength == 0 ? name.Length : PathLength + 1 + name.Length;

    /// <summary>Writes the path of a name in it into a buffer that is large enough; see <see cref="LengthOf"/>.</summary>
    /// <returns>Bytes written.</returns>
    public int WritePath(ReadOnlySpan<byte> name, Span<byte> buffer)
    {
        int length = (int)PathLength;
        if (length > LongestKept)
        {
            FillPath(buffer);
        }
        else
        {
            // Two threads may both make it: it is the same.
            path ??= MakePath();
            path.CopyTo(buffer);
        }

        if (length > 0)
        {
            buffer[length++] = (byte)'/';
        }

        name.CopyTo(buffer[length..]);
        return length + name.Length;
    }

    /// <summary>As <see cref="WritePath"/>, in an array of its own.</summary>
    public byte[] PathOf(ReadOnlySpan<byte> name)
    {
        byte[] joined = new byte[LengthOf(name)];
        WritePath(name, joined);
        return joined;
    }

    /// <summary>Takes a handle, for the cursor to hold.</summary>
    internal void Open(IDirectory opened)
    {
        handle = opened;
        TakeUp();
    }

    /// <summary>The cursor holds it, beside those who have it open.</summary>
    internal void TakeUp()
    {
        AddReference();
        IsHeldByCursor = true;
    }

    /// <summary>Notes who it is.</summary>
    internal void Identify(in FileStatus status) => Id = status.Id;

    /// <summary>The cursor lets go of it; the handle is closed unless somebody else needs it.</summary>
    internal void Suspend()
    {
        if (IsHeldByCursor)
        {
            IsHeldByCursor = false;
            Release();
        }
    }

    /// <summary>The cursor takes it up again, as the parent of a directory in it.</summary>
    /// <returns>False when that directory is no longer in it.</returns>
    /// <exception cref="FileSystemException">The parent cannot be opened.</exception>
    internal bool TryResume(TreeDirectory child)
    {
        if (IsHeldByCursor || TryAddReference())
        {
            IsHeldByCursor = true;
            return true;
        }

        var parent = child.Handle.OpenParent();
        try
        {
            parent.GetStatus(out var status);
            if (status.Id == Id)
            {
                Open(parent);
                parent = null;
                return true;
            }

            return false;
        }
        finally
        {
            parent?.Dispose();
        }
    }

    private bool TryAddReference()
    {
        int seen = Volatile.Read(ref references);
        while (seen > 0)
        {
            int before = Interlocked.CompareExchange(ref references, seen + 1, seen);
            if (before == seen)
            {
                return true;
            }

            seen = before;
        }

        return false;
    }

    private byte[] MakePath()
    {
        byte[] made = new byte[PathLength];
        FillPath(made);
        return made;
    }

    /// <summary>From the end to the beginning, without recursion.</summary>
    private void FillPath(Span<byte> buffer)
    {
        int end = (int)PathLength;
        for (var directory = this; end > 0; directory = directory.Parent!)
        {
            directory.Name.CopyTo(buffer[(end - directory.Name.Length)..]);
            end -= directory.Name.Length;
            if (end > 0)
            {
                buffer[--end] = (byte)'/';
            }
        }
    }
}
