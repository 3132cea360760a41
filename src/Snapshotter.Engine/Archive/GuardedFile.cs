using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Archive;

/// <summary>An archive's file for those who write to it: before each write it is looked at whether what was written is still there.</summary>
internal sealed class GuardedFile(IFile file, ArchiveGuard guard) : IFile
{
    public string DisplayPath => file.DisplayPath;

    public long Length => file.Length;

    public void GetStatus(out FileStatus status) => file.GetStatus(out status);

    public int Read(Span<byte> buffer, long offset) => file.Read(buffer, offset);

    public void Write(ReadOnlySpan<byte> buffer, long offset)
    {
        guard.CheckLength();
        file.Write(buffer, offset);
        guard.Wrote(offset + buffer.Length);
    }

    public void SetLength(long length) => file.SetLength(length);

    public void Flush() => file.Flush();

    public long CopyFrom(IFile source, long sourceOffset, long offset, long count)
    {
        guard.CheckLength();
        long copied = file.CopyFrom(source, sourceOffset, offset, count);
        guard.Wrote(copied > 0 ? offset + copied : 0);
        return copied;
    }

    public bool TryClone(IFile source, long sourceOffset, long offset, long count)
    {
        guard.CheckLength();
        bool isCloned = file.TryClone(source, sourceOffset, offset, count);
        guard.Wrote(isCloned ? offset + count : 0);
        return isCloned;
    }

    public long NextData(long offset) => file.NextData(offset);

    public long NextHole(long offset) => file.NextHole(offset);

    public bool TryCollapse(long offset, long count) => file.TryCollapse(offset, count);

    public bool TryLock(FileLock kind) => file.TryLock(kind);

    public bool HasNoLocks => file.HasNoLocks;

    public void Unlock(FileLock kind) => file.Unlock(kind);

    public bool IsLocked(FileLock kind) => file.IsLocked(kind);

    public void GetAttributes(List<ExtendedAttribute> attributes) => file.GetAttributes(attributes);

    public MetadataLoss SetMetadata(in FileMetadata metadata) => file.SetMetadata(metadata);

    /// <summary>The archive closes its file.</summary>
    public void Dispose()
    {
    }
}
