using Snapshotter.Engine.Config;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Restoring;
using Snapshotter.Engine.Tests.Support;
using Snapshotter.Fuzz;

namespace Snapshotter.Engine.Tests.Hostile;

/// <summary>A volume to restore to, with a canary beside it and links inside it that lead there.</summary>
internal sealed class HostileScene : IDisposable
{
    public const string Target = "/v/dir";

    private readonly TempFolder folder = new();

    public HostileScene()
    {
        folder.WriteFile("area/outside/x", "canary");
        folder.WriteFile("area/outside/d/y", "canary");
        folder.WriteFile("area/volume/old", "old");
        folder.WriteFile("area/volume/d/old", "old");
        folder.WriteFile("area/single", "single");
        File.CreateSymbolicLink(folder["area", "volume", "out"], Outside);
        File.CreateSymbolicLink(folder["area", "volume", "d", "up"], "../../outside");
        File.CreateSymbolicLink(folder["area", "volume", "x"], "../outside/x");
    }

    public string Outside => folder["area", "outside"];

    public string Volume => folder["area", "volume"];

    public string Single => folder["area", "single"];

    public string Archive => folder["backup.tar"];

    /// <summary>Everything around, the volume included.</summary>
    public string Digest() => TreeDigest.Of(folder["area"]);

    /// <summary>Everything around but the volume and the single file.</summary>
    public string OutsideDigest() =>
        TreeDigest.Of(Outside) + string.Join('\n', Directory.GetFileSystemEntries(folder["area"]).Order(StringComparer.Ordinal));

    public HostileScene With(byte[] archive)
    {
        File.WriteAllBytes(Archive, archive);
        return this;
    }

    public IReadOnlyList<VolumeReport> Restore(RestoreOptions options, string target = Target) =>
        BackupTar.Restore(
            Archive,
            new VolumeConfig
            {
                Prefix = "volumes",
                Volumes = [new VolumeSpec { Target = target, Source = target == Target ? Volume : Single }],
            },
            options);

    public void Dispose() => folder.Dispose();
}
