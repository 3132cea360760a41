using System.Text;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.FileSystem;

/// <summary>What every implementation promises, checked through the interfaces and by what .NET sees of the result.</summary>
public abstract class FileSystemContract : IDisposable
{
    private readonly TempFolder folder = new();

    private protected abstract IFileSystem FileSystem { get; }

    private protected string Root => folder.Path;

    private protected IDirectory OpenRoot() => FileSystem.OpenDirectory(Root);

    private protected string PathOf(string name) => folder[name];

    private protected static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private protected static FileError ErrorOf(Action action) => Assert.Throws<FileSystemException>(action).Error;

    private protected static void WriteFile(IDirectory directory, string name, ReadOnlySpan<byte> content)
    {
        using var file = directory.CreateFile(Utf8(name), 0x1A4);
        file.Write(content, 0);
    }

    private protected static byte[] ReadFile(IDirectory directory, string name)
    {
        using var file = directory.OpenFile(Utf8(name));
        var content = new byte[file.Length];
        Assert.Equal(content.Length, file.Read(content, 0));
        return content;
    }

    /// <summary>Of names that the file system takes for the same, the first.</summary>
    private string[] Distinct(params string[] names) =>
        [.. names.Distinct(FileSystem.Traits.IsCaseSensitive ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase)];

    public virtual void Dispose()
    {
        folder.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void OpenDirectory_tells_what_is_wrong_with_a_path()
    {
        File.WriteAllText(PathOf("file"), "x");
        Assert.Equal(FileError.NotFound, ErrorOf(() => FileSystem.OpenDirectory(PathOf("missing"))));
        Assert.Equal(FileError.NotADirectory, ErrorOf(() => FileSystem.OpenDirectory(PathOf("file"))));
        Assert.Equal(FileError.InvalidArgument, ErrorOf(() => FileSystem.OpenDirectory("")));
        Assert.Equal(FileError.InvalidArgument, ErrorOf(() => FileSystem.OpenDirectory("a\0b")));
    }

    [Fact]
    public void OpenFile_by_path_creates_nothing_and_keeps_the_content()
    {
        var path = PathOf("archive");
        Assert.Equal(FileError.NotFound, ErrorOf(() => FileSystem.OpenFile(path, FileAccessKind.Read)));
        Assert.Equal(FileError.NotFound, ErrorOf(() => FileSystem.OpenFile(path, FileAccessKind.ReadWrite)));
        File.WriteAllText(path, "");
        using (var created = FileSystem.OpenFile(path, FileAccessKind.ReadWrite))
        {
            Assert.Equal(0, created.Length);
            created.Write("kept"u8, 0);
        }
        using (var again = FileSystem.OpenFile(path, FileAccessKind.ReadWrite))
        {
            Assert.Equal(4, again.Length);
            Assert.Equal(path, again.DisplayPath);
        }
        Assert.Equal("kept", File.ReadAllText(path));
        Assert.Equal(FileError.IsADirectory, ErrorOf(() => FileSystem.OpenFile(Root, FileAccessKind.Read)));
        Assert.Equal(FileError.IsADirectory, ErrorOf(() => FileSystem.OpenFile(Root, FileAccessKind.ReadWrite)));
    }

    [Fact(Skip = Wine.HasNoLinks, SkipType = typeof(Wine), SkipWhen = nameof(Wine.IsRunning))]
    public void TryGetStatus_by_path_follows_links()
    {
        File.WriteAllText(PathOf("file"), "12345");
        File.CreateSymbolicLink(PathOf("link"), "file");
        Assert.True(FileSystem.TryGetStatus(PathOf("link"), out var status));
        Assert.Equal(FileKind.Regular, status.Kind);
        Assert.Equal(5, status.Size);
        Assert.True(FileSystem.TryGetStatus(Root, out status));
        Assert.Equal(FileKind.Directory, status.Kind);
        Assert.False(FileSystem.TryGetStatus(PathOf("missing"), out _));
        Assert.False(FileSystem.TryGetStatus(PathOf("file/below"), out _));
    }

    [Fact(Skip = Wine.HasNoLinks, SkipType = typeof(Wine), SkipWhen = nameof(Wine.IsRunning))]
    public void PlaceOf_is_the_same_whatever_links_lead_there()
    {
        Directory.CreateDirectory(PathOf("a/b"));
        File.WriteAllText(PathOf("a/b/file"), "");
        Directory.CreateSymbolicLink(PathOf("link"), "a");
        Directory.CreateSymbolicLink(PathOf("a/again"), PathOf("link/b"));
        File.CreateSymbolicLink(PathOf("a/name"), "again/file");
        var place = FileSystem.PlaceOf(PathOf("a/b/file"));
        Assert.NotNull(place);
        foreach (var other in new[] { "link/b/file", "a/again/file", "link/again/../again/file", "link/name", "/a//b/./file" })
        {
            Assert.Equal(place, FileSystem.PlaceOf(Root + "/" + other));
        }
        Assert.Equal(place, FileSystem.PlaceOf(PathOf("a/b")) + Path.DirectorySeparatorChar + "file");
        Assert.Null(FileSystem.PlaceOf(PathOf("a/missing")));
    }

    [Fact]
    public void CreateDirectories_makes_all_that_is_missing()
    {
        var path = PathOf("a/b/c");
        FileSystem.CreateDirectories(path);
        Assert.True(Directory.Exists(path));
        FileSystem.CreateDirectories(path + "/");
        File.WriteAllText(PathOf("file"), "");
        Assert.Equal(FileError.NotADirectory, ErrorOf(() => FileSystem.CreateDirectories(PathOf("file"))));
    }

    [Fact(Skip = Wine.HasNoLinks, SkipType = typeof(Wine), SkipWhen = nameof(Wine.IsRunning))]
    public void List_gives_all_names_sorted_by_their_bytes_each_time()
    {
        string[] names = Distinct("b", "a", "a.txt", "A", "é", "z z", ".hidden", "日本");
        foreach (var name in names)
        {
            File.WriteAllText(PathOf(name), "");
        }
        Directory.CreateDirectory(PathOf("m"));
        File.CreateSymbolicLink(PathOf("n"), "nowhere");
        using var root = OpenRoot();
        for (var round = 0; round < 2; round++)
        {
            var listing = root.List();
            var found = Enumerable.Range(0, listing.Count).Select(i => Encoding.UTF8.GetString(listing.NameOf(i).Span)).ToList();
            Assert.Equal(names.Append("m").Append("n").Order(StringComparer.Ordinal), found);
            Assert.Contains(listing.KindOf(found.IndexOf("m")), new[] { FileKind.Directory, FileKind.Unknown });
            Assert.Contains(listing.KindOf(found.IndexOf("n")), new[] { FileKind.SymbolicLink, FileKind.Unknown });
            Assert.Contains(listing.KindOf(found.IndexOf("a")), new[] { FileKind.Regular, FileKind.Unknown });
        }
    }

    [Fact]
    public void List_of_many_names_and_of_none()
    {
        using var root = OpenRoot();
        Assert.Equal(0, root.List().Count);
        for (var i = 0; i < 5000; i++)
        {
            File.WriteAllText(PathOf($"{i:D5}-{new string('x', 100)}"), "");
        }
        var listing = root.List();
        Assert.Equal(5000, listing.Count);
        for (var i = 0; i < 5000; i++)
        {
            Assert.Equal($"{i:D5}-{new string('x', 100)}", Encoding.UTF8.GetString(listing.NameOf(i).Span));
        }
    }

    [Fact]
    public void List_sorts_names_with_the_same_beginning()
    {
        string[] names = Distinct("12345678", "123456789", "1234567", "12345678a", "12345678A", "1", "123456780000");
        foreach (var name in names)
        {
            File.WriteAllText(PathOf(name), "");
        }
        using var root = OpenRoot();
        var listing = root.List();
        var found = Enumerable.Range(0, listing.Count).Select(i => Encoding.UTF8.GetString(listing.NameOf(i).Span));
        Assert.Equal(names.Order(StringComparer.Ordinal), found);
    }

    public static TheoryData<string> NamesOfMoreThanOneFile => ["", ".", "..", "/", "a/b", "../a", "/etc", "a/", "a\0b"];

    [Theory]
    [MemberData(nameof(NamesOfMoreThanOneFile))]
    public void A_name_that_is_not_one_component_is_refused_everywhere(string text)
    {
        Directory.CreateDirectory(PathOf("a"));
        File.WriteAllText(PathOf("a/b"), "");
        File.WriteAllText(PathOf("good"), "");
        using var root = OpenRoot();
        var name = Utf8(text);
        Action[] calls =
        [
            () => root.TryGetStatus(name, out _),
            () => root.OpenDirectory(name),
            () => root.OpenFile(name),
            () => root.OpenFileForWriting(name),
            () => root.CreateFile(name, 0x180),
            () => root.CreateDirectory(name, 0x1C0),
            () => root.CreateSymbolicLink(name, "t"u8),
            () => root.CreateHardLink(name, root, "good"u8),
            () => root.CreateHardLink("new"u8, root, name),
            () => root.CreateNode(name, FileKind.Fifo, 0x180, 0, 0),
            () => root.ReadLink(name),
            () => root.Rename(name, root, "new"u8),
            () => root.Rename("good"u8, root, name),
            () => root.RemoveFile(name),
            () => root.RemoveDirectory(name),
            () => root.GetAttributes(name, []),
            () => root.SetMetadata(name, new FileMetadata { Kind = FileKind.SymbolicLink }),
        ];
        foreach (var call in calls)
        {
            Assert.Equal(FileError.InvalidArgument, ErrorOf(call));
        }
        Assert.Equal(2, root.List().Count);
    }

    [Fact]
    public void A_name_too_long_is_an_error_of_its_own()
    {
        using var root = OpenRoot();
        Assert.Equal(FileError.NameTooLong, ErrorOf(() => root.CreateFile(Utf8(new string('n', 256)), 0x180)));
        Assert.Equal(FileError.NameTooLong, ErrorOf(() => root.CreateFile(Utf8(new string('n', 5000)), 0x180)));
        WriteFile(root, new string('n', 255), "x"u8);
        Assert.Equal(1, root.List().Count);
    }

    [Fact(Skip = Wine.HasNoLinks, SkipType = typeof(Wine), SkipWhen = nameof(Wine.IsRunning))]
    public void TryGetStatus_tells_kinds_and_sizes_without_following()
    {
        File.WriteAllText(PathOf("file"), "12345");
        Directory.CreateDirectory(PathOf("folder"));
        File.CreateSymbolicLink(PathOf("link"), "file");
        File.CreateSymbolicLink(PathOf("dangling"), "nowhere");
        using var root = OpenRoot();
        Assert.True(root.TryGetStatus("file"u8, out var file));
        Assert.Equal((FileKind.Regular, 5L), (file.Kind, file.Size));
        Assert.True(root.TryGetStatus("folder"u8, out var directory));
        Assert.Equal(FileKind.Directory, directory.Kind);
        Assert.True(root.TryGetStatus("link"u8, out var link));
        Assert.Equal((FileKind.SymbolicLink, 4L), (link.Kind, link.Size));
        Assert.True(root.TryGetStatus("dangling"u8, out var dangling));
        Assert.Equal(FileKind.SymbolicLink, dangling.Kind);
        Assert.False(root.TryGetStatus("missing"u8, out _));
        Assert.NotEqual(file.Id, directory.Id);
        root.GetStatus(out var own);
        Assert.Equal(FileKind.Directory, own.Kind);
        using var opened = root.OpenFile("file"u8);
        opened.GetStatus(out var status);
        Assert.Equal(file.Id, status.Id);
        Assert.Equal(file.Size, status.Size);
        Assert.Equal(file.ModifiedAt, status.ModifiedAt);
        Assert.Equal(file.Mode, status.Mode);
    }

    [Fact(Skip = Wine.HasNoLinks, SkipType = typeof(Wine), SkipWhen = nameof(Wine.IsRunning))]
    public void A_directory_is_not_entered_through_a_link()
    {
        Directory.CreateDirectory(PathOf("real"));
        File.WriteAllText(PathOf("file"), "");
        Directory.CreateSymbolicLink(PathOf("link"), "real");
        using var root = OpenRoot();
        Assert.Contains(ErrorOf(() => root.OpenDirectory("link"u8)), new[] { FileError.NotADirectory, FileError.SymbolicLink });
        Assert.Equal(FileError.NotADirectory, ErrorOf(() => root.OpenDirectory("file"u8)));
        Assert.Equal(FileError.NotFound, ErrorOf(() => root.OpenDirectory("missing"u8)));
        using var real = root.OpenDirectory("real"u8);
        Assert.Equal(PathOf("real"), real.DisplayPath);
        using var parent = real.OpenParent();
        parent.GetStatus(out var parentStatus);
        root.GetStatus(out var rootStatus);
        Assert.Equal(rootStatus.Id, parentStatus.Id);
        Assert.Equal(Root, parent.DisplayPath);
    }

    [Fact(Skip = Wine.HasNoLinks, SkipType = typeof(Wine), SkipWhen = nameof(Wine.IsRunning))]
    public void A_file_is_not_opened_through_a_link()
    {
        File.WriteAllText(PathOf("file"), "untouched");
        File.CreateSymbolicLink(PathOf("link"), "file");
        using var root = OpenRoot();
        Assert.Equal(FileError.SymbolicLink, ErrorOf(() => root.OpenFile("link"u8)));
        Assert.Equal(FileError.SymbolicLink, ErrorOf(() => root.OpenFileForWriting("link"u8)));
        Assert.Equal(FileError.Exists, ErrorOf(() => root.CreateFile("link"u8, 0x180)));
        Assert.Equal("untouched", File.ReadAllText(PathOf("file")));
    }

    [Fact(Skip = Wine.HasNoLinks, SkipType = typeof(Wine), SkipWhen = nameof(Wine.IsRunning))]
    public void CreateFile_never_opens_what_is_there()
    {
        using var root = OpenRoot();
        File.CreateSymbolicLink(PathOf("dangling"), "made-through-link");
        WriteFile(root, "file", "x"u8);
        Assert.Equal(FileError.Exists, ErrorOf(() => root.CreateFile("file"u8, 0x180)));
        Assert.Equal(FileError.Exists, ErrorOf(() => root.CreateFile("dangling"u8, 0x180)));
        Assert.False(File.Exists(PathOf("made-through-link")));
    }

    [Fact]
    public void Reads_and_writes_are_at_their_offsets()
    {
        using var root = OpenRoot();
        using var file = root.CreateFile("file"u8, 0x180);
        file.Write("world"u8, 6);
        file.Write("hello "u8, 0);
        Assert.Equal(11, file.Length);
        var buffer = new byte[20];
        Assert.Equal(11, file.Read(buffer, 0));
        Assert.Equal("hello world", Encoding.ASCII.GetString(buffer, 0, 11));
        Assert.Equal(5, file.Read(buffer, 6));
        Assert.Equal(0, file.Read(buffer, 11));
        Assert.Equal(0, file.Read(buffer, 1000));
        Assert.Equal(0, file.Read([], 0));
        file.Write([], 100);
        Assert.Equal(11, file.Length);
        file.SetLength(4);
        file.SetLength(8);
        Assert.Equal(8, file.Read(buffer, 0));
        Assert.Equal("hell\0\0\0\0", Encoding.ASCII.GetString(buffer, 0, 8));
        file.Flush();
        using var same = root.OpenFileForWriting("file"u8);
        same.Write("J"u8, 0);
        Assert.Equal(8, same.Length);
        Assert.Equal("Jell\0\0\0\0"u8, ReadFile(root, "file"));
    }

    [Fact]
    public void OpenFileForWriting_wants_an_existing_regular_file()
    {
        Directory.CreateDirectory(PathOf("folder"));
        using var root = OpenRoot();
        Assert.Equal(FileError.NotFound, ErrorOf(() => root.OpenFileForWriting("missing"u8)));
        Assert.Equal(FileError.IsADirectory, ErrorOf(() => root.OpenFileForWriting("folder"u8)));
    }

    [Fact(Skip = Wine.HasNoLinks, SkipType = typeof(Wine), SkipWhen = nameof(Wine.IsRunning))]
    public void Links_are_kept_as_they_are()
    {
        File.WriteAllText(PathOf("file"), "content");
        using var root = OpenRoot();
        root.CreateSymbolicLink("link"u8, "../some where/é"u8);
        Assert.Equal("../some where/é"u8, root.ReadLink("link"u8));
        Assert.Equal(FileError.Exists, ErrorOf(() => root.CreateSymbolicLink("link"u8, "x"u8)));
        Assert.Equal(FileError.Exists, ErrorOf(() => root.CreateSymbolicLink("file"u8, "x"u8)));
        Assert.Equal(FileError.InvalidArgument, ErrorOf(() => root.ReadLink("file"u8)));
        Assert.Equal(FileError.NotFound, ErrorOf(() => root.ReadLink("missing"u8)));
        Assert.Equal(FileError.InvalidArgument, ErrorOf(() => root.CreateSymbolicLink("nul"u8, "a\0b"u8)));
        root.CreateHardLink("second"u8, root, "file"u8);
        Assert.True(root.TryGetStatus("file"u8, out var first));
        Assert.True(root.TryGetStatus("second"u8, out var second));
        Assert.Equal(first.Id, second.Id);
        Assert.Equal(2u, second.LinkCount);
        Assert.Equal(FileError.Exists, ErrorOf(() => root.CreateHardLink("second"u8, root, "file"u8)));
        Assert.Equal(FileError.NotFound, ErrorOf(() => root.CreateHardLink("third"u8, root, "missing"u8)));
    }

    [Fact(Skip = Wine.HasNoLinks, SkipType = typeof(Wine), SkipWhen = nameof(Wine.IsRunning))]
    public void Rename_replaces_files_and_empty_directories()
    {
        Directory.CreateDirectory(PathOf("from"));
        Directory.CreateDirectory(PathOf("to"));
        File.WriteAllText(PathOf("from/a"), "new");
        File.WriteAllText(PathOf("to/a"), "old");
        Directory.CreateDirectory(PathOf("to/full"));
        File.WriteAllText(PathOf("to/full/x"), "");
        Directory.CreateDirectory(PathOf("to/empty"));
        Directory.CreateDirectory(PathOf("from/d"));
        File.WriteAllText(PathOf("from/d/y"), "");
        File.CreateSymbolicLink(PathOf("from/link"), "nowhere");
        using var from = FileSystem.OpenDirectory(PathOf("from"));
        using var to = FileSystem.OpenDirectory(PathOf("to"));
        from.Rename("a"u8, to, "a"u8);
        Assert.Equal("new", File.ReadAllText(PathOf("to/a")));
        Assert.False(File.Exists(PathOf("from/a")));
        Assert.Contains(ErrorOf(() => from.Rename("d"u8, to, "full"u8)), new[] { FileError.NotEmpty, FileError.Exists });
        from.Rename("d"u8, to, "empty"u8);
        Assert.True(File.Exists(PathOf("to/empty/y")));
        from.Rename("link"u8, to, "link"u8);
        Assert.Equal("nowhere"u8, to.ReadLink("link"u8));
        Assert.Equal(FileError.NotFound, ErrorOf(() => from.Rename("missing"u8, to, "x"u8)));
        from.Flush();
        to.FlushFileSystem();
    }

    [Fact(Skip = Wine.HasNoLinks, SkipType = typeof(Wine), SkipWhen = nameof(Wine.IsRunning))]
    public void Removing_takes_files_or_empty_directories_never_the_other()
    {
        Directory.CreateDirectory(PathOf("full"));
        File.WriteAllText(PathOf("full/x"), "");
        Directory.CreateDirectory(PathOf("empty"));
        File.WriteAllText(PathOf("file"), "");
        Directory.CreateSymbolicLink(PathOf("link"), "full");
        using var root = OpenRoot();
        Assert.Equal(FileError.IsADirectory, ErrorOf(() => root.RemoveFile("empty"u8)));
        Assert.Equal(FileError.NotADirectory, ErrorOf(() => root.RemoveDirectory("file"u8)));
        Assert.Equal(FileError.NotADirectory, ErrorOf(() => root.RemoveDirectory("link"u8)));
        Assert.Equal(FileError.NotEmpty, ErrorOf(() => root.RemoveDirectory("full"u8)));
        Assert.Equal(FileError.NotFound, ErrorOf(() => root.RemoveFile("missing"u8)));
        Assert.Equal(FileError.NotFound, ErrorOf(() => root.RemoveDirectory("missing"u8)));
        root.RemoveFile("link"u8);
        root.RemoveFile("file"u8);
        root.RemoveDirectory("empty"u8);
        Assert.True(File.Exists(PathOf("full/x")));
        Assert.Equal(1, root.List().Count);
    }

    [Fact]
    public void Modes_and_times_are_set_on_files_and_directories()
    {
        using var root = OpenRoot();
        var time = new Timestamp(1_234_567_890, 123_456_700);
        // Windows has one bit of them.
        int mode = OperatingSystem.IsWindows() ? 0x124 : 0x120;
        using (var file = root.CreateFile("file"u8, 0x1A4))
        {
            file.Write("x"u8, 0);
            Assert.Equal(MetadataLoss.None, file.SetMetadata(new FileMetadata { Kind = FileKind.Regular, Mode = mode, ModifiedAt = time }));
        }
        root.CreateDirectory("folder"u8, 0x1C0);
        using (var child = root.OpenDirectory("folder"u8))
        {
            Assert.Equal(MetadataLoss.None, child.SetMetadata(new FileMetadata { Kind = FileKind.Directory, Mode = 0x1ED, ModifiedAt = time }));
        }
        Assert.True(root.TryGetStatus("file"u8, out var status));
        Assert.Equal((time, mode), (status.ModifiedAt, status.Mode));
        Assert.True(root.TryGetStatus("folder"u8, out status));
        Assert.Equal((time, 0x1ED), (status.ModifiedAt, status.Mode));
    }

    [Fact]
    public void Times_before_1970_and_after_2038_are_kept()
    {
        using var root = OpenRoot();
        foreach (var time in new[] { new Timestamp(-1_000_000, 1000), new Timestamp(-1, 999_999_900), new Timestamp(5_000_000_000, 0) })
        {
            var name = Utf8($"t{time.Seconds}");
            using (var file = root.CreateFile(name, 0x1A4))
            {
                file.SetMetadata(new FileMetadata { Kind = FileKind.Regular, Mode = 0x1A4, ModifiedAt = time });
            }
            Assert.True(root.TryGetStatus(name, out var status));
            Assert.Equal(time, status.ModifiedAt);
        }
    }

    [Fact]
    public void The_rest_of_a_sparse_copy_stays_readable_whatever_the_platform_tells_of_holes()
    {
        using var root = OpenRoot();
        using var file = root.CreateFile("file"u8, 0x180);
        file.SetLength(4 << 20);
        file.Write(new byte[4096], 1 << 20);
        file.Flush();
        var data = file.NextData(0);
        Assert.InRange(data, 0, 1 << 20);
        var hole = file.NextHole(1 << 20);
        Assert.InRange(hole, (1 << 20) + 4096, 4 << 20);
        Assert.InRange(file.NextHole((4 << 20) - 1), (4 << 20) - 1, 4 << 20);
        Assert.InRange(file.NextData(hole), hole, 4 << 20);
    }

    [Fact]
    public void CopyFrom_copies_what_there_is_or_says_that_it_cannot()
    {
        using var root = OpenRoot();
        var content = new byte[300_000];
        Random.Shared.NextBytes(content);
        WriteFile(root, "source", content);
        using var source = root.OpenFile("source"u8);
        using var target = root.CreateFile("target"u8, 0x180);
        var copied = target.CopyFrom(source, 1000, 50, 200_000);
        Assert.Contains(copied, new long[] { -1, 200_000 });
        if (copied >= 0)
        {
            var back = new byte[200_000];
            Assert.Equal(back.Length, target.Read(back, 50));
            Assert.Equal(content[1000..201_000], back);
            Assert.Equal(100_000, target.CopyFrom(source, 200_000, 0, 500_000));
        }
    }

    [Fact]
    public void A_clone_or_collapse_that_cannot_be_changes_nothing()
    {
        using var root = OpenRoot();
        WriteFile(root, "source", "abc"u8);
        WriteFile(root, "target", "xyz"u8);
        using var source = root.OpenFile("source"u8);
        using var target = root.OpenFileForWriting("target"u8);
        Assert.False(target.TryClone(source, 1, 1, 1));
        Assert.False(target.TryCollapse(1, 1));
        Assert.Equal("xyz"u8, ReadFile(root, "target"));
    }

    [Fact]
    public void A_spool_is_a_file_without_a_name()
    {
        using var spool = FileSystem.CreateSpool();
        spool.Write("spooled"u8, 10);
        var buffer = new byte[7];
        Assert.Equal(7, spool.Read(buffer, 10));
        Assert.Equal("spooled"u8.ToArray(), buffer);
        Assert.Equal(17, spool.Length);
    }

    [Fact]
    public void Free_space_is_known()
    {
        _ = FileSystem.MayCompress(Root);
        Assert.ThrowsAny<FileSystemException>(() => FileSystem.MayCompress(PathOf("missing/below")));
        Assert.InRange(FileSystem.FreeSpace(Root), 1, long.MaxValue);
        Assert.ThrowsAny<FileSystemException>(() => FileSystem.FreeSpace(PathOf("missing/below")));
    }

    [Fact]
    public void Two_writers_exclude_each_other()
    {
        var path = PathOf("archive");
        File.WriteAllText(path, "x");
        using (var first = FileSystem.OpenFile(path, FileAccessKind.ReadWrite))
        using (var second = FileSystem.OpenFile(path, FileAccessKind.ReadWrite))
        {
            Assert.True(first.TryLock(FileLock.Writer));
            Assert.False(second.TryLock(FileLock.Writer));
            using var reader = FileSystem.OpenFile(path, FileAccessKind.Read);
            Assert.True(reader.TryLock(FileLock.Reader));
        }
        using var third = FileSystem.OpenFile(path, FileAccessKind.ReadWrite);
        Assert.True(third.TryLock(FileLock.Writer));
    }

    [Fact]
    public void Locks_of_readers_writers_and_movers()
    {
        File.WriteAllText(PathOf("archive"), "x");
        using var writer = Open(FileAccessKind.ReadWrite);
        Assert.True(writer.TryLock(FileLock.Writer));
        using (var reader = Open(FileAccessKind.Read))
        using (var other = Open(FileAccessKind.Read))
        {
            Assert.True(reader.TryLock(FileLock.Reader));
            Assert.True(other.TryLock(FileLock.Reader));
            Assert.False(writer.TryLock(FileLock.Mover));
        }
        Assert.True(writer.TryLock(FileLock.Mover));
        using var late = Open(FileAccessKind.Read);
        Assert.False(late.TryLock(FileLock.Reader));

        IFile Open(FileAccessKind access) => FileSystem.OpenFile(PathOf("archive"), access);
    }

    [Fact]
    public void Names_of_users_and_groups_are_bytes_or_nothing()
    {
        Assert.True(FileSystem.UserName(4_000_000_000).IsEmpty);
        Assert.True(FileSystem.GroupName(4_000_000_000).IsEmpty);
        Assert.Equal(FileSystem.UserName(0).ToArray(), FileSystem.UserName(0).ToArray());
    }

    [Fact]
    public void A_disposed_handle_is_refused()
    {
        var root = OpenRoot();
        var file = root.CreateFile("file"u8, 0x180);
        file.Dispose();
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => file.Write("x"u8, 0));
        root.Dispose();
        Assert.Throws<ObjectDisposedException>(() => root.List());
    }
}
