using System.Globalization;
using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Config;
using Snapshotter.Engine.Jobs;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Restoring;
using Snapshotter.Engine.Saving;
using Snapshotter.Engine.Tests.Support;
using Snapshotter.Fuzz;

namespace Snapshotter.Engine.Tests.Hostile;

/// <summary>
/// Every byte of an archive changed, one after the other, and the archive cut at every block: a test tells of it, nothing
/// is ever restored wrongly, and what is not damaged can still be restored.
/// With SNAPSHOTTER_DAMAGE=full volumes are restored after every change, not only after some.
/// </summary>
public sealed class DamageTests : IDisposable
{
    private static readonly bool Full = Environment.GetEnvironmentVariable("SNAPSHOTTER_DAMAGE") == "full";

    private readonly TempFolder folder = new();
    private readonly string[] volumes;
    private readonly Dictionary<(int Generation, string Volume), string> expected = [];
    private readonly byte[] archive;
    private readonly List<Region> regions = [];

    public DamageTests()
    {
        volumes = [folder["one"], folder["two"], folder["three.txt"]];
        BackupTar.Initialize(Path);
        for (int generation = 1; generation <= 2; generation++)
        {
            folder.WriteFile("one/a", $"a{generation}");
            folder.WriteFile("one/d/b", new string('b', 600 + generation));
            File.Delete(folder["one", "link"]);
            File.CreateSymbolicLink(folder["one", "link"], $"target{generation}");
            folder.WriteFile("two/c", $"c{generation}");
            folder.WriteFile("three.txt", $"three{generation}");
            foreach (string volume in volumes)
            {
                expected[(generation, volume)] = TreeDigest.Of(volume);
            }

            BackupTar.Backup(Path, ConfigOf(volumes), new BackupOptions { Durable = false });
        }

        archive = File.ReadAllBytes(Path);
        FindRegions();
    }

    private string Path => folder["backup.tar"];

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Every_changed_byte_is_found_and_harms_nothing_else()
    {
        var random = new Random(20261123);
        long tried = 0;
        long restored = 0;
        long inPadding = 0;
        for (int at = 0; at < archive.Length; at++)
        {
            foreach (byte flip in Full || at % 16 == 0 ? [0xFF, (byte)(1 << random.Next(8))] : new[] { at % 2 == 0 ? (byte)0xFF : (byte)(1 << random.Next(8)) })
            {
                byte[] damaged = [.. archive];
                damaged[at] ^= flip;
                File.WriteAllBytes(Path, damaged);
                tried++;
                var region = regions.Find(r => r.Contains(at));
                bool padding = region is { Kind: RegionKind.Padding } || IsBehindChecksum(region, at);
                inPadding += padding ? 1 : 0;
                Assert.True(
                    padding == BackupTar.Test(Path).All(r => r.Passed),
                    $"Byte {at} ^ {flip:x2}, {region}: a test {(padding ? "reports it, though nobody reads it" : "does not report it")}.");
                if (Full || at % 211 == 0)
                {
                    restored += RestoreAll($"Byte {at} ^ {flip:x2}, {region}", region);
                }
            }
        }

        Console.WriteLine($"Damage: {tried} changed bytes in an archive of {archive.Length}, {inPadding} of them in padding; {restored} volumes restored.");
        Assert.True(tried >= archive.Length && inPadding > 0 && restored > 0);
    }

    [Fact]
    public void An_archive_cut_at_any_block_restores_nothing_wrong()
    {
        long restored = 0;
        for (int length = 0; length < archive.Length; length += 512)
        {
            File.WriteAllBytes(Path, archive.AsSpan(0, length));
            restored += RestoreAll($"Cut at {length}", null, cut: true);
            bool passed = false;
            try
            {
                passed = BackupTar.Test(Path).All(r => r.Passed);
            }
            catch (BackupException e)
            {
                Assert.True(e.Error is BackupError.ArchiveEmpty or BackupError.ArchiveInvalid, $"Cut at {length}: {e.Error}");
            }

            Assert.True(!passed || length == archive.Length - 512, $"Cut at {length}: the test passes.");
        }

        Console.WriteLine($"Damage: cut at {archive.Length / 512} places; {restored} volumes restored.");
        Assert.True(restored > 0);
    }

    /// <summary>
    /// The checksum field of a header is six digits, a NUL and a space (POSIX: "terminated"): nobody reads what is behind
    /// the NUL. In a volume the headers' own checksum covers it all the same.
    /// </summary>
    private static bool IsBehindChecksum(Region? region, int at)
    {
        const int lastOfField = 155;
        return region is { Kind: RegionKind.Manifest } && region.IsHeader
            && (at == region.Start + lastOfField || at == region.End - 512 + lastOfField);
    }

    /// <summary>Tries to restore each volume of each generation, and the newest. Returns how many came back.</summary>
    private long RestoreAll(string what, Region? region, bool cut = false)
    {
        long restored = 0;
        int refusedInGeneration = 0;
        for (int generation = 0; generation <= 2; generation++)
        {
            foreach (string volume in volumes)
            {
                bool came = TryRestore(what, generation, volume);
                restored += came ? 1 : 0;
                if (cut || came)
                {
                    continue;
                }

                // The newest one is meant by no number.
                int meant = generation == 0 ? 2 : generation;
                Assert.True(
                    region is not null && region.Generation == meant && (region.Volume is null || region.Volume == volume),
                    $"{what}: generation {generation} of '{volume}' is refused, but is not damaged.");
                refusedInGeneration += generation == 0 ? 0 : 1;
            }
        }

        Assert.True(
            cut || region?.Kind != RegionKind.Checksums || refusedInGeneration <= 1,
            $"{what}: damage to one line of checksums takes {refusedInGeneration} volumes along.");
        return restored;
    }

    private bool TryRestore(string what, int generation, string volume)
    {
        if (Directory.Exists(volume))
        {
            File.WriteAllText(System.IO.Path.Join(volume, "new"), "written since");
        }
        else
        {
            File.WriteAllText(volume, "written since");
        }

        string before = TreeDigest.Of(volume);
        var options = new RestoreOptions
        {
            Durable = false,
            Generation = generation == 0 ? GenerationChoice.Newest : new GenerationChoice { Number = generation },
        };
        try
        {
            BackupTar.Restore(Path, ConfigOf(volume), options);
        }
        catch (BackupException e)
        {
            Assert.True(
                e.Error is BackupError.ArchiveInvalid or BackupError.ChecksumMismatch or BackupError.UnsafeEntry
                    or BackupError.GenerationNotFound or BackupError.ArchiveEmpty,
                $"{what}: {e.Error}");
            Assert.True(before == TreeDigest.Of(volume), $"{what}: refused, but '{volume}' has changed.");
            return false;
        }

        Assert.True(
            expected[(generation == 0 ? 2 : generation, volume)] == TreeDigest.Of(volume),
            $"{what}: generation {generation} of '{volume}' came back as something else.");
        return true;
    }

    /// <summary>What each byte is for, as another reader sees it.</summary>
    private void FindRegions()
    {
        var ids = volumes.ToDictionary(EntryNames.IdOf, v => v);
        var lines = Tool.Python(
            null,
            """
            import sys, tarfile
            with tarfile.open(sys.argv[1]) as t:
                for m in t:
                    print(m.offset, m.offset_data, m.size, m.name)
            """,
            Path).Succeeds().Lines;
        int generation = 1;
        foreach (string line in lines)
        {
            string[] fields = line.Split(' ', 4);
            long[] numbers = [.. fields[..3].Select(f => long.Parse(f, CultureInfo.InvariantCulture))];
            string[] name = fields[3].Split('/');
            string? volume = name.Length > 1 ? ids.GetValueOrDefault(name[1]) : null;
            var kind = volume is not null ? RegionKind.Volume : name[^1] == "XXH128SUMS" ? RegionKind.Checksums : RegionKind.Manifest;
            long end = numbers[1] + numbers[2];
            regions.Add(new Region(numbers[0], numbers[1], kind == RegionKind.Checksums ? RegionKind.Manifest : kind, generation, volume, IsHeader: true));
            regions.Add(new Region(numbers[1], end, kind, generation, volume));
            regions.Add(new Region(end, (end + 511) / 512 * 512, RegionKind.Padding, generation, volume));
            generation += kind == RegionKind.Manifest ? 1 : 0;
        }
    }

    private static VolumeConfig ConfigOf(params string[] targets) =>
        new() { Prefix = "volumes", Volumes = [.. targets.Select(t => new VolumeSpec { Target = t })] };

    private enum RegionKind
    {
        Volume,
        Checksums,
        Manifest,
        Padding,
    }

    private sealed record Region(long Start, long End, RegionKind Kind, int Generation, string? Volume, bool IsHeader = false)
    {
        public bool Contains(long offset) => offset >= Start && offset < End;
    }
}
