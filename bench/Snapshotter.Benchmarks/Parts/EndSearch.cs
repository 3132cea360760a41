using BenchmarkDotNet.Attributes;
using Snapshotter.Benchmarks.Workloads;
using Snapshotter.Engine;
using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Config;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Saving;

namespace Snapshotter.Benchmarks.Parts;

/// <summary>
/// Finding the end of an archive of 10,000 entries: by its last bytes when we wrote it, by its headers when another
/// program padded it.
/// </summary>
[MemoryDiagnoser]
public class EndSearch
{
    private string folder = "";
    private ArchiveFile? ours;
    private ArchiveFile? padded;

    [GlobalSetup]
    public void MakeArchives()
    {
        folder = Directory.CreateTempSubdirectory("snapshotter-parts").FullName;
        string tree = Directory.CreateDirectory(Path.Combine(folder, "tree")).FullName;
        SmallFiles.Create(tree, 10_000, 64, seed: 1);
        string path = Path.Combine(folder, "ours.tar");
        BackupTar.Initialize(path);
        var config = new VolumeConfig { Prefix = "parts" };
        config.Volumes.Add(new VolumeSpec { Target = "/data", Source = tree });
        BackupTar.Backup(path, config, new BackupOptions { Durable = false });

        // GNU tar pads with zeros to full 10,240 bytes.
        string other = Path.Combine(folder, "padded.tar");
        File.Copy(path, other);
        using (var stream = File.OpenWrite(other))
        {
            stream.SetLength(stream.Length + 5120);
        }

        ours = ArchiveFile.OpenRead(PlatformFileSystem.Current, path);
        padded = ArchiveFile.OpenRead(PlatformFileSystem.Current, other);
    }

    [GlobalCleanup]
    public void RemoveArchives()
    {
        ours?.Dispose();
        padded?.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Benchmark]
    public long ByTrailer() => ArchiveMap.FindEnd(ours!, CancellationToken.None).End;

    [Benchmark]
    public long ByHeaders() => ArchiveMap.FindEnd(padded!, CancellationToken.None).End;
}
