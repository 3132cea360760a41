using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.FileSystem.Portable;

namespace Snapshotter.Engine.Tests.Strict;

/// <summary>Has all that a test does through the engine done on a <see cref="StrictFileSystem"/>, as the engine uses Windows.</summary>
internal static class StrictRun
{
    /// <summary>Each failure that may pass is waited for, but never long.</summary>
    public static Patience Brief => new(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1));

    /// <summary>From here to the end of the test. On Windows itself, that is left as it is.</summary>
    /// <param name="seed">Others lock things for moments, as this seed has it; null for not.</param>
    public static StrictFileSystem Begin(int? seed = null, bool replacesOpenFiles = true)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The strict file system stands for Windows where that is not.");
        var strict = new StrictFileSystem { ReplacesOpenFiles = replacesOpenFiles };
        if (seed is { } scanned)
        {
            strict.BeginScanning(scanned, 0.1);
        }

        PlatformFileSystem.Replace(new PatientFileSystem(strict, Brief));
        return strict;
    }

    /// <summary>Skips a test of modes, owners, mounts or exact times on the strict file system, which has none.</summary>
    public static void NeedsUnix() =>
        Assert.SkipWhen(PlatformFileSystem.Current.Traits.HasReservedNames, "Modes, owners and mounts are of Unix.");
}
