using BenchmarkDotNet.Attributes;
using Snapshotter.Benchmarks.Workloads;
using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Benchmarks.Parts;

/// <summary>Listing a tree of 10,000 files with the status of each: what a backup must do before it reads a byte.</summary>
[MemoryDiagnoser]
public class TreeWalk
{
    private string root = "";

    [GlobalSetup]
    public void MakeTree()
    {
        root = Directory.CreateTempSubdirectory("snapshotter-parts").FullName;
        SmallFiles.Create(root, 10_000, 64, seed: 1);
    }

    [GlobalCleanup]
    public void RemoveTree() => Directory.Delete(root, recursive: true);

    [Benchmark]
    public long Walk()
    {
        using var directory = PlatformFileSystem.Current.OpenDirectory(root);
        return Walk(directory);
    }

    private static long Walk(IDirectory directory)
    {
        long bytes = 0;
        var listing = directory.List();
        for (int i = 0; i < listing.Count; i++)
        {
            var name = listing.NameOf(i).Span;
            if (listing.KindOf(i) == FileKind.Directory)
            {
                using var below = directory.OpenDirectory(name);
                bytes += Walk(below);
            }
            else if (directory.TryGetStatus(name, out var status))
            {
                bytes += status.Size;
            }
        }

        return bytes;
    }
}
