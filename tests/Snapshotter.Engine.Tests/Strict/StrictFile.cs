using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Tests.Strict;

/// <summary>An open file of a <see cref="StrictFileSystem"/>.</summary>
internal sealed class StrictFile(StrictFileSystem owner, IFile real, StrictFileSystem.OpenHandle handle) : IFile
{
    private FileStatus opened = StatusOf(real);

    public string DisplayPath => real.DisplayPath;

    public long Length => real.Length;

    /// <summary>By its handle, as on Windows: what the portable file asks by its path may have been replaced.</summary>
    public void GetStatus(out FileStatus status)
    {
        try
        {
            real.GetStatus(out status);
        }
        catch (FileSystemException e) when (e.Error == FileError.NotFound)
        {
            status = default;
        }

        if (status.Id != opened.Id)
        {
            status = opened;
            status.LinkCount = 0;
            status.Size = real.Length;
        }

        opened = status;
        status = owner.AsWindowsTells(status);
    }

    public int Read(Span<byte> buffer, long offset) => real.Read(buffer, offset);

    public void Write(ReadOnlySpan<byte> buffer, long offset) => real.Write(buffer, offset);

    public void SetLength(long length) => real.SetLength(length);

    public void Flush() => real.Flush();

    public long CopyFrom(IFile source, long sourceOffset, long offset, long count) => -1;

    public bool TryClone(IFile source, long sourceOffset, long offset, long count) => false;

    public long NextData(long offset) => real.NextData(offset);

    public long NextHole(long offset) => real.NextHole(offset);

    public bool TryCollapse(long offset, long count) => false;

    public bool TryLock(FileLock kind) => real.TryLock(kind);

    public void Unlock(FileLock kind) => real.Unlock(kind);

    public bool IsLocked(FileLock kind) => real.IsLocked(kind);

    public void GetAttributes(List<ExtendedAttribute> attributes)
    {
    }

    public MetadataLoss SetMetadata(in FileMetadata metadata) => real.SetMetadata(StrictDirectory.AsWindowsTakes(metadata, out var loss)) | loss;

    public void Dispose() => handle.Dispose();

    private static FileStatus StatusOf(IFile file)
    {
        file.GetStatus(out var status);
        return status;
    }
}
