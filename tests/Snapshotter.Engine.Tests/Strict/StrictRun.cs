using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.FileSystem.Portable;

namespace Snapshotter.Engine.Tests.Strict;

/// <summary>Has all that a test does through the engine done on a <see cref="StrictFileSystem"/>, as the engine uses Windows.</summary>
public static class StrictRun
{
    public const string Only = "That can be ordered on the strict file system only, which stands for Windows where that is not.";

    public static bool IsImpossible => OperatingSystem.IsWindows();

    /// <summary>Each failure that may pass is waited for, but never long.</summary>
    internal static Patience Brief => new(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1));

    /// <summary>From here to the end of the test. On Windows itself, that is left as it is.</summary>
    /// <param name="seed">Others lock things for moments, as this seed has it; null for not.</param>
    internal static StrictFileSystem Begin(int? seed = null, bool replacesOpenFiles = true)
    {
        Assert.SkipWhen(IsImpossible, Only);
        var strict = new StrictFileSystem { ReplacesOpenFiles = replacesOpenFiles };
        if (seed is { } scanned)
        {
            strict.BeginScanning(scanned, 0.1);
        }

        PlatformFileSystem.Replace(new PatientFileSystem(strict, Brief));
        return strict;
    }

    /// <summary>The same; on Windows null, and the real file system with a patience that no other test has tried.</summary>
    internal static StrictFileSystem? BeginOrPatient()
    {
        if (!OperatingSystem.IsWindows())
        {
            return Begin();
        }

        PlatformFileSystem.Replace(new PatientFileSystem(new PortableFileSystem(), Brief));
        return null;
    }

    /// <summary>Skips a test of modes, owners, mounts or exact times on the strict file system, which has none.</summary>
    public static void NeedsUnix() =>
        Assert.SkipWhen(PlatformFileSystem.Current.Traits.HasReservedNames, "Modes, owners and mounts are of Unix.");
}
