using System.Runtime.InteropServices;

namespace Snapshotter.Engine.FileSystem.Linux;

/// <summary>Error numbers of Linux and what they mean to the engine.</summary>
internal static class LinuxError
{
    public const int EPERM = 1;
    public const int ENOENT = 2;
    public const int EINTR = 4;
    public const int EIO = 5;
    public const int ENXIO = 6;
    public const int E2BIG = 7;
    public const int EBADF = 9;
    public const int EAGAIN = 11;
    public const int EACCES = 13;
    public const int EBUSY = 16;
    public const int EEXIST = 17;
    public const int EXDEV = 18;
    public const int ENOTDIR = 20;
    public const int EISDIR = 21;
    public const int EINVAL = 22;
    public const int ENFILE = 23;
    public const int EMFILE = 24;
    public const int ENOTTY = 25;
    public const int ETXTBSY = 26;
    public const int EFBIG = 27;
    public const int ENOSPC = 28;
    public const int EROFS = 30;
    public const int EMLINK = 31;
    public const int ERANGE = 34;
    public const int ENAMETOOLONG = 36;
    public const int ENOLCK = 37;
    public const int ENOSYS = 38;
    public const int ENOTEMPTY = 39;
    public const int ELOOP = 40;
    public const int ENODATA = 61;
    public const int EILSEQ = 84;
    public const int EOPNOTSUPP = 95;
    public const int EDQUOT = 122;

    /// <summary>The exception for the call that failed last on this thread.</summary>
    public static FileSystemException Last(string operation, string path) => Of(LibC.LastError, operation, path);

    public static FileSystemException Of(int error, string operation, string path) =>
        new(Classify(error), operation, path, Marshal.GetPInvokeErrorMessage(error));

    /// <summary>True for "this file system or this process cannot do that", as opposed to a failure.</summary>
    public static bool IsRefusal(int error) => error is EPERM or EOPNOTSUPP or ENOSYS or EINVAL;

    private static FileError Classify(int error) => error switch
    {
        ENOENT => FileError.NotFound,
        EPERM or EACCES => FileError.AccessDenied,
        EEXIST => FileError.Exists,
        ENOTEMPTY => FileError.NotEmpty,
        ENOTDIR => FileError.NotADirectory,
        EISDIR => FileError.IsADirectory,
        ELOOP => FileError.SymbolicLink,
        ENOSPC or EDQUOT => FileError.NoSpace,
        EFBIG => FileError.TooLarge,
        EROFS => FileError.ReadOnly,
        EBUSY or ETXTBSY => FileError.Busy,
        EXDEV => FileError.CrossDevice,
        ENAMETOOLONG => FileError.NameTooLong,
        EOPNOTSUPP or ENOSYS or ENOTTY or ENXIO => FileError.NotSupported,
        EINVAL or EILSEQ => FileError.InvalidArgument,
        EIO => FileError.InputOutput,
        EMFILE or ENFILE => FileError.TooManyOpenFiles,
        EMLINK => FileError.TooManyLinks,
        _ => FileError.Other,
    };
}
