namespace Snapshotter.Engine.FileSystem.Linux;

/// <summary>An open file.</summary>
internal sealed unsafe class LinuxFile : LinuxHandle, IFile
{
    /// <summary>Far behind the end of any archive, so that no lock of another program on its content is met.</summary>
    private const long WriterByte = 1L << 62;
    private const long ReaderByte = WriterByte + 1;

    /// <summary>The kernel moves at most this many bytes per call.</summary>
    private const long LargestTransfer = 0x7FFFF000;

    private bool isLocked;
    private KnownMetadata known = KnownMetadata.Nothing;

    public LinuxFile(int fd, string displayPath)
        : base(fd, displayPath)
    {
    }

    public LinuxFile(int fd, LinuxDirectory directory, ReadOnlySpan<byte> name)
        : base(fd, directory, name)
    {
    }

    /// <summary>For a file just created.</summary>
    public LinuxFile(int fd, LinuxDirectory directory, ReadOnlySpan<byte> name, in KnownMetadata known)
        : base(fd, directory, name)
    {
        this.known = known;
    }

    /// <summary>One that stands for others when it is asked whether the file system keeps what it is told.</summary>
    public bool IsSample { get; init; }

    public bool HasNoLocks { get; private set; }

    public long Length
    {
        get
        {
            GetStatus(out var status);
            return status.Size;
        }
    }

    public int Read(Span<byte> buffer, long offset)
    {
        var total = 0;
        fixed (byte* bytes = buffer)
        {
            while (total < buffer.Length)
            {
                var read = LibC.ReadAt(this, bytes + total, (nuint)(buffer.Length - total), offset + total);
                if (read < 0)
                {
                    throw LinuxError.Last("read", DisplayPath);
                }
                if (read == 0)
                {
                    break;
                }
                total += (int)read;
            }
        }
        return total;
    }

    public void Write(ReadOnlySpan<byte> buffer, long offset)
    {
        var total = 0;
        fixed (byte* bytes = buffer)
        {
            while (total < buffer.Length)
            {
                var written = LibC.WriteAt(this, bytes + total, (nuint)(buffer.Length - total), offset + total);
                if (written <= 0)
                {
                    throw written < 0
                        ? LinuxError.Last("write", DisplayPath)
                        : LinuxError.Of(LinuxError.EIO, "write", DisplayPath);
                }
                total += (int)written;
            }
        }
    }

    public void SetLength(long length)
    {
        if (LibC.Truncate(this, length) < 0)
        {
            throw LinuxError.Last("set the length of", DisplayPath);
        }
    }

    public void Flush()
    {
        if (LibC.SyncData(this) < 0)
        {
            throw LinuxError.Last("flush", DisplayPath);
        }
    }

    public long CopyFrom(IFile source, long sourceOffset, long offset, long count)
    {
        if (source is not LinuxFile from)
        {
            return -1;
        }
        long copied = 0;
        while (copied < count)
        {
            var moved = LibC.CopyRange(
                from, &sourceOffset, this, &offset, (nuint)Math.Min(count - copied, LargestTransfer));
            if (moved == 0)
            {
                break;
            }
            if (moved < 0)
            {
                if (copied == 0 && IsImpossible(LibC.LastError))
                {
                    return -1;
                }
                throw LinuxError.Last($"copy from '{from.DisplayPath}' to", DisplayPath);
            }
            copied += moved;
        }
        return copied;
    }

    public bool TryClone(IFile source, long sourceOffset, long offset, long count)
    {
        if (source is not LinuxFile from)
        {
            return false;
        }
        if (count == 0)
        {
            // To the kernel zero means "to the end".
            return true;
        }
        var isHeld = false;
        try
        {
            from.DangerousAddRef(ref isHeld);
            var range = new LibC.CloneRange
            {
                SourceFile = from.Descriptor,
                SourceOffset = (ulong)sourceOffset,
                Length = (ulong)count,
                Offset = (ulong)offset,
            };
            return LibC.Clone(this, &range) == 0 || (IsImpossible(LibC.LastError)
                ? false
                : throw LinuxError.Last($"share blocks of '{from.DisplayPath}' with", DisplayPath));
        }
        finally
        {
            if (isHeld)
            {
                from.DangerousRelease();
            }
        }
    }

    public long NextData(long offset)
    {
        var found = LibC.Seek(this, offset, LibC.SeekData);
        return found >= 0 ? found : LibC.LastError switch
        {
            LinuxError.ENXIO => Length,
            LinuxError.EINVAL or LinuxError.EOPNOTSUPP => offset,
            _ => throw LinuxError.Last("seek in", DisplayPath),
        };
    }

    public long NextHole(long offset)
    {
        var found = LibC.Seek(this, offset, LibC.SeekHole);
        return found >= 0 ? found : LibC.LastError switch
        {
            LinuxError.ENXIO or LinuxError.EINVAL or LinuxError.EOPNOTSUPP => Length,
            _ => throw LinuxError.Last("seek in", DisplayPath),
        };
    }

    public long SharedBytes()
    {
        // struct fiemap: fm_start, fm_length, fm_flags and fm_mapped_extents, fm_extent_count; then per extent fe_logical,
        // fe_physical, fe_length, two reserved, fe_flags in the lower half of the next, one reserved.
        const int Head = 4;
        const int PerExtent = 7;
        const int Count = 64;
        const ulong IsLast = 0x1;
        const ulong IsShared = 0x2000;
        var map = stackalloc ulong[Head + (Count * PerExtent)];
        long shared = 0;
        ulong next = 0;
        while (true)
        {
            (map[0], map[1], map[2], map[3]) = (next, ulong.MaxValue - next, 0, Count);
            if (LibC.MapExtents(this, map) < 0)
            {
                return IsImpossible(LibC.LastError) ? 0 : throw LinuxError.Last("ask for the blocks of", DisplayPath);
            }
            var found = (int)(map[2] >> 32);
            for (var i = 0; i < found; i++)
            {
                var extent = map + Head + (i * PerExtent);
                shared += (extent[5] & IsShared) == 0 ? 0 : (long)extent[2];
                next = extent[0] + extent[2];
                if ((extent[5] & IsLast) != 0)
                {
                    return shared;
                }
            }
            if (found == 0)
            {
                return shared;
            }
        }
    }

    public bool TryCollapse(long offset, long count) =>
        LibC.Allocate(this, LibC.CollapseRange, offset, count) == 0 || (IsImpossible(LibC.LastError)
            ? false
            : throw LinuxError.Last("cut a range out of", DisplayPath));

    public void Unlock(FileLock kind)
    {
        // Where there are no locks nothing was taken.
        _ = LibC.Lock(this, LibC.NoLock, PlaceOf(kind).At, 1);
    }

    public bool IsLocked(FileLock kind)
    {
        var (type, at) = PlaceOf(kind);
        return LibC.IsLocked(this, type, at, 1);
    }

    public bool TryLock(FileLock kind)
    {
        var (type, at) = PlaceOf(kind);
        var result = LibC.Lock(this, type, at, 1);
        isLocked |= result == 0;
        return result == 0 || LibC.LastError switch
        {
            LinuxError.EAGAIN or LinuxError.EACCES => false,
            // The file system has no locks: nobody else can hold one. Those who write look for others and tell of it.
            LinuxError.ENOLCK or LinuxError.ENOSYS or LinuxError.EINVAL or LinuxError.EOPNOTSUPP => HasNoLocks = true,
            _ => throw LinuxError.Last("lock", DisplayPath),
        };
    }

    public MetadataLoss SetMetadata(in FileMetadata metadata)
    {
        var loss = Apply(metadata, known);
        known = KnownMetadata.Nothing;
        return IsSample || IsUnusual(metadata.ModifiedAt) ? Verify(metadata, loss) : loss;
    }

    private static (short Type, long At) PlaceOf(FileLock kind) => kind switch
    {
        FileLock.Writer => (LibC.WriteLock, WriterByte),
        FileLock.Mover => (LibC.WriteLock, ReaderByte),
        _ => (LibC.ReadLock, ReaderByte),
    };

    protected override bool ReleaseHandle()
    {
        if (isLocked)
        {
            LibC.Unlock((int)handle);
        }
        return base.ReleaseHandle();
    }

    /// <summary>True for "not between these files", which comes before the first byte; a failure is something else.</summary>
    private static bool IsImpossible(int error) => error is LinuxError.EXDEV or LinuxError.ETXTBSY or LinuxError.ENOTTY
        || LinuxError.IsRefusal(error);
}
