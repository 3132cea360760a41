using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Tests.Faults;

/// <summary>An open file of a <see cref="MemoryFileSystem"/>.</summary>
internal sealed class MemoryFile(MemoryFileSystem fileSystem, long inode, string path, bool isWritable) : IFile
{
    private bool isDisposed;

    internal string OpenedAs => path;

    public long Inode => inode;

    public string DisplayPath => path;

    public long Length => Use(() => fileSystem.ContentOf(inode).Length);

    public void GetStatus(out FileStatus status)
    {
        lock (fileSystem.Gate)
        {
            Check();
            fileSystem.FillStatus(inode, out status);
        }
    }

    public int Read(Span<byte> buffer, long offset)
    {
        lock (fileSystem.Gate)
        {
            Check();
            return fileSystem.Names[inode].Kind switch
            {
                FileKind.Regular => fileSystem.ContentOf(inode).Read(buffer, offset),
                FileKind.Directory => throw MemoryFileSystem.Failure(FileError.IsADirectory, "read", path),
                _ => 0,
            };
        }
    }

    public void Write(ReadOnlySpan<byte> buffer, long offset)
    {
        lock (fileSystem.Gate)
        {
            Check();
            CheckWritable();
            fileSystem.Write(this, buffer, offset);
        }
    }

    public void SetLength(long length) => Change(() => fileSystem.SetLength(this, length));

    public void Flush() => Use(() => fileSystem.Flush(this));

    public long CopyFrom(IFile source, long sourceOffset, long offset, long count)
    {
        if (source is not MemoryFile from)
        {
            return -1;
        }
        var buffer = new byte[Math.Clamp(from.Length - sourceOffset, 0, count)];
        var read = from.Read(buffer, sourceOffset);
        Write(buffer.AsSpan(0, read), offset);
        return read;
    }

    public bool TryClone(IFile source, long sourceOffset, long offset, long count)
    {
        if (!fileSystem.CanShareAndCollapse || source is not MemoryFile from || (sourceOffset | offset | count) % PagedBytes.PageSize != 0
            || sourceOffset + count > from.Length)
        {
            return false;
        }
        return CopyFrom(source, sourceOffset, offset, count) == count;
    }

    public long NextData(long offset) => Use(() => fileSystem.ContentOf(inode).NextData(offset));

    public long NextHole(long offset) => Use(() => fileSystem.ContentOf(inode).NextHole(offset));

    public bool TryCollapse(long offset, long count)
    {
        if (!fileSystem.CanShareAndCollapse || (offset | count) % PagedBytes.PageSize != 0 || offset + count >= Length)
        {
            return false;
        }
        Change(() => fileSystem.Collapse(this, offset, count));
        return true;
    }

    public bool TryLock(FileLock kind) => Use(() => fileSystem.TryLock(this, kind));

    public void Unlock(FileLock kind) => Use(() => fileSystem.Unlock(this, kind));

    public bool IsLocked(FileLock kind) => Use(() => fileSystem.IsLocked(this, kind));

    public void GetAttributes(List<ExtendedAttribute> attributes) => Use(() => attributes.AddRange(fileSystem.Names[inode].Attributes));

    public MetadataLoss SetMetadata(in FileMetadata metadata)
    {
        lock (fileSystem.Gate)
        {
            Check();
            return MemoryDirectory.SetMetadata(fileSystem, inode, path, metadata);
        }
    }

    public void Dispose()
    {
        lock (fileSystem.Gate)
        {
            isDisposed = true;
            fileSystem.Unlock(this);
            fileSystem.Drop(this);
        }
    }

    private void Check()
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        fileSystem.Faults.Alive();
    }

    private void CheckWritable()
    {
        if (!isWritable)
        {
            throw MemoryFileSystem.Failure(FileError.AccessDenied, "write", path);
        }
    }

    private T Use<T>(Func<T> function)
    {
        lock (fileSystem.Gate)
        {
            Check();
            return function();
        }
    }

    private void Use(Action action)
    {
        lock (fileSystem.Gate)
        {
            Check();
            action();
        }
    }

    private void Change(Action action)
    {
        lock (fileSystem.Gate)
        {
            Check();
            CheckWritable();
            action();
        }
    }
}
