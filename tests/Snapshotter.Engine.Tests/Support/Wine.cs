using System.Runtime.InteropServices;

namespace Snapshotter.Engine.Tests.Support;

/// <summary>
/// Wine runs the Windows build on Linux, and most of it behaves as on Windows. What does not is skipped by name, before
/// it begins: an exception that leaves a test can stop .NET there.
/// </summary>
public static class Wine
{
    /// <summary>Wine 8 never returns from the call that makes a symbolic link.</summary>
    public const string HasNoLinks = "Not faithful under Wine: symbolic links cannot be made.";

    /// <summary>It renames over and below what is open, and takes no heed of read-only folders.</summary>
    public const string IsKind = "Not faithful under Wine: it lets go what Windows refuses.";

    public const string HasNoRareLetters = "Not faithful under Wine: it knows no case of rare letters.";

    public static bool IsRunning { get; } =
        OperatingSystem.IsWindows() && NativeLibrary.TryGetExport(NativeLibrary.Load("ntdll"), "wine_get_version", out _);
}
