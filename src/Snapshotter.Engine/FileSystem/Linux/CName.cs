using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Text;

namespace Snapshotter.Engine.FileSystem.Linux;

/// <summary>Names and paths as libc takes them: bytes with a NUL at the end, in the caller's stack buffer.</summary>
internal static class CName
{
    /// <summary>Room for the longest name in a directory of any file system, with its NUL.</summary>
    public const int Size = 1024;

    /// <summary>Room for a path or the target of a link, with its NUL (PATH_MAX).</summary>
    public const int PathSize = 4096;

    /// <summary>Copies a single component. Anything that could lead out of the directory is refused.</summary>
    public static ReadOnlySpan<byte> Component(ReadOnlySpan<byte> name, Span<byte> buffer, string operation, LinuxHandle directory)
    {
        if (name.IsEmpty || name.IndexOfAny((byte)'/', (byte)0) >= 0 || name.SequenceEqual("."u8) || name.SequenceEqual(".."u8))
        {
            throw new FileSystemException(
                FileError.InvalidArgument, operation, directory.DisplayPathOf(name), "not the name of one file in a directory");
        }
        if (name.Length >= buffer.Length)
        {
            throw LinuxError.Of(LinuxError.ENAMETOOLONG, operation, directory.DisplayPathOf(name));
        }
        return Terminate(name, buffer);
    }

    public static ReadOnlySpan<byte> Path(string path, Span<byte> buffer, string operation)
    {
        if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal))
        {
            throw new FileSystemException(FileError.InvalidArgument, operation, path, "not a path");
        }
        if (!Encoding.UTF8.TryGetBytes(path, buffer[..^1], out var length))
        {
            throw LinuxError.Of(LinuxError.ENAMETOOLONG, operation, path);
        }
        buffer[length] = 0;
        return buffer[..(length + 1)];
    }

    /// <summary>The path under /proc that leads to an open handle, or to a name in an open directory.</summary>
    public static ReadOnlySpan<byte> ProcessPath(int fd, ReadOnlySpan<byte> name, Span<byte> buffer)
    {
        var prefix = "/proc/self/fd/"u8;
        prefix.CopyTo(buffer);
        _ = Utf8Formatter.TryFormat(fd, buffer[prefix.Length..], out var digits);
        var length = prefix.Length + digits;
        if (!name.IsEmpty)
        {
            buffer[length++] = (byte)'/';
            name.CopyTo(buffer[length..]);
            length += name.Length;
        }
        buffer[length] = 0;
        return buffer[..(length + 1)];
    }

    public static ReadOnlySpan<byte> Terminate(ReadOnlySpan<byte> bytes, Span<byte> buffer)
    {
        bytes.CopyTo(buffer);
        buffer[bytes.Length] = 0;
        return MemoryMarshal.CreateReadOnlySpan(ref MemoryMarshal.GetReference(buffer), bytes.Length + 1);
    }
}
