using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Config;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Retention;
using Snapshotter.Engine.Saving;
using Snapshotter.Engine.Tests.Faults;
using Snapshotter.Engine.Tests.Support;
using FileAccessKind = Snapshotter.Engine.FileSystem.FileAccessKind;

namespace Snapshotter.Engine.Tests.Retention;

/// <summary>
/// The machine crashes, or the disk fails, at every operation that changes something in turn. Whatever is on the disk
/// then is an archive that other programs read, with every kept generation byte for byte, and the next run finishes:
/// with the very bytes of a run that nothing disturbed.
/// </summary>
public sealed class OptimizeFaultTests : IDisposable
{
    private const string Archive = "/store/backup.tar";
    private const int RandomOutcomes = 6;

    /// <summary>Generations of two prefixes that go by number.</summary>
    private static readonly Wish ByNumber = new(
        [("a", "/data"), ("b", "/data"), ("a", "/data"), ("b", "/data"), ("a", "/data")],
        new OptimizeOptions { Generations = [1, 3] }, [2, 4, 5]);

    /// <summary>Generations of one prefix with different volumes, which rules judge volume by volume.</summary>
    private static readonly Wish ByVolume = new(
        [("a", "/data /more"), ("a", "/more"), ("a", "/data"), ("a", "/other"), ("a", "/data")],
        new OptimizeOptions { Keep = new RetentionPolicy { Last = 1 } }, [2, 4, 5]);

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    public void A_crash_at_any_operation_loses_nothing(bool inPlace, bool byVolume)
    {
        var wish = byVolume ? ByVolume : ByNumber;
        var start = MakeArchive(wish, inPlace);
        var pieces = Pieces(start);
        var finished = start.Clone();
        Assert.Equal(inPlace, Run(wish, finished).InPlace);
        byte[] expected = finished.ReadAllBytes(Archive);
        long operations = finished.Faults.Count;
        Assert.InRange(operations, 5, 1000);

        for (long operation = 1; operation <= operations; operation++)
        {
            var crashed = start.Clone();
            crashed.Faults = FaultPlan.CrashAt(operation);
            Assert.Throws<SimulatedCrash>(() => Run(wish, crashed));
            for (int outcome = 0; outcome < RandomOutcomes + 2; outcome++)
            {
                var mode = outcome < 2 ? (CrashMode)outcome : CrashMode.Random;
                string place = $"{crashed.Faults.Hit}, {mode} {outcome}";
                var left = crashed.AfterCrash(mode, outcome);
                HoldsWhatIsKept(wish, left, pieces, place);

                var continued = left.Clone();
                RunAgain(wish, continued);
                Assert.True(expected.AsSpan().SequenceEqual(continued.ReadAllBytes(Archive)), place);
                Assert.Equal(["backup.tar"], Names(continued));

                new VolumeBackup(left, Config("a", "/data"), new BackupOptions(), SilentReporter.Instance).Run(Archive, default);
                Assert.All(Map(left).Generations, g => Assert.True(g.Trailer == TrailerState.Valid, place));
            }
        }
    }

    [Theory]
    [InlineData(true, false, false)]
    [InlineData(false, false, false)]
    [InlineData(true, true, false)]
    [InlineData(false, true, false)]
    [InlineData(true, false, true)]
    [InlineData(false, false, true)]
    public void A_failure_of_any_operation_loses_nothing(bool inPlace, bool isLasting, bool byVolume)
    {
        var wish = byVolume ? ByVolume : ByNumber;
        var start = MakeArchive(wish, inPlace);
        var pieces = Pieces(start);
        byte[] before = start.ReadAllBytes(Archive);
        var finished = start.Clone();
        Run(wish, finished);
        byte[] expected = finished.ReadAllBytes(Archive);

        for (long operation = 1; operation <= finished.Faults.Count; operation++)
        {
            foreach (var error in new[] { FileError.InputOutput, FileError.NoSpace, FileError.ReadOnly })
            {
                var failed = start.Clone();
                failed.Faults = FaultPlan.FailAt(operation, error, isPartial: error == FileError.NoSpace, isLasting);
                var thrown = Record.Exception(() => Run(wish, failed));
                string place = $"{failed.Faults.Hit}: {error}";

                // Only what comes after the new file has its place may fail unnoticed.
                Assert.True(thrown is BackupException || expected.AsSpan().SequenceEqual(failed.ReadAllBytes(Archive)), $"{place}: {thrown}");
                HoldsWhatIsKept(wish, failed, pieces, place);
                if (!inPlace && thrown is not null && !isLasting)
                {
                    Assert.Equal(["backup.tar"], Names(failed));
                }

                if (!inPlace && thrown is not null && failed.Faults.Hit?.StartsWith("flush /store", StringComparison.Ordinal) != true)
                {
                    Assert.True(before.AsSpan().SequenceEqual(failed.ReadAllBytes(Archive)), place);
                }

                failed.Faults = FaultPlan.None();
                RunAgain(wish, failed);
                Assert.True(expected.AsSpan().SequenceEqual(failed.ReadAllBytes(Archive)), place);
            }
        }
    }

    private static VolumeConfig Config(string prefix, string targets)
        => new() { Prefix = prefix, Volumes = [.. targets.Split(' ').Select(target => new VolumeSpec { Target = target })] };

    /// <summary>The generations of a wish, all of it durable.</summary>
    private static MemoryFileSystem MakeArchive(Wish wish, bool canCollapse)
    {
        var disk = new MemoryFileSystem { CanShareAndCollapse = canCollapse };
        foreach (string path in new[] { "/data", "/more", "/other", "/store" })
        {
            disk.CreateDirectories(path);
        }

        Write(disk, Archive, new byte[1024]);
        int i = 0;
        foreach (var (prefix, targets) in wish.Made)
        {
            i++;
            foreach (string target in targets.Split(' '))
            {
                Write(disk, $"{target}/file{i}", [.. Enumerable.Repeat((byte)i, i * 3000)]);
            }

            new VolumeBackup(disk, Config(prefix, targets), new BackupOptions(), SilentReporter.Instance).Run(Archive, default);
        }

        return disk.Clone();
    }

    private static void Write(MemoryFileSystem disk, string path, byte[] content)
    {
        using var file = disk.OpenOrCreate(path);
        file.Write(content, 0);
    }

    private static OptimizeReport Run(Wish wish, MemoryFileSystem disk)
        => new OptimizeJob(disk, Archive, wish.Options).Plan(default).Execute(SilentReporter.Instance);

    /// <summary>The same wish as before, of which some or all may have come true already.</summary>
    private static void RunAgain(Wish wish, MemoryFileSystem disk)
    {
        var rest = wish.Options with { Generations = [.. wish.Options.Generations.Intersect(Map(disk).Generations.Select(g => g.Number))] };
        if (rest.Generations.Count == 0 && rest.Keep is null)
        {
            rest = new OptimizeOptions { Keep = new RetentionPolicy { Last = 9 } };
        }

        new OptimizeJob(disk, Archive, rest).Plan(default).Execute(SilentReporter.Instance);
    }

    private static ArchiveMap Map(MemoryFileSystem disk)
    {
        using var archive = ArchiveFile.OpenRead(disk, Archive);
        return ArchiveMap.Walk(archive, default);
    }

    /// <summary>The bytes of each generation, less the line that tells where it stands.</summary>
    private static Dictionary<int, string> Pieces(MemoryFileSystem disk)
    {
        byte[] bytes = disk.ReadAllBytes(Archive);
        return Map(disk).Generations.ToDictionary(
            g => g.Number, g => Convert.ToHexString(bytes.AsSpan((int)g.Start, (int)(g.End - g.Start) - ManifestTrailer.Size)));
    }

    private void HoldsWhatIsKept(Wish wish, MemoryFileSystem disk, Dictionary<int, string> pieces, string place)
    {
        var found = Pieces(disk);
        Assert.All(wish.Kept, number => Assert.True(found.GetValueOrDefault(number) == pieces[number], $"{place}: generation {number}"));
        Assert.All(found, pair => Assert.Equal(pieces[pair.Key], pair.Value));

        string exported = folder["exported.tar"];
        disk.Export(Archive, exported);
        Assert.Equal(
            found.Count, Tool.Run("tar", "-tf", exported).SucceedsSilently().Lines.Count(name => name.EndsWith("volumes-data.yml", StringComparison.Ordinal)));
    }

    private static IEnumerable<string> Names(MemoryFileSystem disk)
    {
        using var directory = disk.OpenDirectory("/store");
        var listing = directory.List();
        return [.. Enumerable.Range(0, listing.Count).Select(i => MemoryFileSystem.Decode(listing.NameOf(i).Span))];
    }

    /// <summary>An archive and what is to become of it.</summary>
    /// <param name="Made">Prefix and targets of each generation.</param>
    /// <param name="Options">What goes.</param>
    /// <param name="Kept">The numbers of those that stay.</param>
    private sealed record Wish((string Prefix, string Targets)[] Made, OptimizeOptions Options, int[] Kept);
}
