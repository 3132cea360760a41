using System.Runtime.CompilerServices;
using System.Text;

namespace Snapshotter.Engine.FileSystem.Linux;

/// <summary>
/// Opens what a path names that the user gave. A symbolic link on it is followed only when it can be trusted: when root or
/// this user made it, and nobody else can put another in its place. Otherwise whoever owns a folder on the way would decide
/// what root reads and writes. Most paths have no link on them: for those one system call is enough.
/// </summary>
internal sealed unsafe class LinuxPath : IDisposable
{
    /// <summary>As many links as the kernel follows.</summary>
    private const int MaxLinks = 40;

    private const int Sticky = 0x200;
    private const int OthersMayWrite = 2;

    private static volatile bool canOpenWithoutLinks = true;

    private readonly string operation;
    private readonly string path;

    /// <summary>The names still to go, the next one on top.</summary>
    private readonly Stack<byte[]> names = new();
    private LinuxDirectory current;

    private LinuxPath(string operation, string path, ReadOnlySpan<byte> bytes)
    {
        this.operation = operation;
        this.path = path;
        current = Start(isAbsolute: bytes.StartsWith("/"u8));
        Push(bytes);
    }

    /// <summary>Opens a path. Returns a descriptor, for the caller to close.</summary>
    /// <param name="path">The path.</param>
    /// <param name="flags">How: as for open.</param>
    /// <param name="operation">For the message of an error.</param>
    /// <exception cref="FileSystemException"><see cref="FileError.UntrustedLink"/>, or what the system says.</exception>
    [SkipLocalsInit]
    public static int Open(string path, int flags, string operation)
    {
        Span<byte> buffer = stackalloc byte[CName.PathSize];
        var bytes = CName.Path(path, buffer, operation);
        if (canOpenWithoutLinks)
        {
            fixed (byte* pathBytes = bytes)
            {
                var fd = LibC.OpenWithoutLinks(pathBytes, flags);
                if (fd >= 0)
                {
                    return fd;
                }
            }
            switch (LibC.LastError)
            {
                case LinuxError.ELOOP:
                    break;
                // Before Linux 5.6, or not let through by a container's filter of system calls.
                case LinuxError.ENOSYS or LinuxError.EPERM:
                    canOpenWithoutLinks = false;
                    break;
                case var error:
                    throw LinuxError.Of(error, operation, path);
            }
        }
        using var way = new LinuxPath(operation, path, bytes[..^1]);
        return way.Walk(flags);
    }

    /// <summary>Whether a link may be followed.</summary>
    /// <param name="directory">Of the directory that it is in.</param>
    /// <param name="link">Of the link.</param>
    public static bool IsTrusted(in FileStatus directory, in FileStatus link)
    {
        // In a folder of another user it may be any link: he can rename what is there. In one that all may write to links
        // cannot be renamed by others, but given a second name from elsewhere.
        var isPublic = (directory.Mode & OthersMayWrite) != 0;
        var isSticky = (directory.Mode & Sticky) != 0;
        return IsTrusted(link.UserId) && IsTrusted(directory.UserId) && (!isPublic || (isSticky && link.LinkCount == 1));
    }

    public void Dispose() => current.Dispose();

    private static bool IsTrusted(uint user) => user == 0 || user == ProcessIdentity.Current.UserId;

    private int Walk(int flags)
    {
        for (var links = 0; names.TryPop(out var name);)
        {
            var isLast = names.Count == 0;
            var fd = isLast
                ? OpenAt(name, flags | LibC.NoFollow)
                : OpenAt(name, LibC.PathOnly | LibC.DirectoryOnly | LibC.NoFollow);
            if (fd >= 0 && isLast && (flags & LibC.PathOnly) == 0)
            {
                return fd;
            }
            if (fd < 0 && LibC.LastError is not (LinuxError.ELOOP or LinuxError.ENOTDIR))
            {
                throw LinuxError.Last(operation, path);
            }
            var error = LibC.LastError;
            var next = new LinuxDirectory(fd >= 0 ? fd : Demand(OpenAt(name, LibC.PathOnly | LibC.NoFollow)), path);
            next.GetStatus(out var status);
            if (status.Kind != FileKind.SymbolicLink)
            {
                using var unused = fd < 0 ? next : null;
                if (fd < 0)
                {
                    throw LinuxError.Of(error, operation, path);
                }
                if (isLast)
                {
                    next.SetHandleAsInvalid();
                    return fd;
                }
                GoTo(next);
                continue;
            }
            using (next)
            {
                if (++links > MaxLinks)
                {
                    throw LinuxError.Of(LinuxError.ELOOP, operation, path);
                }
                if (IsTrusted(status.UserId) && LibC.IsProcFileSystem(next))
                {
                    // These lead to what has no path, perhaps: only the kernel can follow them.
                    if (isLast)
                    {
                        return Demand(OpenAt(name, flags));
                    }
                    GoTo(new LinuxDirectory(Demand(OpenAt(name, LibC.PathOnly | LibC.DirectoryOnly)), path));
                }
                else
                {
                    Follow(next, status, name);
                }
            }
        }
        return Demand(OpenAt("."u8, flags));
    }

    /// <summary>The names in the link's target are the next.</summary>
    [SkipLocalsInit]
    private void Follow(LinuxDirectory link, in FileStatus status, byte[] name)
    {
        current.GetStatus(out var directory);
        if (!IsTrusted(directory, status))
        {
            throw new FileSystemException(
                FileError.UntrustedLink, operation, path,
                $"the symbolic link '{Encoding.UTF8.GetString(name)}' on the way there belongs to user {status.UserId}, in a folder of user {directory.UserId}: others may lead it elsewhere");
        }
        Span<byte> target = stackalloc byte[CName.PathSize];
        byte empty = 0;
        fixed (byte* bytes = target)
        {
            target = target[..Demand((int)LibC.ReadLinkAt(link, &empty, bytes, (nuint)target.Length))];
        }
        if (target.StartsWith("/"u8))
        {
            GoTo(Start(isAbsolute: true));
        }
        Push(target);
    }

    /// <summary>A slash at the end asks for a directory: that is one name more.</summary>
    private void Push(ReadOnlySpan<byte> bytes)
    {
        if (bytes.EndsWith("/"u8))
        {
            names.Push("."u8.ToArray());
        }
        while (!bytes.IsEmpty)
        {
            var slash = bytes.LastIndexOf((byte)'/');
            if (slash + 1 < bytes.Length)
            {
                names.Push(bytes[(slash + 1)..].ToArray());
            }
            bytes = bytes[..Math.Max(slash, 0)];
        }
    }

    private LinuxDirectory Start(bool isAbsolute)
    {
        fixed (byte* bytes = isAbsolute ? "/\0"u8 : ".\0"u8)
        {
            return new LinuxDirectory(Demand(LibC.Open(bytes, LibC.PathOnly | LibC.DirectoryOnly, 0)), path);
        }
    }

    private int OpenAt(ReadOnlySpan<byte> name, int flags)
    {
        Span<byte> buffer = stackalloc byte[CName.Size];
        if (name.Length >= buffer.Length)
        {
            throw LinuxError.Of(LinuxError.ENAMETOOLONG, operation, path);
        }
        fixed (byte* bytes = CName.Terminate(name, buffer))
        {
            return LibC.OpenAt(current, bytes, flags, 0);
        }
    }

    private void GoTo(LinuxDirectory next)
    {
        current.Dispose();
        current = next;
    }

    private int Demand(int result) => result >= 0 ? result : throw LinuxError.Last(operation, path);
}
