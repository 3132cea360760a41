using System.Formats.Tar;
using System.Text;
using Snapshotter.Engine.Tar;
using Snapshotter.Engine.Tests.Support;
using TarReader = Snapshotter.Engine.Tar.TarReader;

namespace Snapshotter.Engine.Tests.Tar;

/// <summary>What other tars write, this reader reads: compared with the folder that was packed.</summary>
public class ForeignArchiveTests
{
    /// <summary>Names, times and kinds of file that fit in every format there is.</summary>
    private const string PlainTree = """
        mkdir -p dir/sub/empty
        printf hello > dir/file; : > dir/nothing; head -c 100000 /dev/urandom > dir/sub/large
        ln -s ../target dir/link; ln dir/file dir/sub/hard
        chmod 640 dir/file; chmod 700 dir/sub; chmod 4755 dir/nothing
        touch -h -d @1234567890 dir/link; touch -d @1 dir/sub/empty
        """;

    /// <summary>What needs one extension or another.</summary>
    private const string RichTree = PlainTree + "\n" + """
        long=$(printf 'n%.0s' $(seq 1 120)); deep=$(printf '%s/' $long $long $long)
        mkdir -p "$deep"; printf x > "$deep/$long"; ln -s "$deep$deep" dir/longlink; ln "$deep/$long" dir/hard2
        printf y > "dir/grüße"; printf z > $'dir/line\nbreak'; printf r > $'dir/raw\xff\xfe'; printf '%s' $'a=b%' > 'dir/a=b%'
        mkfifo dir/fifo
        touch -d @1700000000.123456789 dir/file; touch -d @-86400.5 dir/nothing; touch -d @9000000000 dir/sub/large
        """;

    /// <summary>Holes at the start, in the middle and at the end; more than the 25 runs that fit without a second extension block.</summary>
    private const string SparseTree = """
        truncate -s 1M hole
        truncate -s 2M middle; printf data | dd of=middle bs=1 seek=1M conv=notrunc status=none
        truncate -s 10000001 end; printf end | dd of=end bs=1 seek=9999998 conv=notrunc status=none
        truncate -s 64M many
        for i in $(seq 1 60); do printf "run $i" | dd of=many bs=1 seek=${i}M conv=notrunc status=none; done
        """;

    [Theory]
    [InlineData("v7")]
    [InlineData("ustar")]
    [InlineData("oldgnu")]
    [InlineData("gnu")]
    [InlineData("posix")]
    public void Gnu_tar_with_files_of_every_kind(string format) =>
        AssertReadsTree(PlainTree, seconds: format != "posix", "tar", "--format=" + format);

    [Theory]
    [InlineData("v7")]
    [InlineData("ustar")]
    [InlineData("gnutar")]
    [InlineData("pax")]
    public void Bsdtar_with_files_of_every_kind(string format) =>
        AssertReadsTree(PlainTree, seconds: format != "pax", "bsdtar", "--format=" + format);

    [Theory]
    [InlineData("oldgnu")]
    [InlineData("gnu")]
    [InlineData("posix")]
    public void Gnu_tar_with_names_and_times_beyond_ustar(string format) =>
        AssertReadsTree(RichTree, seconds: format != "posix", "tar", "--format=" + format);

    [Theory]
    [InlineData("gnutar")]
    [InlineData("pax")]
    public void Bsdtar_with_names_and_times_beyond_ustar(string format)
    {
        // In GNU format libarchive caps times at 2242; in pax it writes those before 1970 with the fraction's sign reversed.
        string times = format == "pax" ? "touch -d @-86400 dir/nothing" : "touch -d @0 dir/nothing dir/sub/large";
        AssertReadsTree(RichTree + "\n" + times, seconds: format != "pax", "bsdtar", "--format=" + format);
    }

    [Theory]
    [InlineData("tar", "--format=oldgnu")]
    [InlineData("tar", "--format=gnu")]
    [InlineData("tar", "--format=posix", "--sparse-version=0.0")]
    [InlineData("tar", "--format=posix", "--sparse-version=0.1")]
    [InlineData("tar", "--format=posix", "--sparse-version=1.0")]
    [InlineData("bsdtar", "--format=pax")]
    public void Sparse_files_in_every_format(string tool, params string[] options) =>
        AssertReadsTree(SparseTree, seconds: !options.Contains("--format=posix") && tool == "tar", tool, tool == "tar" ? [.. options, "--sparse"] : options);

    [Theory]
    [InlineData("USTAR_FORMAT")]
    [InlineData("GNU_FORMAT")]
    [InlineData("PAX_FORMAT")]
    public void Python_with_files_of_every_kind(string format)
    {
        using var temp = new TempFolder();
        string tree = temp.CreateFolder("tree"), archive = temp["a.tar"];
        Tool.Bash(tree, format == "USTAR_FORMAT" ? PlainTree : RichTree).Succeeds();
        Tool.Python(
            tree, "import sys, tarfile; t = tarfile.open(sys.argv[1], 'w', format=getattr(tarfile, sys.argv[2])); t.add('.'); t.close()",
            archive, format).Succeeds();

        // Python keeps times as floating-point numbers.
        AssertSame(Listing.ReadFolder(tree), Listing.AsFolder(Listing.Read(File.ReadAllBytes(archive))), seconds: true);
    }

    [Theory]
    [InlineData(TarEntryFormat.V7)]
    [InlineData(TarEntryFormat.Ustar)]
    [InlineData(TarEntryFormat.Gnu)]
    [InlineData(TarEntryFormat.Pax)]
    public void Dotnet_with_files_of_every_kind(TarEntryFormat format)
    {
        using var temp = new TempFolder();
        string tree = temp.CreateFolder("tree"), archive = temp["a.tar"];
        Tool.Bash(tree, PlainTree).Succeeds();
        using (var writer = new TarWriter(File.Create(archive), format))
        {
            foreach (string path in Directory.EnumerateFileSystemEntries(tree, "*", SearchOption.AllDirectories))
                writer.WriteEntry(path, Path.GetRelativePath(tree, path));
        }

        AssertSame(Listing.ReadFolder(tree), Listing.AsFolder(Listing.Read(File.ReadAllBytes(archive))), seconds: true);
    }

    [Theory]
    [InlineData("tar", "--format=posix", "--xattrs")]
    [InlineData("bsdtar", "--format=pax", "--xattrs")]
    [InlineData("bsdtar", "--format=pax", "--xattrs", "--options=pax:xattrheader=LIBARCHIVE")]
    public void Extended_attributes(string tool, params string[] options)
    {
        using var temp = new TempFolder();
        string file = temp.WriteFile("tree/file", "x");
        if (!ExtendedAttributes.Set(file, "user.plain", "value"u8) || !ExtendedAttributes.Set(file, "user.bin%=ary", [0, 10, 61, 255]))
            Assert.Fail($"The file system of {temp.Path} has no extended attributes.");
        Tool.RunIn(temp["tree"], tool, [.. options, "-cf", temp["a.tar"], "file"]).Succeeds();

        var reader = new TarReader(new MemorySource(File.ReadAllBytes(temp["a.tar"])));
        Assert.True(reader.Next());

        var attributes = reader.Entry.Attributes.ToDictionary(a => Listing.Raw(a.Name), a => a.Value.ToArray());
        Assert.Equal("value"u8.ToArray(), attributes["user.plain"]);
        Assert.EndsWith("\0\n=\u00ff", Encoding.Latin1.GetString(attributes["user.bin%=ary"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Access_control_lists()
    {
        using var temp = new TempFolder();
        temp.CreateFolder("dir");
        Tool.RunIn(temp.Path, "setfacl", "-m", "u:1234:rw", "dir").Succeeds();
        Tool.RunIn(temp.Path, "setfacl", "-d", "-m", "g:4321:rx", "dir").Succeeds();
        Tool.RunIn(temp.Path, "tar", "--format=posix", "--acls", "-cf", "a.tar", "dir").Succeeds();

        var reader = new TarReader(new MemorySource(File.ReadAllBytes(temp["a.tar"])));
        Assert.True(reader.Next());
        Assert.Contains("user:1234:rw-", Listing.Raw(reader.Entry.AccessAcl), StringComparison.Ordinal);
        Assert.Contains("group:4321:r-x", Listing.Raw(reader.Entry.DefaultAcl), StringComparison.Ordinal);
    }

    [Fact]
    public void A_volume_label_is_an_entry_without_a_file()
    {
        using var temp = new TempFolder();
        temp.WriteFile("file", "x");
        Tool.RunIn(temp.Path, "tar", "--format=gnu", "--label=Daily", "-cf", "a.tar", "file").Succeeds();

        Assert.Equal(["V Daily", "0 file"], Listing.Read(File.ReadAllBytes(temp["a.tar"])).Select(e => $"{e.Type} {e.Name}"));
    }

    [Fact]
    public void A_part_of_another_volume_is_refused()
    {
        using var temp = new TempFolder();
        temp.WriteFile("file", new string('x', 40_000));
        Tool.RunIn(temp.Path, "tar", "--format=gnu", "-M", "-L", "20", "-cf", "1.tar", "-f", "2.tar", "-f", "3.tar", "file").Succeeds();

        Assert.Equal(TarDefect.Unsupported, Assert.Throws<TarFormatException>(() => Listing.Read(File.ReadAllBytes(temp["2.tar"]))).Defect);
    }

    private static void AssertReadsTree(string script, bool seconds, string tool, params string[] options)
    {
        using var temp = new TempFolder();
        string tree = temp.CreateFolder("tree"), archive = temp["a.tar"];
        Tool.Bash(tree, script).Succeeds();
        Tool.RunIn(tree, tool, [.. options, "-cf", archive, "."]).Succeeds();

        AssertSame(Listing.ReadFolder(tree), Listing.AsFolder(Listing.Read(File.ReadAllBytes(archive))), seconds);
    }

    /// <param name="expected">What was packed.</param>
    /// <param name="actual">What was read.</param>
    /// <param name="seconds">Whether the format's times are whole seconds; tools round those before 1970 either way.</param>
    private static void AssertSame(
        SortedDictionary<string, ListedEntry> expected, SortedDictionary<string, ListedEntry> actual, bool seconds)
    {
        Assert.Equal(expected.Keys, actual.Keys);
        foreach (var (name, entry) in expected)
        {
            var read = actual[name];
            if (!seconds)
                Assert.Equal(entry, read);
            else
                Assert.Equal(entry with { Seconds = 0, Nanoseconds = 0 }, read with { Seconds = 0, Nanoseconds = 0 });
            if (seconds && entry.Seconds >= 0)
                Assert.Equal(entry.Seconds, read.Seconds);
        }
    }
}
