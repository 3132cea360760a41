using System.Globalization;
using System.Text;
using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Config;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Tar;
using Snapshotter.Engine.Tests.Support;
using Snapshotter.Fuzz;

namespace Snapshotter.Engine.Tests.Archive;

/// <summary>The bounds that docs/format.md names: what honest programs write lies within, and what lies without is refused by name.</summary>
public sealed class BoundsTests : IDisposable
{
    private readonly TempFolder folder = new();

    private string Archive => folder["backup.tar"];

    public void Dispose() => folder.Dispose();

    [Fact]
    public void An_hourly_backup_of_ten_volumes_is_read_after_a_year()
    {
        // 60,000 volumes: more than the bound by number that there was.
        const int generations = 6000;
        var created = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        string[] targets = [.. Enumerable.Range(0, 10).Select(i => string.Create(CultureInfo.InvariantCulture, $"/srv/containers/data-{i}"))];
        string[] ids = [.. targets.Select(EntryNames.IdOf)];
        byte[] prefix = "volumes"u8.ToArray();
        using (var file = File.Create(Archive))
        {
            var output = new BlockBuffer();
            for (int generation = 1; generation <= generations; generation++)
            {
                long start = file.Position;
                var volumes = new List<ManifestVolume>();
                for (int i = 0; i < ids.Length; i++)
                {
                    var entry = MetaEntry.Create(EntryNames.Join(prefix, ids[i]), created);
                    output.Clear();
                    TarEncoder.Encode(entry, output, file.Position, alignData: false);
                    volumes.Add(new ManifestVolume
                    {
                        Id = ids[i],
                        IsDirectory = false,
                        Target = targets[i],
                        Created = created.AddHours(generation),
                        Generation = generation,
                        Entries = 1,
                        Bytes = 0,
                        Checksum = ChecksumNames.None,
                        Offset = file.Position - start,
                        Length = output.Length,
                        Headers = Hex.Of(System.IO.Hashing.XxHash128.Hash(output.Written)),
                    });
                    file.Write(output.Written);
                }

                file.Write(ManifestEntry.Encode(prefix, volumes, created, start, file.Position).Written);
            }

            file.Write(new byte[TarLayout.EndMarkerSize]);
        }

        var rows = BackupTar.List(Archive);
        Assert.Equal(generations * 10, rows.Count);
        Assert.Equal(10, rows.Count(r => r.IsNewest));
        Assert.Equal(generations, rows[^1].Generation);
        Assert.Same(rows[0].Target, rows[^10].Target);
    }

    [Fact]
    public void Manifests_that_ask_for_more_memory_than_any_honest_ones_are_refused()
    {
        var forge = new ArchiveForge();
        for (int manifest = 0; manifest < 4; manifest++)
        {
            var text = new StringBuilder();
            for (int i = 0; text.Length < Manifest.MaxSize - 200; i++)
            {
                text.Append(CultureInfo.InvariantCulture, $"- id: {manifest}a{i}\n  type: dir\n  target: t{manifest}b{i}\n");
            }

            forge.ManifestOf(text.ToString());
        }

        File.WriteAllBytes(Archive, forge.ToArray());
        var e = Assert.Throws<BackupException>(() => BackupTar.List(Archive));
        Assert.Equal(BackupError.ArchiveInvalid, e.Error);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void A_manifest_has_at_most_so_many_bytes(int more, bool isRead)
    {
        string line = "- id: x\n  type: file\n  target: /x\n";
        string text = line + new string('#', Manifest.MaxSize + more - line.Length);
        var forge = new ArchiveForge().Volume("/x");
        File.WriteAllBytes(Archive, forge.ManifestOf(text).ToArray());
        if (isRead)
        {
            Assert.Equal("/x", BackupTar.List(Archive).Single().Target);
            return;
        }

        // It is too large to be one, and that is no reason to take an older one.
        var e = Assert.Throws<BackupException>(() => BackupTar.List(Archive));
        Assert.Equal(BackupError.ArchiveInvalid, e.Error);
        e = Assert.Throws<BackupException>(() => BackupTar.PlanRestore(Archive, new VolumeConfig { Prefix = "volumes" }));
        Assert.True(e.Error is BackupError.ArchiveInvalid or BackupError.GenerationNotFound, $"{e.Error}");
    }

    [Fact]
    public void A_backup_whose_manifest_would_be_larger_is_refused()
    {
        string target = "/" + new string('t', 4000);
        var volumes = Enumerable.Range(0, 1100).Select(i => new ManifestVolume
        {
            Id = EntryNames.IdOf(target),
            IsDirectory = true,
            Target = string.Create(CultureInfo.InvariantCulture, $"{target}{i}"),
        }).ToList();
        var e = Assert.Throws<BackupException>(() => ManifestEntry.Encode("p"u8, volumes, DateTimeOffset.UnixEpoch, 0, 4096));
        Assert.Equal(BackupError.ConfigInvalid, e.Error);
        Assert.True(ManifestEntry.Encode("p"u8, volumes[..900], DateTimeOffset.UnixEpoch, 0, 4096).Length <= Manifest.MaxSize + TarLayout.Alignment);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void A_sparse_map_has_at_most_so_many_runs(int more, bool isRead)
    {
        int runs = TarLayout.MaxSparseRuns + more;
        var map = new StringBuilder();
        map.Append(CultureInfo.InvariantCulture, $"{runs}\n");
        for (int i = 0; i < runs; i++)
        {
            map.Append(CultureInfo.InvariantCulture, $"{i * 1024L}\n0\n");
        }

        byte[] text = Encoding.ASCII.GetBytes(map.ToString());
        var forge = new ArchiveForge().Volume("/x");
        forge.Pax(("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.realsize", "2000000000000"))
            .RawHeader(new ForgedHeader(forge.NameOf("s"), TypeFlag.Regular) { Size = TarLayout.RoundUp(text.Length) }).Data(text);
        var reader = new TarReader(new MemorySource(forge.ToArray()));
        reader.Next();
        if (isRead)
        {
            Assert.True(reader.Next());
            Assert.Equal(2_000_000_000_000, reader.Entry.Size);
        }
        else
        {
            Assert.Equal(TarDefect.TooLarge, Assert.Throws<TarFormatException>(() => reader.Next()).Defect);
        }
    }
}
