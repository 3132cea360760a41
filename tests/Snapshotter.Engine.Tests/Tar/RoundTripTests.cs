using System.Text;
using CsCheck;
using Snapshotter.Engine.Tar;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.Tar;

/// <summary>Whatever an entry holds, what was encoded is read back.</summary>
public class RoundTripTests
{
    private static readonly Gen<byte> Letter = Gen.Byte[(byte)'a', (byte)'z'];
    private static readonly Gen<byte> Printable = Gen.Byte[(byte)'!', (byte)'z'];
    private static readonly Gen<byte> NameByte = Gen.OneOf(Gen.Byte[1, 255], Letter, Gen.Const((byte)'/'));

    private static readonly Gen<byte[]> AnyName = Gen.Frequency(
        (3, Letter.Array[1, 300]),
        (3, Gen.OneOf(Letter, Gen.Const((byte)'/')).Array[90, 270]),
        (2, NameByte.Array[1, 300]),
        (2, Gen.String[Gen.Char['\u0020', '\u2fff'], 1, 120].Select(Encoding.UTF8.GetBytes)))
        .Select(n => n[^1] == '/' ? [.. n, (byte)'x'] : n);

    private static readonly Gen<byte[]> OwnerName = Gen.OneOf(Letter, Gen.Byte[1, 255]).Array[0, 40];

    private static readonly Gen<TarAttribute> Attribute = Gen.Select(
        Gen.OneOf(Printable, Gen.Byte[1, 255]).Array[1, 60], Gen.Byte.Array[0, 600], (n, v) => new TarAttribute(n, v));

    private static readonly Gen<long> Seconds = Gen.OneOf(
        Gen.Long[0, 8_589_934_591], Gen.Long[-1_000_000, 1_000_000], Gen.Long[long.MinValue + 1, long.MaxValue]);

    private static readonly Gen<long> Id = Gen.OneOf(Gen.Long[0, 70_000], Gen.Long[2_097_150, 2_097_154], Gen.Long[0, uint.MaxValue]);

    /// <summary>All runs but the last in whole blocks.</summary>
    private static readonly Gen<(long Size, List<SparseRun> Runs)> SparseFile = Gen.Select(
        Gen.Select(Gen.Long[0, 1L << 30], Gen.Long[1, 40]).List[0, 40], Gen.Long[1, 1 << 20], Gen.Long[0, 1 << 20],
        (parts, last, tail) =>
        {
            var runs = new List<SparseRun>();
            long at = 0;
            foreach (var (gap, blocks) in parts)
            {
                runs.Add(new SparseRun(at + gap, blocks * 512));
                at += gap + (blocks * 512);
            }

            if (runs.Count > 0)
                runs[^1] = new SparseRun(runs[^1].Offset, last);
            return ((runs.Count > 0 ? runs[^1].Offset + last : 0) + tail, runs);
        });

    private static readonly Gen<TypeFlag> Type = Gen.Frequency(
        (3, Gen.Const(TypeFlag.Regular)), (1, Gen.Const(TypeFlag.HardLink)), (1, Gen.Const(TypeFlag.SymbolicLink)),
        (1, Gen.Const(TypeFlag.CharacterDevice)), (1, Gen.Const(TypeFlag.BlockDevice)), (1, Gen.Const(TypeFlag.Directory)),
        (1, Gen.Const(TypeFlag.Fifo)));

    private static readonly Gen<TarEntry> AnyEntry =
        from type in Type
        from name in AnyName
        from link in AnyName
        from owners in Gen.Select(OwnerName, OwnerName)
        from ids in Gen.Select(Id, Id)
        from mode in Gen.Int[0, 0xfff]
        from time in Gen.Select(Seconds, Gen.OneOf(Gen.Const(0), Gen.Int[0, 999_999_999]))
        from device in Gen.Select(Gen.UInt, Gen.UInt)
        from size in Gen.OneOf(Gen.Long[0, 1 << 20], Gen.Long[8_589_934_590, 8_589_934_593], Gen.Long[0, 1L << 50])
        from sparse in Gen.Frequency((3, Gen.Const((Size: 0L, Runs: (List<SparseRun>)null!))), (1, SparseFile))
        from attributes in Gen.Frequency((3, Gen.Const(new List<TarAttribute>())), (1, Attribute.List[1, 20]))
        from acls in Gen.Select(Printable.Array[0, 50], Printable.Array[0, 50])
        select Create(type, name, link, owners, ids, mode, time, device, size, sparse, attributes, acls);

    [Fact]
    public void What_is_encoded_is_read_back()
    {
        Gen.Select(AnyEntry.List[1, 6], Gen.Long[0, 100], Gen.Bool).Sample(
            (entries, firstBlock, align) =>
            {
                var source = new SegmentSource();
                var output = new BlockBuffer(512);
                long at = firstBlock * 512;
                foreach (var entry in entries)
                {
                    output.Clear();
                    TarEncoder.Encode(entry, output, at, align);
                    Assert.Equal(at, entry.HeaderOffset);
                    Assert.Equal(at + output.Length, entry.DataOffset);
                    if (align)
                        Assert.Equal(0, entry.DataOffset % TarLayout.Alignment);
                    source.Put(at, output.Written);
                    at = entry.NextOffset;
                }

                source.Length = at;
                var reader = new TarReader(source, firstBlock * 512, at);
                foreach (var entry in entries)
                {
                    Assert.True(reader.Next());
                    AssertSame(entry, reader.Entry);
                    Assert.Equal(entry.DataOffset - entry.HeaderOffset, reader.HeaderBytes.Length);
                }

                Assert.False(reader.Next());
                Assert.Equal((TarEnd.RangeEnd, at), (reader.End, reader.Position));
            },
            iter: 5_000);
    }

    [Fact]
    public void Python_reads_what_is_encoded()
    {
        Tool.Require("python3");
        using var temp = new TempFolder();

        // Python counts times as floating-point numbers where there is no pax record, and cannot go beyond its datetime.
        var entries = AnyEntry.Where(e => e.Size < 1 << 20 && Math.Abs(e.ModifiedSeconds) < 8_589_934_591).List[300, 300];
        entries.Sample(
            list =>
            {
                var builder = new ArchiveBuilder();
                foreach (var entry in list)
                {
                    byte[] stored = new byte[entry.Sparse?.Sum(r => r.Length) ?? entry.Size];
                    builder.Add(entry, stored, align: entry.Size % 2 == 0);
                }

                byte[] archive = builder.ToArray();
                Assert.Equal(Listing.Read(archive), Listing.ReadWithPython(temp.WriteFile("a.tar", archive)));
            },
            iter: 3, threads: 1);
    }

    [Fact]
    public void Gnu_tar_and_bsdtar_list_what_is_encoded()
    {
        Tool.Require("tar", "bsdtar");
        using var temp = new TempFolder();
        var names = Gen.OneOf(Letter.Array[1, 300], Gen.String[Gen.Char['\u4e00', '\u9f00'], 1, 80].Select(Encoding.UTF8.GetBytes));

        // GNU tar warns of absolute link targets, and of device numbers that its system does not have.
        var entries = AnyEntry.Where(e => e.Size < 1 << 20 && Math.Abs(e.ModifiedSeconds) < 8_589_934_591
            && !e.LinkName.Span.StartsWith("/"u8) && e.DeviceMajor <= int.MaxValue && e.DeviceMinor <= int.MaxValue);
        Gen.Select(entries, names).List[300, 300].Sample(
            list =>
            {
                var builder = new ArchiveBuilder();
                foreach (var (entry, name) in list)
                {
                    entry.Name = name;
                    builder.Add(entry, new byte[entry.Sparse?.Sum(r => r.Length) ?? entry.Size], align: true);
                }

                string path = temp.WriteFile("a.tar", builder.ToArray());
                string[] expected = [.. list.Select(e => Encoding.UTF8.GetString(e.Item2))];
                Assert.Equal(expected, Tool.Run("tar", "--quoting-style=literal", "-tf", path).SucceedsSilently().Lines);
                Assert.Equal(expected, Tool.Run("bsdtar", "-tf", path).Lines.Select(l => l.TrimEnd('/')));
            },
            iter: 3, threads: 1);
    }

    private static TarEntry Create(
        TypeFlag type, byte[] name, byte[] link, (byte[] User, byte[] Group) owners, (long User, long Group) ids, int mode,
        (long Seconds, int Nanoseconds) time, (uint Major, uint Minor) device, long size, (long Size, List<SparseRun> Runs) sparse,
        List<TarAttribute> attributes, (byte[] Access, byte[] Default) acls)
    {
        bool regular = type == TypeFlag.Regular;
        var entry = new TarEntry
        {
            Type = type,
            Name = name,
            LinkName = type is TypeFlag.HardLink or TypeFlag.SymbolicLink ? link : default,
            Mode = mode,
            UserId = ids.User,
            GroupId = ids.Group,
            UserName = owners.User,
            GroupName = owners.Group,
            ModifiedSeconds = time.Seconds,
            ModifiedNanoseconds = time.Nanoseconds,
            Size = !regular ? 0 : sparse.Runs is null ? size : sparse.Size,
            Sparse = regular ? sparse.Runs : null,
            AccessAcl = acls.Access,
            DefaultAcl = acls.Default,
        };
        if (type is TypeFlag.CharacterDevice or TypeFlag.BlockDevice)
            (entry.DeviceMajor, entry.DeviceMinor) = device;
        entry.Attributes.AddRange(attributes);
        return entry;
    }

    private static void AssertSame(TarEntry expected, TarEntry actual)
    {
        Assert.Equal(Describe(expected), Describe(actual));
        Assert.Equal(expected.Sparse, actual.Sparse);
        Assert.Equal(
            expected.Attributes.Select(a => (Listing.Raw(a.Name), Listing.Raw(a.Value))),
            actual.Attributes.Select(a => (Listing.Raw(a.Name), Listing.Raw(a.Value))));
    }

    private static string Describe(TarEntry e) => string.Join(
        '|', e.Type, Listing.Raw(e.Name), Listing.Raw(e.LinkName), e.Mode, e.UserId, e.GroupId, Listing.Raw(e.UserName),
        Listing.Raw(e.GroupName), e.ModifiedSeconds, e.ModifiedNanoseconds, e.DeviceMajor, e.DeviceMinor, e.Size, e.StoredSize,
        e.HeaderOffset, e.DataOffset, e.NextOffset, Listing.Raw(e.AccessAcl), Listing.Raw(e.DefaultAcl));
}
