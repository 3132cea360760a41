using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Config;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Retention;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.Retention;

/// <summary>An archive on a file system of choice, filled by Snapshotter and by other programs, and what must be left of it.</summary>
internal sealed class ArchiveUnderTest : IDisposable
{
    private readonly TempFolder volumes = new();
    private readonly string folder;
    private int filled;

    /// <param name="folder">Where the archive lies.</param>
    /// <param name="name">Its name.</param>
    public ArchiveUnderTest(string folder, string name = "backup.tar")
    {
        this.folder = folder;
        Path = System.IO.Path.Combine(folder, name);
        BackupTar.Initialize(Path);
    }

    public string Path { get; }

    /// <summary>Everything in the archive's folder.</summary>
    public IEnumerable<string> FolderContent => Directory.EnumerateFileSystemEntries(folder).Select(System.IO.Path.GetFileName)!;

    public void Dispose() => volumes.Dispose();

    /// <summary>Appends a generation of a volume whose content differs each time.</summary>
    public BackupReport Backup(string prefix = "volumes/a", int bytes = 100_000, RetentionPolicy? keep = null)
    {
        string volume = volumes.CreateFolder($"volume{++filled}");
        volumes.WriteFile($"volume{filled}/small.txt", $"content {filled}");
        byte[] large = new byte[bytes];
        new Random(filled).NextBytes(large);
        volumes.WriteFile($"volume{filled}/folder/large{filled}.bin", large);
        var config = new VolumeConfig
        {
            Prefix = prefix,
            Volumes = { new VolumeSpec { Target = "/data", Source = volume } },
            Keep = keep,
        };
        return BackupTar.Backup(Path, config);
    }

    /// <summary>Adds a file to the archive as GNU tar does.</summary>
    public void AppendForeign(string name)
    {
        volumes.WriteFile($"foreign/{name}", $"foreign {name}");
        Tool.RunIn(volumes["foreign"], "tar", "-rf", Path, name).SucceedsSilently();
    }

    /// <summary>Adds entries of two prefixes in turn and then both manifests, as the original program names them.</summary>
    public void AppendOriginal(string first, string second)
    {
        const string target = "/original";
        filled++;
        string id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(target)));
        string root = $"original{filled}";
        foreach (string prefix in new[] { first, second })
        {
            volumes.WriteFile($"{root}/{prefix}/{id}/a.txt", $"a of {prefix} {filled}");
            volumes.WriteFile($"{root}/{prefix}/{id}/b.txt", $"b of {prefix} {filled}");
            volumes.WriteFile($"{root}/{prefix}/volumes-data.yml", $"- id: {id}\n  type: dir\n  target: {target}\n");
        }

        Tool.RunIn(
            volumes[root], "tar", "-rf", Path, "--no-recursion", "--format=ustar",
            $"{first}/{id}", $"{second}/{id}", $"{first}/{id}/a.txt", $"{second}/{id}/a.txt", $"{first}/{id}/b.txt",
            $"{first}/volumes-data.yml", $"{second}/{id}/b.txt", $"{second}/volumes-data.yml").SucceedsSilently();
    }

    public OptimizePlan Plan(OptimizeOptions options) => BackupTar.PlanOptimize(Path, options);

    public OptimizeReport Optimize(OptimizeOptions options) => Plan(options).Execute();

    /// <summary>The numbers of the generations in the archive.</summary>
    public IEnumerable<int> Numbers => BackupTar.List(Path).Select(v => v.Generation).Distinct();

    /// <summary>What an entry is, wherever it stands: its name and a hash of header and data.</summary>
    public IReadOnlyList<ArchivedPiece> Pieces()
    {
        // Python's offsets are those of the last header; where the next entry begins ends this one.
        string[] lines = Tool.Python(null, """
            import sys, tarfile
            with tarfile.open(sys.argv[1]) as tar:
                members = tar.getmembers()
                for m in members:
                    print(m.offset_data, m.size if m.isreg() else 0, m.name, sep='\t')
            """, Path).SucceedsSilently().Lines;
        byte[] archive = File.ReadAllBytes(Path);
        return [.. lines.Select(line => line.Split('\t')).Select(fields => new ArchivedPiece(
            fields[2], Hash(fields[2], archive.AsSpan(
                int.Parse(fields[0], CultureInfo.InvariantCulture), int.Parse(fields[1], CultureInfo.InvariantCulture)))))];
    }

    /// <summary>All programs list exactly the pieces given, and what they hold is what it was.</summary>
    public void HoldsExactly(IEnumerable<ArchivedPiece> pieces)
    {
        var expected = pieces.ToList();
        Assert.Equal(expected, Pieces());
        Assert.Equal(expected.Select(p => p.Name), Names("tar"));
        Assert.Equal(expected.Select(p => p.Name), Names("bsdtar"));
        Assert.All(BackupTar.Test(Path), report => Assert.Empty(report.Errors));
    }

    /// <summary>Every trailer is right, so the archive opens without a walk.</summary>
    public void IsMended()
    {
        using var archive = ArchiveFile.OpenRead(PlatformFileSystem.Current, Path);
        var map = ArchiveMap.Walk(archive, default);
        Assert.All(map.Generations, g => Assert.True(g.Trailer is TrailerState.Valid or TrailerState.Absent, $"{g.Number}: {g.Trailer}"));
        Assert.Equal(TailState.Clean, map.Tail);
    }

    private string[] Names(string tool)
        => [.. Tool.Run(tool, "-tf", Path).SucceedsSilently().Lines.Select(name => name.TrimEnd('/'))];

    /// <summary>The offsets in a manifest's last line are those of the place it stands at, which may change.</summary>
    private static string Hash(string name, ReadOnlySpan<byte> data)
        => Convert.ToHexString(SHA256.HashData(name.EndsWith("volumes-data.yml", StringComparison.Ordinal) && data.Length > ManifestTrailer.Size
            ? data[..^ManifestTrailer.Size]
            : data));
}

/// <summary>One entry: its name and a hash of its data.</summary>
internal sealed record ArchivedPiece(string Name, string Hash);
