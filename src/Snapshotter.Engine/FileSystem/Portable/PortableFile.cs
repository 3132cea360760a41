using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Snapshotter.Engine.FileSystem.Portable;

/// <summary>
/// An open file by System.IO. What was written is flushed when the handle closes: Windows has no call for ordinary
/// users that would flush a whole file system later.
/// </summary>
internal sealed class PortableFile : IFile
{
    /// <summary>NTFS has holes of this size and its multiples.</summary>
    private const long SmallestHole = 64 * 1024;

    /// <summary>Far behind the end of any archive: Windows keeps others from reading what is locked.</summary>
    private const uint WriterByte = 0;
    private const uint ReaderByte = 1;
    private const uint LocksOffsetHigh = 0x4000_0000;

    private readonly string path;
    private readonly SafeFileHandle handle;
    private readonly Dictionary<FileLock, FileStream> lockFiles = [];
    private volatile bool isUnflushed;
    private bool isSparse;

    public PortableFile(string path, FileMode mode, FileAccess access, FileOptions options = FileOptions.None, int createMode = 0x1B6)
    {
        this.path = path;
        DisplayPath = PortablePath.Shown(path);
        var stream = new FileStreamOptions
        {
            Mode = mode,
            Access = access,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
            Options = options,
        };
        if (mode != FileMode.Open && !OperatingSystem.IsWindows())
        {
            stream.UnixCreateMode = (UnixFileMode)(createMode & 0x1FF);
        }
        handle = PortableError.Run(mode == FileMode.Open ? "open" : "create", path, () => new FileStream(path, stream).SafeFileHandle);
    }

    public string DisplayPath { get; }

    public long Length => PortableError.Run("stat", DisplayPath, () => RandomAccess.GetLength(handle));

    public void GetStatus(out FileStatus status)
    {
        ObjectDisposedException.ThrowIf(handle.IsClosed, this);
        if (OperatingSystem.IsWindows())
        {
            status = PortableStatus.OfWindows(handle, path, withUnkept: true);
        }
        else if (!PortableStatus.TryGet(path, followLinks: true, out status))
        {
            throw PortableError.Of(FileError.NotFound, "stat", DisplayPath, "removed meanwhile");
        }
    }

    public int Read(Span<byte> buffer, long offset)
    {
        try
        {
            var total = 0;
            while (total < buffer.Length)
            {
                var read = RandomAccess.Read(handle, buffer[total..], offset + total);
                if (read == 0)
                {
                    break;
                }
                total += read;
            }
            return total;
        }
        catch (Exception exception) when (PortableError.IsForeign(exception))
        {
            throw PortableError.Of(exception, "read", DisplayPath);
        }
    }

    public void Write(ReadOnlySpan<byte> buffer, long offset)
    {
        isUnflushed = true;
        LeaveHole(offset);
        try
        {
            RandomAccess.Write(handle, buffer, offset);
        }
        catch (Exception exception) when (PortableError.IsForeign(exception))
        {
            throw PortableError.Of(exception, "write", DisplayPath);
        }
    }

    public void SetLength(long length)
    {
        isUnflushed = true;
        LeaveHole(length);
        PortableError.Run("set the length of", DisplayPath, () => RandomAccess.SetLength(handle, length));
    }

    public void Flush()
    {
        isUnflushed = false;
        PortableError.Run("flush", DisplayPath, () => RandomAccess.FlushToDisk(handle));
    }

    public long CopyFrom(IFile source, long sourceOffset, long offset, long count) => -1;

    public bool TryClone(IFile source, long sourceOffset, long offset, long count) => false;

    public long NextData(long offset)
    {
        long length = Length;
        return offset >= length || !HasHoles() ? Math.Min(offset, length)
            : !WindowsCalls.FindAllocated(handle, offset, length - offset, out var range) ? offset
            : range is null ? length : Math.Max(offset, range.Value.Start);
    }

    public long NextHole(long offset)
    {
        long length = Length;
        return offset >= length || !HasHoles() || !WindowsCalls.FindAllocated(handle, offset, length - offset, out var range) ? length
            : range is null || range.Value.Start > offset ? offset : Math.Min(length, range.Value.Start + range.Value.Length);
    }

    public bool TryCollapse(long offset, long count) => false;

    public bool TryLock(FileLock kind)
    {
        if (OperatingSystem.IsWindows())
        {
            var range = RangeOf(kind);
            var flags = WindowsCalls.LockFailImmediately | (kind == FileLock.Reader ? 0 : WindowsCalls.LockExclusive);
            return WindowsCalls.Lock(handle, flags, 0, 1, 0, range) || (Marshal.GetLastPInvokeError() == WindowsCalls.LockViolation
                ? false
                : throw PortableError.OfSystem(Marshal.GetLastPInvokeError(), "lock", DisplayPath));
        }
        GetStatus(out var status);
        var lockFile = LockFile.TryTake(status.Id, kind);
        if (lockFile is not null)
        {
            lockFiles[kind] = lockFile;
        }
        return lockFile is not null;
    }

    public void Unlock(FileLock kind)
    {
        if (OperatingSystem.IsWindows())
        {
            WindowsCalls.Unlock(handle, 0, 1, 0, RangeOf(kind));
        }
        else if (lockFiles.Remove(kind, out var lockFile))
        {
            lockFile.Dispose();
        }
    }

    public bool IsLocked(FileLock kind)
    {
        // Nothing there tells without trying: a lock is taken and let go.
        if (OperatingSystem.IsWindows())
        {
            var range = RangeOf(kind);
            if (!WindowsCalls.Lock(handle, WindowsCalls.LockFailImmediately | (kind == FileLock.Mover ? WindowsCalls.LockExclusive : 0), 0, 1, 0, range))
            {
                return Marshal.GetLastPInvokeError() == WindowsCalls.LockViolation;
            }
            WindowsCalls.Unlock(handle, 0, 1, 0, range);
            return false;
        }
        GetStatus(out var status);
        return LockFile.IsTaken(status.Id, kind);
    }

    public void GetAttributes(List<ExtendedAttribute> attributes)
    {
        // System.IO knows none.
    }

    public MetadataLoss SetMetadata(in FileMetadata metadata)
    {
        Flush();
        return PortableMetadata.Set(path, handle, metadata);
    }

    private bool HasHoles() => OperatingSystem.IsWindows()
        && WindowsCalls.GetInformation(handle, out var information) && ((FileAttributes)information.Attributes).HasFlag(FileAttributes.SparseFile);

    /// <summary>Windows fills what is passed over with zeros, unless it is told before that the file may have holes.</summary>
    private void LeaveHole(long offset)
    {
        if (OperatingSystem.IsWindows() && !isSparse && offset >= SmallestHole && offset - Length >= SmallestHole)
        {
            isSparse = true;
            WindowsCalls.SetSparse(handle);
        }
    }

    private static WindowsCalls.Range RangeOf(FileLock kind) => new()
    {
        OffsetHigh = LocksOffsetHigh,
        OffsetLow = kind == FileLock.Writer ? WriterByte : ReaderByte,
    };

    public void Dispose()
    {
        if (handle.IsClosed)
        {
            return;
        }
        try
        {
            if (isUnflushed)
            {
                Flush();
            }
        }
        finally
        {
            handle.Dispose();
            foreach (var lockFile in lockFiles.Values)
            {
                lockFile.Dispose();
            }
        }
    }
}
