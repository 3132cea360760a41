using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Tests.Support;

/// <summary>A file that is only told of: data at the beginning of each period, and one long hole.</summary>
internal sealed class StripedFile(long size, int data, int period, long holeStart, long holeEnd) : IFile
{
    public string DisplayPath => "striped";

    public long Length => size;

    public long NextData(long offset)
    {
        if (offset >= holeStart && offset < holeEnd)
        {
            offset = holeEnd;
        }

        long start = offset - (offset % period);
        long next = offset - start < data ? offset : start + period;
        return next >= holeStart && next < holeEnd ? NextData(holeEnd) : Math.Min(next, size);
    }

    public long NextHole(long offset) => Math.Min(offset - (offset % period) + data, size);

    public void GetStatus(out FileStatus status) => throw new NotSupportedException();

    public int Read(Span<byte> buffer, long offset) => throw new NotSupportedException();

    public void Write(ReadOnlySpan<byte> buffer, long offset) => throw new NotSupportedException();

    public void SetLength(long length) => throw new NotSupportedException();

    public void Flush() => throw new NotSupportedException();

    public long CopyFrom(IFile source, long sourceOffset, long offset, long count) => throw new NotSupportedException();

    public bool TryClone(IFile source, long sourceOffset, long offset, long count) => throw new NotSupportedException();

    public bool TryCollapse(long offset, long count) => throw new NotSupportedException();

    public bool TryLock(FileLock kind) => throw new NotSupportedException();

    public void Unlock(FileLock kind) => throw new NotSupportedException();

    public bool IsLocked(FileLock kind) => throw new NotSupportedException();

    public void GetAttributes(List<ExtendedAttribute> attributes) => throw new NotSupportedException();

    public MetadataLoss SetMetadata(in FileMetadata metadata) => throw new NotSupportedException();

    public void Dispose()
    {
    }
}
