using System.Text;
using Snapshotter.Engine.Tar;
using Snapshotter.Engine.Tests.Support;
using static Snapshotter.Engine.Tests.Tar.RawHeader;

namespace Snapshotter.Engine.Tests.Tar;

/// <summary>Headers that are broken, contradict each other or ask for too much.</summary>
[OnWindowsToo]
public class HostileHeaderTests
{
    private static readonly byte[] Zeros = new byte[TarLayout.BlockSize];

    // Which entries there are: no other reader should be led to see more or fewer.

    [Fact]
    public void A_pax_size_does_not_count_for_an_extension_header_in_between()
    {
        // Read with the pax size, the long name would take in the hidden entry or leave its own name as one.
        byte[] hidden = Block('0', "hidden");
        byte[] archive = [
            .. Pax(("size", "1024")), .. Extension('L', "visible\0"), .. Block('0', "short"), .. hidden, .. hidden, .. File("last", "x")];
        Assert.Equal([("visible", 1024L), ("last", 1L)], Names(archive));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(512)]
    [InlineData(4096)]
    public void A_pax_size_counts_for_the_file_whatever_its_header_says(long headerSize)
    {
        byte[] hidden = Block('0', "hidden");
        byte[] archive = [.. Pax(("size", "1024")), .. Block('0', "file", headerSize), .. hidden, .. hidden, .. File("last", "x")];
        Assert.Equal([("file", 1024L), ("last", 1L)], Names(archive));
    }

    [Fact]
    public void A_pax_size_does_not_outlive_its_entry()
    {
        byte[] archive = [.. Pax(("size", "512")), .. Block('0', "a"), .. Zeros, .. Block('0', "b"), .. File("c", "x")];
        Assert.Equal([("a", 512L), ("b", 0L), ("c", 1L)], Names(archive));
    }

    [Fact]
    public void Only_the_last_pax_header_of_an_entry_counts()
    {
        byte[] archive = [.. Pax(("size", "512"), ("path", "first")), .. Pax(("comment", "x")), .. Block('0', "a"), .. File("b", "x")];
        Assert.Equal([("a", 0L), ("b", 1L)], Names(archive));
    }

    [Fact]
    public void A_size_for_all_entries_is_refused() =>
        AssertRefused(TarDefect.Malformed, [.. Extension('g', Record("size", "512")), .. File("a", "x")]);

    [Fact]
    public void A_global_header_between_an_extension_and_its_entry_is_refused() =>
        AssertRefused(TarDefect.Malformed, [.. Pax(("path", "a")), .. Extension('g', Record("path", "b")), .. File("c", "x")], 1024);

    [Theory]
    [InlineData('1')]
    [InlineData('2')]
    [InlineData('3')]
    [InlineData('5')]
    [InlineData('6')]
    public void Entries_without_data_do_not_swallow_the_next_one_whatever_size_they_claim(char type)
    {
        byte[] archive = [.. Block(type, "a", 512, b => Text(b, HeaderField.LinkName, "b")), .. File("last", "x")];
        Assert.Equal([("a", 0L), ("last", 1L)], Names(archive));
        archive = [.. Pax(("size", "512")), .. Block(type, "a", 0, b => Text(b, HeaderField.LinkName, "b")), .. File("last", "x")];
        Assert.Equal([("a", 0L), ("last", 1L)], Names(archive));
    }

    [Fact]
    public void Data_of_a_hard_link_is_passed_over_where_it_is()
    {
        byte[] archive = [.. Block('1', "link", 5, b => Text(b, HeaderField.LinkName, "a")), .. Padded("hello"), .. File("last", "x")];
        var reader = new TarReader(new MemorySource(archive));
        Assert.True(reader.Next());
        Assert.Equal((0L, 5L, 1024L), (reader.Entry.Size, reader.Entry.StoredSize, reader.Entry.NextOffset));
        Assert.True(reader.Next());
        Assert.Equal("last", Listing.Raw(reader.Entry.Name));
    }

    [Fact]
    public void Data_of_an_unknown_type_is_passed_over_and_the_type_shown()
    {
        byte[] archive = [.. Block('Z', "odd", 600), .. Zeros, .. Zeros, .. File("last", "x")];
        var reader = new TarReader(new MemorySource(archive));
        Assert.True(reader.Next());
        Assert.Equal(((TypeFlag)'Z', 600L, 1536L), (reader.Entry.Type, reader.Entry.Size, reader.Entry.NextOffset));
        Assert.True(reader.Next());
    }

    [Theory]
    [InlineData("a/", '\0')]
    [InlineData("a/", '0')]
    [InlineData("a//", '5')]
    public void A_slash_makes_a_directory_and_is_taken_off(string name, char type) =>
        Assert.Equal([('5', "a")], Read(Block(type, name)).Select(e => (e.Type, e.Name)));

    [Fact]
    public void Names_are_passed_on_as_they_are()
    {
        string[] names = ["../x", "/etc/passwd", "a/../../b", "C:../x", "a\\b", "a//b", " ", "."];
        Assert.Equal(names, Read([.. names.SelectMany(n => Block('0', n))]).Select(e => e.Name));
    }

    // Where the archive ends.

    [Theory]
    [InlineData(1024, TarEnd.Marker)]
    [InlineData(10240, TarEnd.Marker)]
    [InlineData(512, TarEnd.LoneZeroBlock)]
    [InlineData(0, TarEnd.NoMarker)]
    public void The_end_is_told_by_what_stands_there(int zeros, object end)
    {
        var reader = new TarReader(new MemorySource((byte[])[.. File("a", "x"), .. new byte[zeros]]));
        Assert.True(reader.Next());
        Assert.Equal(TarEnd.None, reader.End);
        Assert.False(reader.Next());
        Assert.Equal(((TarEnd)end, 1024), (reader.End, reader.Position));
        Assert.False(reader.Next());
    }

    [Fact]
    public void A_lone_zero_block_ends_the_archive()
    {
        var reader = new TarReader(new MemorySource((byte[])[.. File("a", "x"), .. Zeros, .. File("b", "x")]));
        Assert.True(reader.Next());
        Assert.False(reader.Next());
        Assert.Equal((TarEnd.LoneZeroBlock, 1024), (reader.End, reader.Position));
    }

    [Fact]
    public void A_range_is_read_by_itself()
    {
        byte[] archive = [.. File("a", "x"), .. File("b", "x"), .. File("c", "x"), .. Zeros, .. Zeros];
        var reader = new TarReader(new MemorySource(archive), 1024, 2048);
        Assert.True(reader.Next());
        Assert.Equal("b", Listing.Raw(reader.Entry.Name));
        Assert.False(reader.Next());
        Assert.Equal((TarEnd.RangeEnd, 2048), (reader.End, reader.Position));

        var cut = new TarReader(new MemorySource(archive), 1024, 1536);
        Assert.Equal(TarDefect.Truncated, Assert.Throws<TarFormatException>(() => cut.Next()).Defect);
    }

    [Fact]
    public void A_global_header_before_the_end_belongs_to_no_entry()
    {
        byte[] global = Extension('g', Record("comment", "x"));
        var reader = new TarReader(new MemorySource((byte[])[.. global, .. Zeros, .. Zeros]));
        Assert.False(reader.Next());
        Assert.Equal((TarEnd.Marker, 1024), (reader.End, reader.Position));
    }

    [Fact]
    public void Every_cut_through_an_archive_is_noticed()
    {
        byte[] archive = [.. Pax(("path", "name")), .. File("a", "hello"), .. Extension('L', "long\0"), .. File("b", "x")];
        for (int length = 1; length < archive.Length; length++)
        {
            // Between the entries lies the only boundary where nothing is missing.
            if (length == 2048)
                continue;
            var error = Assert.Throws<TarFormatException>(() => Read(archive[..length], endMarker: false));
            Assert.Equal(length < 512 ? TarDefect.NotTar : TarDefect.Truncated, error.Defect);
        }
    }

    [Fact]
    public void A_cut_entry_is_named_with_its_offset()
    {
        byte[] archive = [.. File("first", "x"), .. Block('0', "sécond", 2000)];
        var error = AssertRefused(TarDefect.Truncated, archive, 1024, endMarker: false);
        Assert.Equal("s\ufffdcond", error.EntryName);
    }

    [Theory]
    [InlineData('x')]
    [InlineData('L')]
    [InlineData('K')]
    public void An_extension_without_an_entry_is_refused(char type) =>
        AssertRefused(TarDefect.Malformed, Extension(type, Record("path", "a")), 1024);

    // What is no header.

    [Theory]
    [InlineData("\u001f\u008b\u0008")]
    [InlineData("PK\u0003\u0004")]
    [InlineData("just text")]
    public void Other_files_are_told_from_archives(string start)
    {
        AssertRefused(TarDefect.NotTar, Encoding.Latin1.GetBytes(start.PadRight(2000, 'x')));
        AssertRefused(TarDefect.NotTar, Encoding.Latin1.GetBytes(start), endMarker: false);
    }

    [Fact]
    public void A_checksum_that_does_not_fit_is_refused()
    {
        byte[] archive = [.. File("a", "x"), .. File("b", "x")];
        foreach (int header in new[] { 0, 1024 })
        {
            for (int i = 0; i < 512; i++)
            {
                byte[] changed = [.. archive];
                changed[header + i] ^= 1;

                // Spaces and NULs behind the checksum's digits are all one.
                var defect = i is >= 257 and < 262 && header == 0 ? TarDefect.NotTar : TarDefect.BadChecksum;
                if (i is not (154 or 155))
                    AssertRefused(defect, changed, header);
            }
        }
    }

    [Fact]
    public void A_checksum_of_signed_bytes_is_accepted()
    {
        byte[] block = Block('0', "\u00ff\u00fe\u0080name");
        int sum = 8 * ' ';
        for (int i = 0; i < block.Length; i++)
            sum += i is >= 148 and < 156 ? 0 : (sbyte)block[i];
        Text(block, HeaderField.Checksum, Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ");

        Assert.True(TarBlock.IsValidHeader(block));
        Assert.Equal("\u00ff\u00fe\u0080name", Assert.Single(Read(block)).Name);
    }

    // Numbers.

    [Theory]
    [InlineData("00000000010\0", 8)]
    [InlineData("         10 ", 8)]
    [InlineData("10\0\0\0\0\0\0\0\0\0\0", 8)]
    [InlineData("000000000010", 8)]
    [InlineData("\0\0\0\0\0\0\0\0\0\0\0\0", 0)]
    [InlineData("            ", 0)]
    [InlineData("10 \0garbage\0", 8)]
    [InlineData("\u0080\0\0\0\0\0\0\0\0\0\0\u0008", 8)]
    public void Sizes_are_read_in_every_spelling(string field, long size)
    {
        byte[] archive = [.. Block('0', "a", 0, b => Text(b, HeaderField.Size, field)), .. new byte[size > 0 ? 512 : 0]];
        Assert.Equal(size, Assert.Single(Read(archive)).Size);
    }

    [Theory]
    [InlineData("0000000001x\0", TarDefect.Malformed)]
    [InlineData("-0000000010\0", TarDefect.Malformed)]
    [InlineData("00000000080\0", TarDefect.Malformed)]
    [InlineData("10 10\0\0\0\0\0\0\0", TarDefect.Malformed)]
    [InlineData("\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff", TarDefect.Malformed)]
    [InlineData("\u0080\0\0\u0001\0\0\0\0\0\0\0\0", TarDefect.Malformed)]
    [InlineData("\u0080\0\0\0\u0080\0\0\0\0\0\0\0", TarDefect.Malformed)]
    [InlineData("\u0080\0\0\0\u007f\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff", TarDefect.Truncated)]
    [InlineData("\u0080\0\0\0\u007f\u00ff\u00ff\u00ff\u00ff\u00ff\u00fc\0", TarDefect.Truncated)]
    [InlineData("777777777777", TarDefect.Truncated)]
    public void Sizes_that_cannot_be_are_refused(string field, object defect) =>
        AssertRefused((TarDefect)defect, Block('0', "a", 0, b => Text(b, HeaderField.Size, field)));

    [Theory]
    [InlineData(-1)]
    [InlineData(-62_135_596_800)]
    [InlineData(8_589_934_592)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    public void Times_are_read_in_base_256(long seconds) =>
        Assert.Equal(seconds, Assert.Single(Read(Block('0', "a", 0, b => HeaderField.Modified.WriteNumber(b, seconds)))).Seconds);

    [Theory]
    [InlineData("1", 1, 0)]
    [InlineData("1.", 1, 0)]
    [InlineData("1.5", 1, 500_000_000)]
    [InlineData("1.123456789999", 1, 123_456_789)]
    [InlineData("-1", -1, 0)]
    [InlineData("-1.25", -2, 750_000_000)]
    [InlineData("-0.5", -1, 500_000_000)]
    [InlineData("-0", 0, 0)]
    [InlineData("9223372036854775807.999999999", long.MaxValue, 999_999_999)]
    [InlineData("-9223372036854775807.5", long.MinValue, 500_000_000)]
    public void Pax_times_are_read_to_the_nanosecond(string text, long seconds, int nanoseconds)
    {
        var entry = Assert.Single(Read([.. Pax(("mtime", text)), .. Block('0', "a")]));
        Assert.Equal((seconds, nanoseconds), (entry.Seconds, entry.Nanoseconds));
    }

    // Pax records.

    [Theory]
    [InlineData("")]
    [InlineData("6 a=b\n6 a=b\n\0")]
    public void Bodies_without_records_or_with_rubbish_behind(string body)
    {
        byte[] archive = [.. Extension('x', body), .. Block('0', "a")];
        if (body.Length == 0)
            Assert.Single(Read(archive));
        else
            AssertRefused(TarDefect.Malformed, archive);
    }

    [Theory]
    [InlineData("7 a=b\n")]
    [InlineData("5 a=b\n")]
    [InlineData("6 a b\n")]
    [InlineData("6 a=bc")]
    [InlineData("5 =b\n")]
    [InlineData("0 a=b\n")]
    [InlineData("-6 a=b\n")]
    [InlineData("+6 a=b\n")]
    [InlineData(" 6 a=b\n")]
    [InlineData("6a=bcd\n")]
    [InlineData("x a=b\n")]
    [InlineData("a=b\n")]
    [InlineData("2 \n")]
    [InlineData("99999999999999999999999 a=b\n")]
    [InlineData("4294967302 a=b\n")]
    [InlineData("8 \0k=ab\n")]
    [InlineData("12 path=a\0b\n")]
    [InlineData("16 linkpath=a\0b\n")]
    [InlineData("13 uname=a\0b\n")]
    [InlineData("13 gname=a\0b\n")]
    [InlineData("10 size=x\n")]
    [InlineData("11 size=-1\n")]
    [InlineData("29 size=9223372036854775808\n")]
    [InlineData("11 size= 1\n")]
    [InlineData("10 uid=-1\n")]
    [InlineData("11 mtime=x\n")]
    [InlineData("13 mtime=1.x\n")]
    [InlineData("12 mtime=.5\n")]
    [InlineData("13 mtime=--1\n")]
    [InlineData("14 mtime=1e10\n")]
    [InlineData("33 LIBARCHIVE.xattr.user.a=%%%%\n")]
    public void Records_that_are_not_well_formed_are_refused(string body) =>
        AssertRefused(TarDefect.Malformed, [.. Extension('x', body), .. Block('0', "a")]);

    [Fact]
    public void Unknown_keys_are_passed_over_and_empty_values_take_back()
    {
        byte[] archive = [.. Pax(("path", "x"), ("size", "5"), ("path", ""), ("size", ""), ("SCHILY.nlink", "2"), ("a", "=\n\0")), .. Block('0', "a")];
        Assert.Equal([("a", 0L)], Names(archive));
    }

    // What asks for too much.

    [Theory]
    [InlineData('x', TarLayout.MaxPaxBody + 1, TarDefect.TooLarge)]
    [InlineData('g', TarLayout.MaxPaxBody + 1, TarDefect.TooLarge)]
    [InlineData('X', TarLayout.MaxPaxBody + 1, TarDefect.TooLarge)]
    [InlineData('L', TarLayout.MaxName + 1, TarDefect.TooLarge)]
    [InlineData('K', TarLayout.MaxName + 1, TarDefect.TooLarge)]
    [InlineData('x', long.MaxValue, TarDefect.TooLarge)]
    [InlineData('L', long.MaxValue, TarDefect.TooLarge)]
    [InlineData('x', -1, TarDefect.Malformed)]
    [InlineData('L', -1, TarDefect.Malformed)]
    [InlineData('x', TarLayout.MaxPaxBody, TarDefect.Truncated)]
    [InlineData('L', TarLayout.MaxName, TarDefect.Truncated)]
    public void Large_extension_headers_are_refused_before_memory_is_taken(char type, long size, object defect)
    {
        byte[] archive = [.. Block(type, "a", size), .. new byte[4096]];
        long before = GC.GetAllocatedBytesForCurrentThread();
        AssertRefused((TarDefect)defect, archive);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 256 * 1024);
    }

    [Fact]
    public void A_name_in_a_record_is_bounded_like_any_other() =>
        AssertRefused(TarDefect.TooLarge, [.. Pax(("path", new string('a', TarLayout.MaxName + 1))), .. Block('0', "a")]);

    [Fact]
    public void Extension_headers_without_end_are_refused()
    {
        // Each is within its bound; together they are not.
        byte[] one = Extension('x', Record("comment", new string('x', TarLayout.MaxPaxBody - 100)));
        var source = new SegmentSource();
        for (int i = 0; i < 20; i++)
            source.Put(source.Length, one);
        var reader = new TarReader(source);
        Assert.Equal(TarDefect.TooLarge, Assert.Throws<TarFormatException>(() => reader.Next()).Defect);
    }

    // Sparse maps.

    [Theory]
    [InlineData("0,512", 512, 512, null)]
    [InlineData("0,0,512,512,1024,0", 1024, 512, null)]
    [InlineData("0,512,256,512", 4096, 1024, TarDefect.Malformed)]
    [InlineData("1024,512,0,512", 4096, 1024, TarDefect.Malformed)]
    [InlineData("512,512", 1023, 512, TarDefect.Malformed)]
    [InlineData("0,512", 4096, 0, TarDefect.Malformed)]
    [InlineData("0,512", 4096, 1024, TarDefect.Malformed)]
    [InlineData("9223372036854775807,1", long.MaxValue, 1, TarDefect.Malformed)]
    [InlineData("1,9223372036854775807", long.MaxValue, 1, TarDefect.Malformed)]
    [InlineData("9223372036854775807,0", 1, 0, TarDefect.Malformed)]
    [InlineData("0,-1", 4096, 0, TarDefect.Malformed)]
    [InlineData("0,x", 4096, 0, TarDefect.Malformed)]
    [InlineData("0,,0", 4096, 0, TarDefect.Malformed)]
    public void Sparse_maps_must_be_possible(string map, long realSize, int stored, object? defect)
    {
        string[] numbers = map.Split(',');
        string count = (numbers.Length / 2).ToString();
        byte[] data = [.. new byte[TarLayout.RoundUp(stored)], .. Zeros, .. Zeros];
        string text = $"{count}\n{string.Concat(numbers.Select(n => n + "\n"))}";
        var steps = numbers.Select((n, i) => (i % 2 == 0 ? "GNU.sparse.offset" : "GNU.sparse.numbytes", n));
        byte[][] archives =
        [
            [.. Pax(("GNU.sparse.size", $"{realSize}"), ("GNU.sparse.numblocks", count), ("GNU.sparse.map", map)), .. Block('0', "a", stored), .. data],
            [.. Pax([("GNU.sparse.size", $"{realSize}"), .. steps]), .. Block('0', "a", stored), .. data],
            [.. Pax(("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.realsize", $"{realSize}")),
                .. Block('0', "a", stored + 512), .. Padded(text), .. data],
        ];
        foreach (byte[] archive in archives)
        {
            if (defect is null)
                Assert.Equal([("a", realSize)], Names(archive));
            else
                Assert.Equal(defect, Assert.Throws<TarFormatException>(() => Scan(archive)).Defect);
        }
    }

    [Theory]
    [InlineData("1", "0", "1048577\n", TarDefect.TooLarge)]
    [InlineData("1", "0", "9223372036854775807\n", TarDefect.TooLarge)]
    [InlineData("1", "0", "2\n0\n512\n", TarDefect.Malformed)]
    [InlineData("1", "0", "00000000000000000000000000000001\n", TarDefect.Malformed)]
    [InlineData("1", "0", "", TarDefect.Malformed)]
    [InlineData("1", "0", "\n", TarDefect.Malformed)]
    [InlineData("1", "1", "0\n", TarDefect.Unsupported)]
    [InlineData("2", "0", "0\n", TarDefect.Unsupported)]
    public void Maps_in_the_data_must_be_whole(string major, string minor, string map, object defect)
    {
        byte[] pax = Pax(("GNU.sparse.major", major), ("GNU.sparse.minor", minor), ("GNU.sparse.realsize", "0"));
        AssertRefused((TarDefect)defect, [.. pax, .. Block('0', "a", 512), .. Padded(map.PadRight(512, '\0'))]);
    }

    [Fact]
    public void A_map_that_is_longer_than_its_entry_is_refused()
    {
        byte[] pax = Pax(("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.realsize", "9"));
        AssertRefused(TarDefect.Malformed, [.. pax, .. Block('0', "a", 3), .. Padded("0\n0"), .. File("b", "x")]);
    }

    [Theory]
    [InlineData("2", "0,512")]
    [InlineData("1", "0")]
    [InlineData("1", "")]
    public void A_map_has_as_many_runs_as_it_says(string count, string map) => AssertRefused(
        TarDefect.Malformed,
        [.. Pax(("GNU.sparse.size", "1024"), ("GNU.sparse.numblocks", count), ("GNU.sparse.map", map)), .. Block('0', "a", 512), .. Zeros]);

    [Fact]
    public void Too_many_runs_are_refused()
    {
        var map = new StringBuilder();
        for (int i = 0; i <= TarLayout.MaxSparseRuns; i++)
            map.Append("0,0,");
        map.Length--;
        AssertRefused(TarDefect.TooLarge, [.. Pax(("GNU.sparse.size", "0"), ("GNU.sparse.map", map.ToString())), .. Block('0', "a")]);
    }

    [Fact]
    public void Only_regular_files_are_sparse() => AssertRefused(
        TarDefect.Malformed, [.. Pax(("GNU.sparse.size", "0"), ("GNU.sparse.map", "")), .. Block('5', "a")]);

    [Fact]
    public void Old_sparse_headers_in_another_format_than_GNUs_are_refused() =>
        AssertRefused(TarDefect.Unsupported, Block('S', "a"));

    [Fact]
    public void A_chain_of_sparse_blocks_without_end_is_refused()
    {
        byte[] header = Block('S', "a", 0, b =>
        {
            Gnu(b);
            b[HeaderField.GnuSparseExtendedOffset] = 1;
        });
        byte[] chain = new byte[1 << 20];
        for (int i = 0; i < chain.Length; i += 512)
            chain[i + HeaderField.GnuExtensionExtendedOffset] = 1;
        var source = new SegmentSource();
        source.Put(0, header);
        for (int i = 0; i < 80; i++)
            source.Put(512 + ((long)i << 20), chain);
        var reader = new TarReader(source);
        Assert.Equal(TarDefect.TooLarge, Assert.Throws<TarFormatException>(() => reader.Next()).Defect);
    }

    private static List<ListedEntry> Read(byte[] archive, bool endMarker = true) =>
        Listing.Read(endMarker ? [.. archive, .. Zeros, .. Zeros] : archive);

    private static List<(string, long)> Names(byte[] archive)
    {
        List<(string, long)> names = [];
        var reader = new TarReader(new MemorySource((byte[])[.. archive, .. Zeros, .. Zeros]));
        while (reader.Next())
            names.Add((Listing.Raw(reader.Entry.Name), reader.Entry.Size));
        return names;
    }

    private static void Scan(byte[] archive)
    {
        var reader = new TarReader(new MemorySource(archive));
        while (reader.Next())
        {
        }
    }

    private static TarFormatException AssertRefused(TarDefect defect, byte[] archive, long offset = 0, bool endMarker = true)
    {
        var error = Assert.Throws<TarFormatException>(() => Scan(endMarker ? [.. archive, .. Zeros, .. Zeros] : archive));
        Assert.Equal(defect, error.Defect);
        if (offset > 0)
            Assert.Equal(offset, error.Offset);
        return error;
    }
}
