using System.Runtime.InteropServices;

namespace Snapshotter.Engine.FileSystem;

/// <summary>What the operating system says of a failure, in its own words alone.</summary>
internal static class SystemWords
{
    /// <summary>The words for an error number.</summary>
    public static string Of(int error) => Marshal.GetPInvokeErrorMessage(error).TrimEnd('.', ' ', '\r', '\n');

    /// <summary>The system's own words, where .NET's repeat the path.</summary>
    public static string Of(Exception exception) => NumberOf(exception) is { } number ? Of(number) : exception.Message.TrimEnd('.');

    /// <summary>The error number of the platform; null where there is none, or .NET does not tell it.</summary>
    private static int? NumberOf(Exception exception)
    {
        int result = exception.HResult;
        bool isWindows = (result & 0xFFFF0000) == 0x80070000;
        if (OperatingSystem.IsWindows())
        {
            return isWindows && exception is IOException or UnauthorizedAccessException ? result & 0xFFFF : null;
        }

        // .NET gives its own kinds of exceptions the numbers of Windows on every platform.
        return exception switch
        {
            { InnerException: IOException { HResult: > 0 and < 4096 } inner } => inner.HResult,
            FileNotFoundException or DirectoryNotFoundException => 2,
            UnauthorizedAccessException => 13,
            IOException when result is > 0 and < 4096 => result,
            _ => null,
        };
    }
}
