using Snapshotter.Engine.Entries;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Tar;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.Entries;

/// <summary>The runs of data that a backup finds in a file with holes.</summary>
public sealed class SparseFileTests : IDisposable
{
    private const long Cluster = 1024 * 1024;

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(511)]
    [InlineData(512)]
    [InlineData(4095)]
    public void A_hole_at_the_end_is_one_hole_whatever_the_size(int beyond)
    {
        long size = (4 * Cluster) + beyond;
        using var file = Make(size, 0, 2 * Cluster);
        Assert.True(SparseFile.TryFindRuns(file, size, out var runs));
        Assert.All(runs, run => Assert.Equal(0, run.Offset % TarLayout.BlockSize));
        Assert.All(runs, run => Assert.True(run.Length is > 0 and < Cluster, $"{run}"));
        Assert.Contains(runs, run => run.Offset == 0);
        Assert.Contains(runs, run => run.Offset <= 2 * Cluster && run.Offset + run.Length > 2 * Cluster);
        Assert.Equal(2, runs.Count);
    }

    [Fact]
    public void A_file_that_is_one_hole_has_no_runs()
    {
        using var file = Make((3 * Cluster) + 77);
        Assert.True(SparseFile.TryFindRuns(file, (3 * Cluster) + 77, out var runs));
        Assert.Empty(runs);
    }

    [Fact]
    public void Data_at_the_very_end_reaches_the_end()
    {
        long size = (2 * Cluster) + 100;
        using var file = Make(size, size - 1);
        Assert.True(SparseFile.TryFindRuns(file, size, out var runs));
        Assert.Equal(size, Assert.Single(runs).Offset + runs[0].Length);
    }

    [Fact]
    public void A_file_that_shrank_meanwhile_ends_the_search()
    {
        using var file = Make(2 * Cluster, 0);
        Assert.True(SparseFile.TryFindRuns(file, 8 * Cluster, out var runs));
        Assert.InRange(runs.Count, 1, 2);
        Assert.True(runs[^1].Offset <= 2 * Cluster);
    }

    [Theory]
    [InlineData(4096, 8192)]
    [InlineData(512, 1024)]
    [InlineData(4096, 1_000_000)]
    public void Of_more_holes_than_a_map_may_have_the_shortest_are_taken_for_data(int data, int period)
    {
        // A long hole in the middle stays one.
        long half = (TarEncoder.MaxSparseRuns + 1000L) * period;
        long size = (2 * half) + (1L << 30);
        using var file = new StripedFile(size, data, period, half, half + (1L << 30));
        Assert.True(SparseFile.TryFindRuns(file, size, out var runs));
        Assert.InRange(runs.Count, 2, TarEncoder.MaxSparseRuns);
        long end = 0;
        foreach (var run in runs)
        {
            Assert.True(run.Offset >= end && run.Length > 0);
            end = run.Offset + run.Length;
        }

        Assert.DoesNotContain(runs, run => run.Offset <= half && run.Offset + run.Length > half + (1L << 30));
        for (long i = 0; i < half / period; i += 997)
        {
            Assert.True(IsData(runs, i * period) && IsData(runs, (i * period) + data - 1));
        }
    }

    private static bool IsData(List<SparseRun> runs, long offset)
    {
        int low = 0;
        int high = runs.Count - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            (low, high) = runs[middle].Offset <= offset ? (middle, high) : (low, middle - 1);
        }

        return runs[low].Offset <= offset && offset < runs[low].Offset + runs[low].Length;
    }

    private IFile Make(long size, params long[] dataAt)
    {
        using (var handle = File.OpenHandle(folder["sparse"], FileMode.CreateNew, FileAccess.Write))
        {
            RandomAccess.SetLength(handle, size);
            foreach (long offset in dataAt)
            {
                RandomAccess.Write(handle, "x"u8, offset);
            }
        }

        return PlatformFileSystem.Current.OpenFile(folder["sparse"], FileAccessKind.Read);
    }
}
