using Snapshotter.Engine.Tar;
using Snapshotter.Engine.Tests.Support;
using static Snapshotter.Engine.Tests.Tar.RawHeader;

namespace Snapshotter.Engine.Tests.Tar;

/// <summary>
/// Thousands of damaged archives, always the same ones: the reader either reads or says what is wrong. It never runs out
/// of the archive, takes memory out of proportion, or goes on without end.
/// </summary>
[OnWindowsToo]
public class MutationTests
{
    private const int Rounds = 40_000;

    /// <summary>Bytes that mean something in a field, a record or a map.</summary>
    private const string Telling = "0123456789 \n=,-./\0\u00ff\u0080xgLKS157";

    [Fact]
    public void Damaged_archives_are_read_or_refused_but_never_worse()
    {
        byte[][] seeds = [EncodedArchive(), GnuArchive(), OldSparseArchive()];
        var random = new Random(20_261_123);
        int refused = 0, entries = 0;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int round = 0; round < Rounds; round++)
        {
            byte[] archive = Mutate(seeds[round % seeds.Length], random);
            try
            {
                entries += ReadAll(archive);
            }
            catch (TarFormatException e)
            {
                Assert.InRange(e.Offset, 0, archive.Length);
                refused++;
            }
        }

        // Both ways out are taken often, and a round costs no more than its archive and its reader.
        Assert.InRange(refused, Rounds / 10, Rounds * 9 / 10);
        Assert.InRange(entries, Rounds, long.MaxValue);
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / Rounds, 0, 128 * 1024);
    }

    private static int ReadAll(byte[] archive)
    {
        var reader = new TarReader(new MemorySource(archive));
        int count = 0;
        long at = 0;
        while (reader.Next())
        {
            var entry = reader.Entry;
            Assert.True(entry.HeaderOffset == at && entry.DataOffset > at, "Entries lie one behind the other.");
            Assert.Equal(entry.NextOffset, entry.DataOffset + TarLayout.RoundUp(entry.StoredSize));
            Assert.True(entry.NextOffset <= archive.Length, "All of an entry is there.");
            Assert.Equal(entry.DataOffset - entry.HeaderOffset, reader.HeaderBytes.Length);
            Assert.True(entry.Sparse is null || entry.Sparse.Sum(r => r.Length) == entry.StoredSize, "All data belongs to a run.");
            Assert.True(entry.Sparse is null || entry.Sparse.All(r => r.Offset + r.Length <= entry.Size), "All runs are in the file.");
            Assert.InRange(entry.ModifiedNanoseconds, 0, 999_999_999);
            at = entry.NextOffset;
            count++;
        }

        Assert.True(reader.Position >= at, "The end is behind the last entry.");
        return count;
    }

    private static byte[] Mutate(byte[] seed, Random random)
    {
        byte[] archive = [.. seed];
        for (int changes = random.Next(1, 5); changes > 0; changes--)
        {
            int block = random.Next(archive.Length / 512) * 512;
            switch (random.Next(6))
            {
                case 0:
                    archive[block + random.Next(512)] = (byte)random.Next(256);
                    break;
                case 1:
                    archive[block + random.Next(512)] = (byte)Telling[random.Next(Telling.Length)];
                    break;
                case 2:
                    archive.AsSpan(random.Next(archive.Length / 512) * 512, 512).CopyTo(archive.AsSpan(block));
                    break;
                case 3:
                    archive.AsSpan(block, random.Next(1, 513)).Clear();
                    break;
                case 4:
                    archive = archive[..Math.Max(512, random.Next(archive.Length))];
                    break;
                default:
                    var field = (HeaderField[])[HeaderField.Size, HeaderField.Size, HeaderField.GnuRealSize, HeaderField.Modified];
                    field[random.Next(field.Length)].WriteNumber(archive.AsSpan(block, 512), random.NextInt64() >> random.Next(64));
                    break;
            }

            // Most damage is to lie behind a checksum that fits.
            if (random.Next(4) != 0)
                SealHeaders(archive, seed);
            if (archive.Length < 1024)
                break;
        }

        return archive;
    }

    /// <summary>Makes checksums fit again where the undamaged archive has headers.</summary>
    private static void SealHeaders(byte[] archive, byte[] seed)
    {
        for (int at = 0; at + 512 <= archive.Length; at += 512)
        {
            var block = archive.AsSpan(at, 512);
            if (TarBlock.IsValidHeader(seed.AsSpan(at, 512)) && !TarBlock.IsZero(block))
                TarBlock.Seal(block);
        }
    }

    private static byte[] EncodedArchive()
    {
        var sparse = ArchiveBuilder.Entry(TypeFlag.Regular, "sparse");
        (sparse.Size, sparse.Sparse) = (10_000, [new(512, 512), new(4096, 1024), new(9_999, 1)]);
        var device = ArchiveBuilder.Entry(TypeFlag.BlockDevice, "device");
        (device.DeviceMajor, device.DeviceMinor) = (8, 1);
        return new ArchiveBuilder()
            .AddFile("plain", "content")
            .AddFile("folder/" + new string('n', 300), "more content", e =>
            {
                e.ModifiedNanoseconds = 123_456_789;
                e.Attributes.Add(new("user.name"u8.ToArray(), "value"u8.ToArray()));
                e.AccessAcl = "user::rw-"u8.ToArray();
            })
            .Add(ArchiveBuilder.Entry(TypeFlag.Directory, "folder"))
            .Add(ArchiveBuilder.Entry(TypeFlag.SymbolicLink, "link", new string('t', 150)))
            .Add(ArchiveBuilder.Entry(TypeFlag.HardLink, "hard", "plain"))
            .Add(sparse, new byte[1537])
            .Add(device)
            .AddFile("last", "x").ToArray();
    }

    private static byte[] GnuArchive()
    {
        byte[] oldSparse = Block('S', "gnu-sparse", 1024, b =>
        {
            Gnu(b);
            HeaderField.GnuRealSize.WriteNumber(b, 100_000);
            b[HeaderField.GnuSparseExtendedOffset] = 1;
            new HeaderField(HeaderField.GnuSparseOffset, 12).WriteNumber(b, 512);
            new HeaderField(HeaderField.GnuSparseOffset + 12, 12).WriteNumber(b, 512);
        });
        byte[] more = new byte[512];
        new HeaderField(0, 12).WriteNumber(more, 50_000);
        new HeaderField(12, 12).WriteNumber(more, 512);
        return
        [
            .. Extension('L', new string('l', 200) + "\0"), .. Extension('K', new string('k', 600) + "\0"), .. Block('2', "link", 0, Gnu),
            .. oldSparse, .. more, .. new byte[1024],
            .. Block('D', "dump", 20, Gnu), .. Padded("Yfile\0"), .. Block('V', "label", 0, Gnu),
            .. Block('0', "big-time", 3, b => HeaderField.Modified.WriteNumber(b, -5)), .. Padded("abc"),
            .. Block('\0', "old/", 0, b => Text(b, HeaderField.Magic, "")), .. new byte[1024],
        ];
    }

    private static byte[] OldSparseArchive() =>
    [
        .. Extension('g', Record("mtime", "1.5") + Record("uname", "all")),
        .. Pax(("GNU.sparse.size", "5000"), ("GNU.sparse.numblocks", "2"), ("GNU.sparse.offset", "0"), ("GNU.sparse.numbytes", "512"),
            ("GNU.sparse.offset", "1024"), ("GNU.sparse.numbytes", "100")),
        .. Block('0', "zero-zero", 612), .. new byte[1024],
        .. Pax(("GNU.sparse.size", "5000"), ("GNU.sparse.numblocks", "2"), ("GNU.sparse.name", "real"), ("GNU.sparse.map", "0,512,1024,100")),
        .. Block('0', "zero-one", 612), .. new byte[1024],
        .. Pax(("LIBARCHIVE.xattr.user.%41", "AAECAw"), ("path", "attributed"), ("size", "1")), .. Block('0', "x"), .. Padded("y"),
        .. Pax(("linkpath", "zero-zero"), ("uid", "3000000")), .. Block('1', "hard", 700), .. new byte[1024],
    ];
}
