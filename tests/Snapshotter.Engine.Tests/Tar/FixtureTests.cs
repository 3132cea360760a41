using System.Security.Cryptography;
using Snapshotter.Engine.Tar;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.Tar;

/// <summary>Archives of other projects' test suites, with the results those suites expect.</summary>
public class FixtureTests
{
    private const string HundredNumbers =
        "123456789101112131415161718192021222324252627282930313233343536373839404142434445464748495051525354555657585960"
        + "616263646566676869707172737475767778798081828384858687888990919293949596979899100";

    [Theory]
    [InlineData("v7")]
    [InlineData("ustar")]
    [InlineData("oldgnu")]
    [InlineData("gnu")]
    [InlineData("pax")]
    [InlineData("pax_gea")]
    public void Archives_of_every_format_read_as_Python_reads_them(string format)
    {
        string[] paths = [.. Fixture.All(format)];
        byte[][] archives = [.. paths.Select(File.ReadAllBytes)];
        Assert.Equal(Listing.ReadWithPython(paths), archives.SelectMany(Listing.Read));
        Assert.All(archives, AssertEndsWithMarker);
    }

    [Theory]
    [InlineData("gnu.tar", "small.txt|0|640|73025|5000|5|1244428340.0", "small2.txt|0|640|73025|5000|11|1244436044.0")]
    [InlineData("star.tar", "small.txt|0|640|73025|5000|5|1244592783.0", "small2.txt|0|640|73025|5000|11|1244592783.0")]
    [InlineData("v7.tar", "small.txt|0|444|73025|5000|5|1244593104.0", "small2.txt|0|444|73025|5000|11|1244593104.0")]
    [InlineData(
        "sparse-formats.tar",
        "sparse-gnu|0|644|1000|1000|200|1392395740.0",
        "sparse-posix-0.0|0|644|1000|1000|200|1392342187.0",
        "sparse-posix-0.1|0|644|1000|1000|200|1392340456.0",
        "sparse-posix-1.0|0|644|1000|1000|200|1392337404.0",
        "end|0|644|1000|1000|4|1392398319.0")]
    [InlineData(
        "pax.tar",
        "a/" + HundredNumbers + "|0|664|1000|1000|7|1350244992.23960108",
        "a/b|2|777|1000|1000|0|1350266320.910238425|" + HundredNumbers)]
    [InlineData("pax-pos-size-file.tar", "foo|0|640|319973|5000|999|1442282516.0")]
    [InlineData("nil-uid.tar", "P1050238.JPG.log|0|664|0|0|14|1365454838.0")]
    [InlineData("gnu-multi-hdrs.tar", "GNU2/GNU2/long-path-name|2|0|0|0|0|0.0|GNU4/GNU4/long-linkpath-name")]
    [InlineData("pax-multi-hdrs.tar", "bar|2|0|0|0|0|0.0|PAX4/PAX4/long-linkpath-name")]
    [InlineData(
        "gnu-incremental.tar",
        "test2|5|755|1000|1000|0|1441973427.0",
        "test2/foo|0|644|1000|1000|64|1441973363.0",
        "test2/sparse|0|644|1000|1000|536870912|1441973427.0")]
    [InlineData("gnu-long-nul.tar", "0123456789|0|644|1000|1000|0|1486082191.0")]
    [InlineData(
        "invalid-go17.tar",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/foo|0|0|2097152|0|0|0.0")]
    [InlineData("gnu-nil-sparse-hole.tar", "sparse.db|0|0|0|0|1000|0.0")]
    [InlineData("pax-nil-sparse-data.tar", "sparse.db|0|0|0|0|1000|0.0")]
    [InlineData("pax-sparse-big.tar", "pax-sparse|0|0|0|0|60000000000|0.0")]
    [InlineData("file-and-dir.tar", "small.txt|0|0|0|0|5|0.0", "dir|5|0|0|0|0|0.0")]
    [InlineData("gnu-not-utf8.tar", "hi\u0080\u0081\u0082\u0083bye|0|644|1000|1000|0|0.0")]
    public void Gos_archives_read_as_its_tests_expect(string file, params string[] entries)
    {
        if (Fixture.Bytes("golang_tar/" + file) is { } archive)
            Assert.Equal(entries, Listing.Read(archive).Select(Describe));
    }

    [Fact]
    public void Sparse_files_of_all_formats_have_the_same_content()
    {
        if (Fixture.Bytes("golang_tar/sparse-formats.tar") is not { } archive)
            return;

        var reader = new TarReader(new MemorySource(archive));
        for (int i = 0; i < 4; i++)
        {
            Assert.True(reader.Next());
            Assert.Equal("6F53234398C2449FE67C1812D993012F", Convert.ToHexString(Md5(Listing.Content(archive, reader.Entry))));
        }
    }

    [Fact]
    public void Attributes_are_read_with_all_their_bytes()
    {
        if (Fixture.Bytes("golang_tar/xattrs.tar") is not { } archive)
            return;

        var reader = new TarReader(new MemorySource(archive));
        Assert.True(reader.Next());
        Assert.Equal(
            ["security.selinux=unconfined_u:object_r:default_t:s0\0", "user.key2=value2", "user.key=value"],
            reader.Entry.Attributes.Select(a => $"{Listing.Raw(a.Name)}={Listing.Raw(a.Value)}").Order(StringComparer.Ordinal));
        Assert.True(reader.Next());
        Assert.Single(reader.Entry.Attributes);
    }

    [Fact]
    public void Devices_and_entries_with_a_size_but_no_data_are_read()
    {
        if (Fixture.Path("golang_tar/hdr-only.tar") is not { } path)
            return;

        byte[] archive = File.ReadAllBytes(path);
        Assert.Equal(Listing.ReadWithPython(path), Listing.Read(archive));
        var reader = new TarReader(new MemorySource(archive));
        while (reader.Next() && Listing.Raw(reader.Entry.Name) != "sda")
        {
        }

        Assert.Equal((TypeFlag.BlockDevice, 8u, 0u), (reader.Entry.Type, reader.Entry.DeviceMajor, reader.Entry.DeviceMinor));
        AssertEndsWithMarker(archive);
    }

    [Fact]
    public void A_global_header_sets_what_later_entries_do_not()
    {
        if (Fixture.Bytes("golang_tar/pax-global-records.tar") is { } archive)
        {
            Assert.Equal(
                ["global1|1500000000", "file2|1500000000", "file3|1500000000", "file4|1400000000"],
                Listing.Read(archive).Select(e => $"{e.Name}|{e.Seconds}"));
        }
    }

    [Theory]
    [InlineData("issue10968.tar", TarDefect.Malformed)]
    [InlineData("issue11169.tar", TarDefect.Truncated)]
    [InlineData("issue12435.tar", TarDefect.Malformed)]
    [InlineData("neg-size.tar", TarDefect.Malformed)]
    [InlineData("pax-bad-hdr-file.tar", TarDefect.Malformed)]
    [InlineData("pax-bad-mtime-file.tar", TarDefect.Malformed)]
    [InlineData("pax-nul-path.tar", TarDefect.Malformed)]
    [InlineData("pax-nul-xattrs.tar", TarDefect.Malformed)]
    [InlineData("pax-path-hdr.tar", TarDefect.Truncated)]
    [InlineData("writer-big.tar", TarDefect.Truncated)]
    [InlineData("writer-big-long.tar", TarDefect.Truncated)]
    public void Gos_malformed_archives_are_refused_for_what_is_wrong(string file, object defect)
    {
        if (Fixture.Bytes("golang_tar/" + file) is { } archive)
            Assert.Equal(defect, Assert.Throws<TarFormatException>(() => Listing.Read(archive)).Defect);
    }

    private static string Describe(ListedEntry e)
    {
        string link = e.LinkName.Length > 0 ? "|" + e.LinkName : "";
        return $"{e.Name}|{e.Type}|{Convert.ToString(e.Mode, 8)}|{e.UserId}|{e.GroupId}|{e.Size}|{e.Seconds}.{e.Nanoseconds}{link}";
    }

    private static void AssertEndsWithMarker(byte[] archive)
    {
        var reader = new TarReader(new MemorySource(archive));
        while (reader.Next())
        {
        }

        Assert.Equal(TarEnd.Marker, reader.End);
        Assert.True(TarBlock.IsZero(archive.AsSpan((int)reader.Position)));
    }

#pragma warning disable CA5351 // The sums are given as MD5.
    private static byte[] Md5(byte[] content) => MD5.HashData(content);
#pragma warning restore CA5351
}
