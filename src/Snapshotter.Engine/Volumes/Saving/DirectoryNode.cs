using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Volumes.Saving;

/// <summary>
/// A directory that is being saved. The walker and each batch that has names of it hold a reference; the last one to let
/// go closes the handle.
/// </summary>
internal sealed class DirectoryNode(IDirectory handle, byte[] entryName)
{
    private int references = 1;

    public IDirectory Handle { get; } = handle;

    /// <summary>The directory's own name in the archive, without a trailing slash.</summary>
    public byte[] EntryName { get; } = entryName;

    public void AddReference() => Interlocked.Increment(ref references);

    public void Release()
    {
        if (Interlocked.Decrement(ref references) == 0)
        {
            Handle.Dispose();
        }
    }

    /// <summary>The name in the archive of a name in this directory.</summary>
    public byte[] NameOf(ReadOnlySpan<byte> name)
    {
        byte[] joined = new byte[EntryName.Length + 1 + name.Length];
        WriteName(name, joined);
        return joined;
    }

    /// <summary>As <see cref="NameOf"/>, into a buffer that is large enough. Returns the length.</summary>
    public int WriteName(ReadOnlySpan<byte> name, Span<byte> buffer)
    {
        EntryName.CopyTo(buffer);
        buffer[EntryName.Length] = (byte)'/';
        name.CopyTo(buffer[(EntryName.Length + 1)..]);
        return EntryName.Length + 1 + name.Length;
    }

    /// <summary>A path for messages.</summary>
    public string Display(ReadOnlySpan<byte> name) =>
        name.IsEmpty ? Handle.DisplayPath : Handle.DisplayPath.TrimEnd('/') + "/" + System.Text.Encoding.UTF8.GetString(name);
}
