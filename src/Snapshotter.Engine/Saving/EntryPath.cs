using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Saving;

/// <summary>The names that entries have in the archive, one after the other in one buffer. One per thread.</summary>
internal sealed class EntryPath
{
    private byte[] buffer = new byte[4096];

    /// <summary>The path of a name in a directory; of the directory itself when the name is empty. Valid until the next call.</summary>
    public ReadOnlyMemory<byte> Of(TreeDirectory directory, ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty && directory.Parent is { } parent)
        {
            return Of(parent, directory.Name);
        }

        if (name.IsEmpty)
        {
            return directory.Name;
        }

        long length = directory.LengthOf(name);
        if (length > buffer.Length)
        {
            buffer = new byte[length * 2];
        }

        return buffer.AsMemory(0, directory.WritePath(name, buffer));
    }

    /// <inheritdoc cref="Of(TreeDirectory, ReadOnlySpan{byte})"/>
    public ReadOnlyMemory<byte> Of(in SaveTask task) => Of(task.Directory, task.Name.Span);
}
