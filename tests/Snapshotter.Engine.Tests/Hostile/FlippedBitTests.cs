using System.Text;
using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Config;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Patterns;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Restoring;
using Snapshotter.Engine.Retention;
using Snapshotter.Engine.Saving;
using Snapshotter.Engine.Tests.Faults;

namespace Snapshotter.Engine.Tests.Hostile;

/// <summary>
/// Every single bit of the newest generation flipped, one after the other: a restore is refused with a stable id or brings
/// all of its volumes, a listing tells of what it does not show, and nothing is ever removed on the word of what is damaged.
/// </summary>
public sealed class FlippedBitTests(ITestOutputHelper output)
{
    private const string Path = "/archives/backup.tar";

    private static readonly string[] Targets = ["/volumes/one", "/volumes/two", "/volumes/three.txt"];

    /// <summary>A prefix that stands in the headers, and two that stand in pax records, which no header's checksum covers.</summary>
    public static TheoryData<string> Prefixes => ["volumes", "volumes/größe", "volumes/" + new string('n', 120)];

    [Theory]
    [MemberData(nameof(Prefixes))]
    public void No_flipped_bit_makes_a_restore_bring_less(string prefix)
    {
        var scene = new Scenery(prefix);
        int refused = 0;
        int passed = 0;
        foreach (var (archive, at, what) in scene.Flips(from: scene.Middle))
        {
            IReadOnlyList<PlannedVolume> planned;
            try
            {
                planned = scene.Restore().Plan(CancellationToken.None);
            }
            catch (BackupException e)
            {
                Assert.True(IsStable(e.Error), $"{what}: {e.Error}");
                refused++;
                continue;
            }

            passed++;
            Assert.True(planned.All(v => v.Archived.Generation == 2), $"{what}: an older generation is taken.");
            Assert.True(
                planned.Select(v => v.Archived.Target).SequenceEqual(Targets), $"{what}: only {string.Join(", ", planned.Select(v => v.Archived.Target))}.");
            if (at % 501 == 0)
            {
                scene.CheckRestore(planned, what);
            }
        }

        output.WriteLine($"{refused} refused, {passed} planned");
        Assert.True(refused > 1000 && passed > 1000);
    }

    [Theory]
    [MemberData(nameof(Prefixes))]
    public void No_flipped_bit_in_a_manifest_makes_a_named_volume_come_wrong(string prefix)
    {
        var scene = new Scenery(prefix);
        int came = 0;
        foreach (var (archive, at, what) in scene.Flips(from: scene.ManifestText))
        {
            if (at % 3 != 0)
            {
                continue;
            }

            foreach (string pattern in new[] { "/volumes/one", "*/t*", "*" })
            {
                int wanted = Targets.Count(target => Wildcard.Matches(pattern, target));
                try
                {
                    var planned = scene.Restore(new RestoreOptions { Volumes = [pattern] }).Plan(CancellationToken.None);
                    Assert.True(planned.Count == wanted, $"{what}: {planned.Count} of {wanted} for {pattern}.");
                    if (came++ % 50 == 0)
                    {
                        scene.CheckRestore(planned, what);
                    }
                }
                catch (BackupException e)
                {
                    Assert.True(IsStable(e.Error), $"{what}: {e.Error}");
                }
            }
        }

        Assert.True(came > 100);
    }

    [Theory]
    [MemberData(nameof(Prefixes))]
    public void Nothing_is_removed_on_the_word_of_a_damaged_manifest(string prefix)
    {
        var scene = new Scenery(prefix);
        Assert.Equal([1], scene.Removed());
        int damaged = 0;
        foreach (var (archive, _, what) in scene.Flips(from: 0).Where(flip => flip.At % 3 == 0))
        {
            bool isKnown;
            try
            {
                using var file = ArchiveFile.OpenRead(archive, Path);
                isKnown = ArchiveMap.Read(file, CancellationToken.None).Generations.Any(g => g.Damage is not null);
            }
            catch (BackupException)
            {
                continue;
            }

            var removed = scene.Removed();
            Assert.True(isKnown ? removed.Count == 0 : removed is [1], $"{what}: {string.Join(", ", removed)} would be removed.");
            damaged += isKnown ? 1 : 0;
        }

        Assert.True(damaged > 100);
    }

    [Theory]
    [MemberData(nameof(Prefixes))]
    public void A_backup_onto_a_damaged_archive_is_refused_or_whole(string prefix)
    {
        var scene = new Scenery(prefix);
        int made = 0;
        foreach (var (archive, at, what) in scene.Flips(from: 0))
        {
            if (at % 201 != 0)
            {
                continue;
            }

            byte[] before = archive.ReadAllBytes(Path);
            var after = archive.Clone();
            try
            {
                int number = scene.Backup(after).Generation;
                Assert.True(number >= 3, $"{what}: number {number} again.");
                Assert.True(scene.IsKept(before, after.ReadAllBytes(Path), at / 8), $"{what}: older bytes have changed.");
                var planned = scene.Restore(on: after).Plan(CancellationToken.None);
                Assert.True(
                    planned.All(v => v.Archived.Generation == number) && planned.Select(v => v.Archived.Target).SequenceEqual(Targets),
                    $"{what}: the new generation is not what comes back.");
                made++;
            }
            catch (BackupException e)
            {
                Assert.True(IsStable(e.Error), $"{what}: {e.Error}");
                Assert.True(before.AsSpan().SequenceEqual(after.ReadAllBytes(Path)), $"{what}: refused, but the archive has changed.");
            }
        }

        Assert.True(made > 20);
    }

    private static bool IsStable(BackupError error) =>
        error is BackupError.ArchiveInvalid or BackupError.ChecksumMismatch or BackupError.UnsafeEntry;

    /// <summary>An archive of two generations on a disk in memory.</summary>
    private sealed class Scenery
    {
        private readonly MemoryFileSystem disk = new();
        private readonly string prefix;
        private readonly byte[] whole;

        public Scenery(string prefix)
        {
            this.prefix = prefix;
            disk.CreateDirectories("/archives");
            disk.CreateDirectories("/volumes/one/sub");
            disk.CreateDirectories("/volumes/two");
            using (var archive = disk.OpenOrCreate(Path))
            {
                archive.Write(new byte[1024], 0);
            }

            for (int generation = 1; generation <= 2; generation++)
            {
                foreach (string file in new[] { "/volumes/one/a", "/volumes/one/sub/b", "/volumes/two/c", "/volumes/three.txt" })
                {
                    using var open = disk.OpenOrCreate(file);
                    open.Write(Encoding.UTF8.GetBytes($"{file} of generation {generation}"), 0);
                }

                Middle = disk.ReadAllBytes(Path).Length - 1024;
                Backup(disk);
            }

            whole = disk.ReadAllBytes(Path);
            ManifestText = whole.AsSpan().LastIndexOf("- id: "u8);
            while (whole.AsSpan(0, ManifestText).LastIndexOf("- id: "u8) is var earlier && earlier > Middle)
            {
                ManifestText = earlier;
            }
        }

        /// <summary>Where the second generation begins.</summary>
        public int Middle { get; }

        /// <summary>Where the text of its manifest begins.</summary>
        public int ManifestText { get; }

        /// <summary>The disk with one bit of the archive flipped, for each bit; the last flip is taken back at the next.</summary>
        public IEnumerable<(MemoryFileSystem Disk, int At, string What)> Flips(int from)
        {
            using var archive = disk.OpenFile(Path, FileAccessKind.ReadWrite);
            for (int at = from; at < whole.Length - 1024; at++)
            {
                if (at > 0 && whole[at] == whole[at - 1] && at % 64 != 0)
                {
                    // Padding of all kinds.
                    continue;
                }

                for (int bit = 0; bit < 8; bit++)
                {
                    archive.Write([(byte)(whole[at] ^ (1 << bit))], at);
                    yield return (disk, (at * 8) + bit, $"Bit {bit} of byte {at} ('{(char)whole[at]}' near \"{Near(at)}\")");
                }

                archive.Write([whole[at]], at);
            }
        }

        public BackupReport Backup(MemoryFileSystem on) => new VolumeBackup(
            on, new VolumeConfig { Prefix = prefix, Volumes = [.. Targets.Select(t => new VolumeSpec { Target = t })] },
            new BackupOptions { Readers = 1 }, SilentReporter.Instance).Run(Path, CancellationToken.None);

        /// <summary>A backup changes no older byte, but the offsets in the last line of a manifest, which it mends.</summary>
        public bool IsKept(byte[] before, byte[] after, int flipped)
        {
            const int trailer = 110;
            bool isMended = new[] { Middle, whole.Length - 1024 }.Any(end => flipped >= end - trailer && flipped < end);
            return after.AsSpan().StartsWith((isMended ? whole : before).AsSpan(0, before.Length - 1024))
                || after.AsSpan().StartsWith(before.AsSpan(0, before.Length - 1024));
        }

        public VolumeRestore Restore(RestoreOptions? options = null, MemoryFileSystem? on = null) =>
            new(on ?? disk, Path, new VolumeConfig { Prefix = prefix }, (options ?? new RestoreOptions()) with { Writers = 1, Durable = false });

        /// <summary>The numbers that a policy of one generation would remove.</summary>
        public IReadOnlyList<int> Removed() =>
        [
            .. new OptimizeJob(disk, Path, new OptimizeOptions { Keep = new RetentionPolicy { Last = 1 } })
                .Plan(CancellationToken.None).Generations.Where(g => !g.Keep).Select(g => g.Generation),
        ];

        /// <summary>What was planned is refused now, or comes back as it was.</summary>
        public void CheckRestore(IReadOnlyList<PlannedVolume> planned, string what)
        {
            var target = disk.Clone();
            var restore = Restore(on: target);
            try
            {
                foreach (var _ in restore.Execute(planned, SilentReporter.Instance, CancellationToken.None))
                {
                }
            }
            catch (BackupException e)
            {
                Assert.True(IsStable(e.Error), $"{what}: {e.Error}");
            }

            foreach (string file in new[] { "/volumes/one/a", "/volumes/one/sub/b", "/volumes/two/c", "/volumes/three.txt" })
            {
                Assert.True($"{file} of generation 2" == Encoding.UTF8.GetString(target.ReadAllBytes(file)), $"{what}: {file} is something else.");
            }
        }

        private string Near(int at)
        {
            var text = whole.AsSpan(Math.Max(0, at - 10), Math.Min(30, whole.Length - at));
            return string.Concat(Encoding.Latin1.GetString(text).Select(c => char.IsControl(c) ? '.' : c));
        }
    }
}
