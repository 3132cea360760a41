using Snapshotter.Engine;
using Snapshotter.Engine.Config;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Restoring;
using Snapshotter.Engine.Saving;

namespace Snapshotter.Fuzz;

/// <summary>
/// Restores into a folder with a canary beside it. Nothing outside the volume may change; a refusal must leave the volume
/// as it was; and what was restored must come out the same when it is backed up and restored again.
/// </summary>
internal sealed class RestoreFuzzTarget(string scratch) : FuzzTarget(scratch)
{
    private string Area => Path.Join(Scratch, "area");

    private string Volume => Path.Join(Area, "volume");

    private string Single => Path.Join(Area, "single");

    private string Outside => Path.Join(Area, "outside");

    protected override bool Try(byte[] input, CancellationToken cancellation)
    {
        // The way in is part of the input, so that a crash can be repeated.
        var random = new Random(input.Length + (input.Length > 600 ? input[^600] * 7 : 0) + input.AsSpan().Count((byte)'1'));
        string archive = Write(input);
        Prepare();
        string outside = TreeDigest.Of(Outside);
        string before = TreeDigest.Of(Area);
        bool isFile = random.Next(5) == 0;
        var options = new RestoreOptions
        {
            Durable = false,
            InPlace = random.Next(3) == 0,
            Include = random.Next(5) == 0 ? [random.Next(2) == 0 ? "d" : "*"] : [],
            NoOwner = random.Next(8) == 0,
            Writers = random.Next(1, 3),
        };
        var config = new VolumeConfig
        {
            Prefix = Corpus.Prefix,
            Volumes = [isFile ? new VolumeSpec { Target = Corpus.FileTarget, Source = Single } : new VolumeSpec { Target = Corpus.DirectoryTarget, Source = Volume }],
        };
        if (random.Next(8) == 0)
        {
            // Whatever the manifest names, below a folder.
            config = new VolumeConfig { Prefix = Corpus.Prefix };
            options = options with { Destination = Volume };
        }

        BackupException? refusal = null;
        try
        {
            BackupTar.Restore(archive, config, options, null, cancellation);
        }
        catch (BackupException e)
        {
            refusal = e;
        }

        if (TreeDigest.Of(Outside) != outside || Directory.GetFileSystemEntries(Area).Length != 3)
        {
            throw new FuzzFailure($"Something outside was changed ({options}):\n{TreeDigest.Of(Area)}", refusal);
        }

        if (refusal is not null)
        {
            Check(refusal);
            if (config.Volumes.Count > 0 && TreeDigest.Of(Area) != before)
            {
                throw new FuzzFailure(
                    $"Refused, but changed ({options}): {refusal.Message}\n--- before\n{before}--- after\n{TreeDigest.Of(Area)}", refusal);
            }

            return false;
        }

        if (config.Volumes.Count > 0)
        {
            RoundTrip(config.Volumes[0].Path, cancellation);
        }

        return true;
    }

    private void RoundTrip(string path, CancellationToken cancellation)
    {
        string archive = Path.Join(Scratch, "again.tar");
        string back = Path.Join(Scratch, "back");
        Remove(back);
        BackupTar.Initialize(archive, force: true);
        var config = new VolumeConfig { Prefix = "again", Volumes = [new VolumeSpec { Target = "/again", Source = path }] };
        BackupTar.Backup(archive, config, new BackupOptions { Durable = false }, null, cancellation);
        config = new VolumeConfig { Prefix = "again", Volumes = [new VolumeSpec { Target = "/again", Source = back }] };
        BackupTar.Restore(archive, config, new RestoreOptions { Durable = false }, null, cancellation);
        string first = TreeDigest.Of(path).Replace("/" + Name(path), "", StringComparison.Ordinal);
        string second = TreeDigest.Of(back).Replace("/" + Name(back), "", StringComparison.Ordinal);
        if (first != second)
        {
            throw new FuzzFailure($"Backed up and restored again it is another tree.\n--- first\n{first}\n--- again\n{second}");
        }

        static string Name(string path) =>
            $"{Convert.ToHexString(ArchiveForge.Bytes(Path.GetFileName(path)))}:{Path.GetFileName(path)}";
    }

    private void Prepare()
    {
        Remove(Area);
        Directory.CreateDirectory(Path.Join(Volume, "d"));
        Directory.CreateDirectory(Outside);
        File.WriteAllText(Path.Join(Outside, "x"), "canary");
        File.WriteAllText(Path.Join(Outside, "f"), "canary");
        File.WriteAllText(Path.Join(Volume, "old"), "old");
        File.CreateSymbolicLink(Path.Join(Volume, "out"), Outside);
        File.CreateSymbolicLink(Path.Join(Volume, "d", "l"), "../../outside/x");
        File.WriteAllText(Single, "single");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Path.Join(Outside, "x"), UnixFileMode.UserRead);
        }
    }

    /// <summary>As rm does it: an input may leave folders without permissions and names that are no text.</summary>
    private static void Remove(string path)
    {
        var files = Engine.FileSystem.PlatformFileSystem.Current;
        using var parent = files.OpenDirectory(Path.GetDirectoryName(path)!);
        Snapshotter.Engine.Restoring.TreeRemover.Remove(parent, ArchiveForge.Bytes(Path.GetFileName(path)));
    }
}
