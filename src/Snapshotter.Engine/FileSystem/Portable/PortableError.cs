namespace Snapshotter.Engine.FileSystem.Portable;

/// <summary>.NET's exceptions and the platforms' error numbers in the engine's terms.</summary>
internal static class PortableError
{
    private const int WindowsFacility = unchecked((int)0x80070000);

    /// <summary>Runs an operation of System.IO, its exceptions translated.</summary>
    public static T Run<T>(string operation, string path, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception exception) when (IsForeign(exception))
        {
            throw Of(exception, operation, path);
        }
    }

    public static void Run(string operation, string path, Action action) => Run(operation, path, () =>
    {
        action();
        return true;
    });

    public static FileSystemException OfSystem(int error, string operation, string path) =>
        new(ClassifySystem(error), operation, PortablePath.Shown(path), SystemWords.Of(error));

    public static FileSystemException Of(FileError error, string operation, string path, string detail) =>
        new(error, operation, PortablePath.Shown(path), detail);

    public static bool IsForeign(Exception exception) =>
        exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException
        && exception is not FileSystemException;

    public static FileSystemException Of(Exception exception, string operation, string path)
    {
        var error = exception switch
        {
            FileNotFoundException or DirectoryNotFoundException or DriveNotFoundException => FileError.NotFound,
            PathTooLongException => FileError.NameTooLong,
            UnauthorizedAccessException => FileError.AccessDenied,
            ArgumentException => FileError.InvalidArgument,
            NotSupportedException => FileError.NotSupported,
            _ => ClassifyResult(exception.HResult),
        };
        return new FileSystemException(error, operation, PortablePath.Shown(path), SystemWords.Of(exception));
    }

    // An IOException carries the error number of Unix as it is, that of Windows in an HRESULT.
    private static FileError ClassifyResult(int result) => (result & 0xFFFF0000) == unchecked((uint)WindowsFacility)
        ? ClassifyWindows(result & 0xFFFF)
        : ClassifySystem(result);

    private static FileError ClassifySystem(int error) => OperatingSystem.IsWindows() ? ClassifyWindows(error) : ClassifyUnix(error);

    private static FileError ClassifyWindows(int error) => error switch
    {
        2 or 3 => FileError.NotFound,
        4 => FileError.TooManyOpenFiles,
        5 or 1314 => FileError.AccessDenied,
        17 => FileError.CrossDevice,
        19 => FileError.ReadOnly,
        23 or 1117 => FileError.InputOutput,
        32 or 33 or 303 or 1224 => FileError.InUse,
        170 => FileError.Busy,
        39 or 112 => FileError.NoSpace,
        1 or 50 or 120 or 124 => FileError.NotSupported,
        80 or 183 => FileError.Exists,
        87 or 123 => FileError.InvalidArgument,
        145 => FileError.NotEmpty,
        206 => FileError.NameTooLong,
        267 => FileError.NotADirectory,
        1142 => FileError.TooManyLinks,
        _ => FileError.Other,
    };

    // Where Linux and macOS differ, both numbers.
    private static FileError ClassifyUnix(int error) => error switch
    {
        2 => FileError.NotFound,
        1 or 13 => FileError.AccessDenied,
        5 => FileError.InputOutput,
        16 => FileError.Busy,
        17 => FileError.Exists,
        18 => FileError.CrossDevice,
        20 => FileError.NotADirectory,
        21 => FileError.IsADirectory,
        22 => FileError.InvalidArgument,
        23 or 24 => FileError.TooManyOpenFiles,
        27 or 28 or 69 or 122 => FileError.NoSpace,
        30 => FileError.ReadOnly,
        31 => FileError.TooManyLinks,
        36 or 63 => FileError.NameTooLong,
        39 or 66 => FileError.NotEmpty,
        40 or 62 => FileError.SymbolicLink,
        45 or 78 or 95 or 102 => FileError.NotSupported,
        _ => FileError.Other,
    };
}
