using System.Text;
using Snapshotter.Engine.Tar;
using Snapshotter.Engine.Tests.Support;
using DotnetReader = System.Formats.Tar.TarReader;

namespace Snapshotter.Engine.Tests.Tar;

/// <summary>What this encoder writes, other tars read and extract: without a warning, and exactly.</summary>
public class ForeignReaderTests
{
    private static readonly string LongName = string.Concat(Enumerable.Repeat("0123456789", 24));

    [Theory]
    [InlineData("tar", "--warning=no-timestamp", "-xpf")]
    [InlineData("bsdtar", "-xpf")]
    public void Tools_extract_every_kind_of_entry_exactly(string tool, params string[] options)
    {
        using var temp = new TempFolder();
        var files = RichFiles();

        // bsdtar reads a fraction before 1970 with the sign reversed.
        if (tool == "bsdtar")
            files.Single(f => f.Entry.ModifiedSeconds < 0).Entry.ModifiedNanoseconds = 0;
        byte[] archive = Build(files);
        string path = temp.WriteFile("a.tar", archive), target = temp.CreateFolder("out");
        Tool.RunIn(target, tool, [.. options, path]).SucceedsSilently();

        Assert.Equal(Listing.AsFolder(Listing.Read(archive)), Listing.ReadFolder(target));
        Tool.Bash(target, "test dir/file -ef dir/hard && test dir/file -ef \"dir/h$1\"", LongName).Succeeds();
    }

    [Fact]
    public void Gnu_tar_lists_and_compares_without_a_warning()
    {
        using var temp = new TempFolder();
        string path = temp.WriteFile("a.tar", Build([.. RichFiles(), .. SparseFiles()])), target = temp.CreateFolder("out");
        Tool.Run("tar", "-tvvf", path).SucceedsSilently();
        Tool.RunIn(target, "tar", "--warning=no-timestamp", "-xpf", path).SucceedsSilently();
        Tool.RunIn(target, "tar", "-df", path).SucceedsSilently();
    }

    [Theory]
    [InlineData("tar")]
    [InlineData("bsdtar")]
    public void Tools_extract_sparse_files_with_their_holes(string tool)
    {
        using var temp = new TempFolder();
        byte[] archive = Build(SparseFiles());
        string path = temp.WriteFile("a.tar", archive), target = temp.CreateFolder("out");
        Tool.RunIn(target, tool, "-xpf", path).SucceedsSilently();

        Assert.Equal(Listing.AsFolder(Listing.Read(archive)), Listing.ReadFolder(target));
        Assert.Equal("0", Tool.RunIn(target, "stat", "-c", "%b", "all-hole").Output.Trim());
    }

    [Fact]
    public void Python_reads_every_kind_of_entry()
    {
        using var temp = new TempFolder();
        var files = RichFiles();
        files.AddRange(SparseFiles());
        files.Add(new(Device(TypeFlag.CharacterDevice, "null", 1, 3)));
        files.Add(new(Device(TypeFlag.BlockDevice, "disk", 259, 1_048_575)));
        files.Add(new(Owned("big-ids", 4_294_967_295, 2_097_152)));
        byte[] archive = Build(files);

        var read = Listing.ReadWithPython(temp.WriteFile("a.tar", archive));
        Assert.Equal(Listing.Read(archive), read);
    }

    [Fact]
    public void Dotnet_reads_every_kind_of_entry()
    {
        var files = RichFiles();
        using var reader = new DotnetReader(new MemoryStream(Build(files)));
        foreach (var (expected, stored) in files)
        {
            var entry = reader.GetNextEntry()!;
            Assert.Equal(Encoding.UTF8.GetString(expected.Name.Span), entry.Name);
            Assert.Equal(Encoding.UTF8.GetString(expected.LinkName.Span), entry.LinkName);
            Assert.Equal((byte)expected.Type, (byte)entry.EntryType);
            Assert.Equal(
                DateTimeOffset.FromUnixTimeSeconds(expected.ModifiedSeconds).AddTicks(expected.ModifiedNanoseconds / 100),
                entry.ModificationTime);
            using var content = new MemoryStream();
            entry.DataStream?.CopyTo(content);
            Assert.Equal(stored ?? [], content.ToArray());
        }

        Assert.Null(reader.GetNextEntry());
    }

    [Fact]
    public void Every_reader_steps_over_a_file_of_more_than_8_GiB()
    {
        const long size = (9L << 30) + 5;
        using var temp = new TempFolder();
        string path = temp["a.tar"];
        var large = ArchiveBuilder.Entry(TypeFlag.Regular, "large");
        large.Size = size;
        var sparse = ArchiveBuilder.Entry(TypeFlag.Regular, "sparse");
        (sparse.Size, sparse.Sparse) = (3 * size, [new(4096, size - 5), new(2 * size, 7)]);
        var last = ArchiveBuilder.Entry(TypeFlag.Regular, "last");
        using (var file = File.Create(path))
        {
            var output = new BlockBuffer();
            foreach (var entry in new[] { large, sparse, last })
            {
                output.Clear();
                TarEncoder.Encode(entry, output, file.Position, alignData: true);
                file.Write(output.Written);
                file.Position = entry.NextOffset;
            }

            file.SetLength(file.Position + TarLayout.EndMarkerSize);
        }

        using var source = new FileSource(path);
        var reader = new TarReader(source);
        List<(string, long)> sizes = [];
        while (reader.Next())
            sizes.Add((Listing.Raw(reader.Entry.Name), reader.Entry.Size));
        Assert.Equal([("large", size), ("sparse", 3 * size), ("last", 0)], sizes);
        Assert.Equal(sizes, Listing.ReadWithPython(path).Select(e => (e.Name, e.Size)));
        Assert.Equal(
            sizes, Tool.Run("tar", "-tvf", path).SucceedsSilently().Lines
                .Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(f => (f[^1], long.Parse(f[2]))));
        Assert.Equal(["large", "sparse", "last"], Tool.Run("bsdtar", "-tf", path).SucceedsSilently().Lines);
        using var dotnet = new DotnetReader(File.OpenRead(path));
        Assert.Equal(size, dotnet.GetNextEntry()!.Length);
        Assert.NotNull(dotnet.GetNextEntry());
        Assert.Equal("last", dotnet.GetNextEntry()!.Name);
    }

    [Theory]
    [InlineData("tar", "--xattrs", "--xattrs-include=*", "--acls", "-xpf")]
    [InlineData("bsdtar", "--xattrs", "--acls", "-xpf")]
    public void Tools_restore_attributes_and_access_control_lists(string tool, params string[] options)
    {
        using var temp = new TempFolder();
        byte[] binary = [0, 10, 13, 61, 255, .. Enumerable.Range(0, 2000).Select(i => (byte)i)];
        byte[] archive = new ArchiveBuilder()
            .AddFile("file", "x", e =>
            {
                e.Attributes.Add(new("user.plain"u8.ToArray(), "value"u8.ToArray()));
                e.Attributes.Add(new("user.binary"u8.ToArray(), binary));
                e.Attributes.Add(new("user.a=b%3D"u8.ToArray(), "odd"u8.ToArray()));
            })
            .Add(WithAcl()).ToArray();
        Tool.RunIn(temp.Path, tool, [.. options, temp.WriteFile("a.tar", archive)]).SucceedsSilently();

        Assert.Equal("value"u8.ToArray(), ExtendedAttributes.Get(temp["file"], "user.plain"));
        Assert.Equal(binary, ExtendedAttributes.Get(temp["file"], "user.binary"));

        // libarchive leaves the escapes in the name that GNU tar and itself write.
        string odd = tool == "tar" ? "user.a=b%3D" : "user.a%3Db%253D";
        Assert.Equal("odd"u8.ToArray(), ExtendedAttributes.Get(temp["file"], odd));
        string acl = Tool.RunIn(temp.Path, "getfacl", "-n", "dir").Succeeds().Output;
        Assert.Contains("\nuser:1234:rw-", acl, StringComparison.Ordinal);
        Assert.Contains("\ndefault:group:4321:r-x", acl, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(200)]
    public void Names_that_are_not_UTF8_are_extracted_byte_by_byte(int length)
    {
        using var temp = new TempFolder();
        byte[] name = [.. Enumerable.Repeat((byte)'n', length), 0xff, 0xfe, (byte)'x'];
        byte[] link = [.. Enumerable.Repeat((byte)'l', length), 0xc3];
        var file = ArchiveBuilder.Entry(TypeFlag.Regular, "");
        file.Name = name;
        var symlink = ArchiveBuilder.Entry(TypeFlag.SymbolicLink, "link");
        symlink.LinkName = link;
        string path = temp.WriteFile("a.tar", new ArchiveBuilder().Add(file).Add(symlink).ToArray());

        var expected = Listing.AsFolder(Listing.Read(File.ReadAllBytes(path)));
        Assert.Equal([.. expected.Values], Listing.ReadWithPython(path).OrderBy(e => e.Name, StringComparer.Ordinal));
        foreach (string tool in new[] { "tar", "bsdtar" })
        {
            var result = Tool.RunIn(temp.CreateFolder(tool), tool, "-xpf", path);

            // bsdtar extracts what is in a pax record just as well, but complains about the encoding.
            if (tool == "tar" || length <= HeaderField.Name.Length)
                result.SucceedsSilently();
            Assert.Equal(
                expected.Values.Select(e => (e.Name, e.LinkName)),
                Listing.ReadFolder(temp[tool]).Values.Select(e => (e.Name, e.LinkName)));
        }
    }

    private sealed record StoredFile(TarEntry Entry, byte[]? Stored = null);

    private static byte[] Build(List<StoredFile> files)
    {
        var builder = new ArchiveBuilder();
        foreach (var (entry, stored) in files)
            builder.Add(entry, stored, align: entry.Size >= 1000);
        return builder.ToArray();
    }

    /// <summary>Owned by whoever runs the tests, for only root may give files away.</summary>
    private static List<StoredFile> RichFiles()
    {
        byte[] content = new byte[100_000];
        new Random(1).NextBytes(content);
        List<StoredFile> files =
        [
            new(ArchiveBuilder.Entry(TypeFlag.Regular, "dir/file"), "hello"u8.ToArray()),
            new(ArchiveBuilder.Entry(TypeFlag.Regular, "dir/nothing")),
            new(ArchiveBuilder.Entry(TypeFlag.Regular, "dir/large"), content),
            new(ArchiveBuilder.Entry(TypeFlag.Regular, "dir/" + LongName), content[..1000]),
            new(ArchiveBuilder.Entry(TypeFlag.Regular, $"dir/{LongName[..99]}/{LongName[..50]}/{LongName[..100]}"), content[..512]),
            new(ArchiveBuilder.Entry(TypeFlag.Regular, "dir/grüße/\u65e5\u672c"), content[..513]),
            new(ArchiveBuilder.Entry(TypeFlag.Regular, "dir/line\nbreak"), content[..1]),
            new(ArchiveBuilder.Entry(TypeFlag.HardLink, "dir/hard", "dir/file")),
            new(ArchiveBuilder.Entry(TypeFlag.HardLink, "dir/h" + LongName, "dir/file")),
            new(ArchiveBuilder.Entry(TypeFlag.HardLink, "dir/h2", "dir/" + LongName)),
            new(ArchiveBuilder.Entry(TypeFlag.SymbolicLink, "dir/link", "../nowhere")),
            new(ArchiveBuilder.Entry(TypeFlag.SymbolicLink, "dir/longlink", $"/{LongName}/{LongName}/ü")),
            new(ArchiveBuilder.Entry(TypeFlag.Fifo, "dir/fifo")),
            new(ArchiveBuilder.Entry(TypeFlag.Directory, "dir/empty")),
            new(ArchiveBuilder.Entry(TypeFlag.Directory, "dir/" + LongName + "d")),
            new(ArchiveBuilder.Entry(TypeFlag.Directory, "dir/grüße")),
            new(ArchiveBuilder.Entry(TypeFlag.Directory, $"dir/{LongName[..99]}/{LongName[..50]}")),
            new(ArchiveBuilder.Entry(TypeFlag.Directory, $"dir/{LongName[..99]}")),
            new(ArchiveBuilder.Entry(TypeFlag.Directory, "dir")),
        ];

        long user = long.Parse(Tool.Run("id", "-u").Output), group = long.Parse(Tool.Run("id", "-g").Output);
        foreach (var (entry, stored) in files)
        {
            (entry.UserId, entry.GroupId, entry.Size) = (user, group, stored?.Length ?? 0);
            if (entry.Type == TypeFlag.SymbolicLink)
                entry.Mode = 0x1ff;
        }

        files[0].Entry.ModifiedNanoseconds = files[7].Entry.ModifiedNanoseconds = files[8].Entry.ModifiedNanoseconds = 123_456_789;
        (files[1].Entry.ModifiedSeconds, files[1].Entry.ModifiedNanoseconds, files[1].Entry.Mode) = (-86_401, 500_000_000, 0x9ed);
        files[2].Entry.ModifiedSeconds = 9_000_000_000;
        files[9].Entry.ModifiedNanoseconds = files[3].Entry.ModifiedNanoseconds = 1;
        files[10].Entry.ModifiedNanoseconds = 999_999_999;
        files[18].Entry.ModifiedNanoseconds = 5;
        return files;
    }

    private static List<StoredFile> SparseFiles()
    {
        var many = Enumerable.Range(0, 3000).Select(i => new SparseRun((2 * i + 1) * 512, 512)).ToList();
        List<StoredFile> files =
        [
            Sparse("all-hole", 1 << 20, []),
            Sparse("hole-data-hole", 1 << 20, [new(4096, 8192), new(65_536, 512)]),
            Sparse("hole-data", 100_001, [new(0, 512), new(99_840, 161)]),
            Sparse("data-hole", 1 << 20, [new(0, 700)]),
            Sparse("no-hole", 700, [new(0, 700)]),
            Sparse("many", 4_000_000, many),
            Sparse("grüße/" + LongName + "/" + LongName, 1 << 20, [new(512, 1)]),
        ];
        long user = long.Parse(Tool.Run("id", "-u").Output), group = long.Parse(Tool.Run("id", "-g").Output);
        foreach (var (entry, _) in files)
            (entry.UserId, entry.GroupId) = (user, group);
        var folder = ArchiveBuilder.Entry(TypeFlag.Directory, "grüße/" + LongName);
        var parent = ArchiveBuilder.Entry(TypeFlag.Directory, "grüße");
        (folder.UserId, folder.GroupId, parent.UserId, parent.GroupId) = (user, group, user, group);
        return [.. files, new(folder), new(parent)];
    }

    private static StoredFile Sparse(string name, long size, List<SparseRun> runs)
    {
        var entry = ArchiveBuilder.Entry(TypeFlag.Regular, name);
        (entry.Size, entry.Sparse, entry.ModifiedNanoseconds) = (size, runs, 42);
        byte[] stored = new byte[runs.Sum(r => r.Length)];
        new Random(2).NextBytes(stored);
        return new(entry, stored);
    }

    private static TarEntry Device(TypeFlag type, string name, uint major, uint minor)
    {
        var entry = ArchiveBuilder.Entry(type, name);
        (entry.DeviceMajor, entry.DeviceMinor) = (major, minor);
        return entry;
    }

    private static TarEntry Owned(string name, long user, long group)
    {
        var entry = ArchiveBuilder.Entry(TypeFlag.Regular, name);
        (entry.UserId, entry.GroupId) = (user, group);
        (entry.UserName, entry.GroupName) = ("jürgen"u8.ToArray(), Encoding.UTF8.GetBytes(LongName));
        return entry;
    }

    private static TarEntry WithAcl()
    {
        var entry = ArchiveBuilder.Entry(TypeFlag.Directory, "dir");
        entry.AccessAcl = "user::rwx,user:1234:rw-,group::r-x,mask::rwx,other::r-x"u8.ToArray();
        entry.DefaultAcl = "user::rwx,group::r-x,group:4321:r-x,mask::r-x,other::r-x"u8.ToArray();
        return entry;
    }
}
