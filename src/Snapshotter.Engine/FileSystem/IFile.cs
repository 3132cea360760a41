namespace Snapshotter.Engine.FileSystem;

/// <summary>
/// An open file with positioned reads and writes. Members throw <see cref="FileSystemException"/>; reads and writes
/// at different places may run on several threads.
/// </summary>
internal interface IFile : IDisposable
{
    string DisplayPath { get; }

    void GetStatus(out FileStatus status);

    long Length { get; }

    /// <summary>Reads up to the buffer's size at the offset. Returns the bytes read: fewer only at the end of the file.</summary>
    int Read(Span<byte> buffer, long offset);

    /// <summary>Writes all of the buffer at the offset.</summary>
    void Write(ReadOnlySpan<byte> buffer, long offset);

    void SetLength(long length);

    /// <summary>Makes the file's data and size durable (fdatasync).</summary>
    void Flush();

    /// <summary>
    /// Copies between files without passing the bytes through this process, by sharing blocks where the file system
    /// can. Returns the bytes copied, fewer than asked at the source's end; -1 when the platform cannot for this pair.
    /// </summary>
    long CopyFrom(IFile source, long sourceOffset, long offset, long count);

    /// <summary>
    /// Shares the source's blocks (reflink). Offsets and count must be multiples of 4096.
    /// False when the file systems cannot; nothing was changed then.
    /// </summary>
    bool TryClone(IFile source, long sourceOffset, long offset, long count);

    /// <summary>The next place at or after the offset that has data (not a hole); the file's length when there is none. The offset itself where the platform cannot tell.</summary>
    long NextData(long offset);

    /// <summary>The next hole at or after the offset; the file's length (the implicit hole at the end) when there is none.</summary>
    long NextHole(long offset);

    /// <summary>Bytes in blocks that other files have as well, which stay taken when this one goes. 0 where the platform does not tell.</summary>
    long SharedBytes() => 0;

    /// <summary>Takes the bytes out of the file and moves what follows down, in constant time. False when the file system cannot (or offset and count do not fit its blocks); nothing was changed then.</summary>
    bool TryCollapse(long offset, long count);

    /// <summary>
    /// Takes a lock on the file, seen by all processes that lock the same file, also from other containers, and
    /// invisible to those that do not. Released with the handle. False when another handle holds a conflicting one.
    /// </summary>
    bool TryLock(FileLock kind);

    /// <summary>True once the file system has refused to lock anything: then nothing keeps others out.</summary>
    bool HasNoLocks => false;

    /// <summary>Lets go of a lock that this handle holds.</summary>
    void Unlock(FileLock kind);

    /// <summary>True while another handle holds a lock that keeps this one from taking such a lock. Takes none itself.</summary>
    bool IsLocked(FileLock kind);

    /// <summary>Extended attributes (ACLs among them). Appends to the list.</summary>
    void GetAttributes(List<ExtendedAttribute> attributes);

    MetadataLoss SetMetadata(in FileMetadata metadata);
}

/// <summary>The locks on an archive.</summary>
internal enum FileLock
{
    /// <summary>One writer at a time: append, or cut out.</summary>
    Writer,

    /// <summary>Held by those who read data; shared among them and with a writer that appends.</summary>
    Reader,

    /// <summary>Held while bytes move within the archive: conflicts with <see cref="Reader"/>.</summary>
    Mover,
}
