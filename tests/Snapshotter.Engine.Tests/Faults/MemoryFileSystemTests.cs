using System.Text;
using CsCheck;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.FileSystem.Linux;

namespace Snapshotter.Engine.Tests.Faults;

/// <summary>The simulator itself: it must be as strict as a disk, or it proves nothing.</summary>
public class MemoryFileSystemTests
{
    private readonly MemoryFileSystem fileSystem = new();

    [Fact]
    public void It_behaves_as_Linux_does_in_the_same_random_walk()
    {
        Gen.Int.Sample(
            seed =>
            {
                var folder = Directory.CreateTempSubdirectory("snapshotter-test-").FullName;
                try
                {
                    var linux = new LinuxFileSystem();
                    var memory = new MemoryFileSystem { Traits = linux.Traits };
                    linux.CreateDirectories($"{folder}/root");
                    memory.CreateDirectories("/root");
                    Assert.Equal(Walk(linux, $"{folder}/root", seed), Walk(memory, "/root", seed));
                    Assert.Equal("", TreeSnapshot.Of(linux, $"{folder}/root").WithoutTimes().Differences(TreeSnapshot.Of(memory, "/root").WithoutTimes()));
                }
                finally
                {
                    Directory.Delete(folder, recursive: true);
                }
            },
            iter: 60,
            threads: 1);
    }

    [Fact]
    public void What_was_not_flushed_is_lost_and_what_was_is_kept()
    {
        using var root = fileSystem.OpenDirectory("/");
        using var file = root.CreateFile("file"u8, 0x180);
        file.Write("first"u8, 0);
        Assert.False(After(CrashMode.OnlyFlushed).TryGetStatus("/file", out _));
        file.Flush();
        // Its bytes are safe, its name is not.
        Assert.False(After(CrashMode.OnlyFlushed).TryGetStatus("/file", out _));
        root.Flush();
        Assert.Equal("first"u8.ToArray(), After(CrashMode.OnlyFlushed).ReadAllBytes("/file"));
        file.Write("other"u8, 0);
        file.SetLength(3);
        Assert.Equal("first"u8.ToArray(), After(CrashMode.OnlyFlushed).ReadAllBytes("/file"));
        Assert.Equal("oth"u8.ToArray(), After(CrashMode.Everything).ReadAllBytes("/file"));
        file.Flush();
        Assert.Equal("oth"u8.ToArray(), After(CrashMode.OnlyFlushed).ReadAllBytes("/file"));
        root.Rename("file"u8, root, "renamed"u8);
        Assert.True(After(CrashMode.OnlyFlushed).TryGetStatus("/file", out _));
        root.FlushFileSystem();
        Assert.False(After(CrashMode.OnlyFlushed).TryGetStatus("/file", out _));
        Assert.Equal("oth"u8.ToArray(), After(CrashMode.OnlyFlushed).ReadAllBytes("/renamed"));
    }

    [Fact]
    public void Chance_keeps_the_order_of_names_and_tries_every_prefix()
    {
        using var root = fileSystem.OpenDirectory("/");
        for (var i = 0; i < 5; i++)
        {
            root.CreateDirectory(Encoding.ASCII.GetBytes($"d{i}"), 0x1C0);
        }
        var seen = new HashSet<int>();
        for (var seed = 0; seed < 200; seed++)
        {
            using var after = fileSystem.AfterCrash(CrashMode.Random, seed).OpenDirectory("/");
            var listing = after.List();
            for (var i = 0; i < listing.Count; i++)
            {
                Assert.Equal($"d{i}", MemoryFileSystem.Decode(listing.NameOf(i).Span));
            }
            seen.Add(listing.Count);
        }
        Assert.Equal([0, 1, 2, 3, 4, 5], seen.Order());
    }

    [Fact]
    public void Chance_writes_pages_in_any_order_and_each_as_it_once_was()
    {
        using var root = fileSystem.OpenDirectory("/");
        using var file = root.CreateFile("file"u8, 0x180);
        file.SetLength(3 * 4096);
        root.FlushFileSystem();
        for (byte value = 1; value <= 2; value++)
        {
            file.Write(Enumerable.Repeat(value, 3 * 4096).ToArray(), 0);
        }
        root.Flush();
        var seen = new HashSet<string>();
        for (var seed = 0; seed < 1000; seed++)
        {
            var bytes = fileSystem.AfterCrash(CrashMode.Random, seed).ReadAllBytes("/file");
            var pages = bytes.Chunk(4096).Select(page => page.Distinct().Count() == 1 ? $"{page[0]}" : "torn").ToArray();
            if (!pages.Contains("torn"))
            {
                seen.Add(string.Join(' ', pages));
            }
        }
        Assert.Equal(27, seen.Count);
    }

    [Fact]
    public void Only_the_last_write_is_torn_and_only_at_sectors()
    {
        using var root = fileSystem.OpenDirectory("/");
        using var file = root.CreateFile("file"u8, 0x180);
        file.SetLength(8192);
        root.FlushFileSystem();
        file.Write(Enumerable.Repeat((byte)1, 4096).ToArray(), 0);
        file.Write(Enumerable.Repeat((byte)2, 1024).ToArray(), 4096 + 512);
        var torn = new HashSet<string>();
        for (var seed = 0; seed < 500; seed++)
        {
            var bytes = fileSystem.AfterCrash(CrashMode.Random, seed).ReadAllBytes("/file");
            Assert.Single(bytes[..4096].Distinct());
            Assert.All(bytes.Chunk(512), sector => Assert.Single(sector.Distinct()));
            torn.Add($"{bytes[4096 + 512]}{bytes[4096 + 1024]}");
        }
        Assert.Equal(["00", "02", "20", "22"], torn.Order());
        file.Flush();
        Assert.Equal(2, After(CrashMode.Random).ReadAllBytes("/file")[4096 + 512]);
    }

    [Fact]
    public void Lengths_and_cut_outs_keep_their_order()
    {
        fileSystem.CanShareAndCollapse = true;
        using var root = fileSystem.OpenDirectory("/");
        using var file = root.CreateFile("file"u8, 0x180);
        file.Write(Enumerable.Range(0, 4).SelectMany(value => Enumerable.Repeat((byte)(value + 1), 4096)).ToArray(), 0);
        root.FlushFileSystem();
        Assert.True(file.TryCollapse(4096, 4096));
        file.SetLength(2 * 4096);
        var seen = new HashSet<string>();
        for (var seed = 0; seed < 100; seed++)
        {
            var bytes = fileSystem.AfterCrash(CrashMode.Random, seed).ReadAllBytes("/file");
            seen.Add(string.Concat(bytes.Chunk(4096).Select(page => page[0])));
        }
        Assert.Equal(["1234", "13", "134"], seen.Order());
    }

    [Fact]
    public void After_the_crash_nothing_works_any_more()
    {
        using var root = fileSystem.OpenDirectory("/");
        using var file = root.CreateFile("file"u8, 0x180);
        root.FlushFileSystem();
        fileSystem.Faults = FaultPlan.CrashAt(2);
        file.Write("a"u8, 0);
        Assert.Throws<SimulatedCrash>(() => file.Write("b"u8, 1));
        Assert.Throws<SimulatedCrash>(() => file.Write("c"u8, 2));
        Assert.Throws<SimulatedCrash>(() => file.Read(new byte[1], 0));
        Assert.Throws<SimulatedCrash>(() => root.List());
        Assert.Throws<SimulatedCrash>(() => fileSystem.OpenDirectory("/"));
        Assert.Equal("ab"u8.ToArray(), After(CrashMode.Everything).ReadAllBytes("/file"));
        Assert.Equal([], After(CrashMode.OnlyFlushed).ReadAllBytes("/file"));
    }

    [Fact]
    public void A_flush_that_crashed_flushed_nothing()
    {
        using var root = fileSystem.OpenDirectory("/");
        using var file = root.CreateFile("file"u8, 0x180);
        root.Flush();
        file.Write("a"u8, 0);
        fileSystem.Faults = FaultPlan.CrashAt(1);
        Assert.Throws<SimulatedCrash>(() => file.Flush());
        Assert.Equal([], After(CrashMode.OnlyFlushed).ReadAllBytes("/file"));
    }

    [Fact]
    public void The_operation_that_fails_does_nothing_or_half()
    {
        using var root = fileSystem.OpenDirectory("/");
        using var file = root.CreateFile("file"u8, 0x180);
        fileSystem.Faults = FaultPlan.FailAt(2, FileError.InputOutput);
        file.Write("abcd"u8, 0);
        Assert.Equal(FileError.InputOutput, Assert.Throws<FileSystemException>(() => file.Write("efgh"u8, 4)).Error);
        Assert.Equal(4, file.Length);
        file.Write("efgh"u8, 4);
        fileSystem.Faults = FaultPlan.FailAt(1, FileError.NoSpace, isPartial: true, isLasting: true);
        Assert.Equal(FileError.NoSpace, Assert.Throws<FileSystemException>(() => file.Write("ijkl"u8, 8)).Error);
        Assert.Equal("abcdefghij"u8.ToArray(), fileSystem.ReadAllBytes("/file"));
        Assert.Equal(FileError.NoSpace, Assert.Throws<FileSystemException>(() => root.RemoveFile("file"u8)).Error);
        Assert.StartsWith("write", fileSystem.Faults.Hit, StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_disk_takes_what_fits()
    {
        fileSystem.Capacity = 10 * 4096;
        using var root = fileSystem.OpenDirectory("/");
        using var file = root.CreateFile("file"u8, 0x180);
        file.SetLength(1 << 20);
        Assert.Equal(FileError.NoSpace, Assert.Throws<FileSystemException>(() => file.Write(new byte[11 * 4096], 0)).Error);
        Assert.Equal(0, fileSystem.FreeSpace("/"));
        file.SetLength(4096);
        Assert.Equal(9 * 4096, fileSystem.FreeSpace("/"));
        root.RemoveFile("file"u8);
        Assert.Equal(10 * 4096, fileSystem.FreeSpace("/"));
    }

    [Fact]
    public void A_mount_point_is_busy_and_a_file_system_of_its_own()
    {
        fileSystem.CreateDirectories("/a/mounted/inside");
        using (fileSystem.OpenOrCreate("/a/file"))
        {
        }
        fileSystem.MarkMountPoint("/a/mounted");
        fileSystem.MarkMountPoint("/a/file");
        Assert.Equal(["/a/file", "/a/mounted"], fileSystem.MountPointsBelow("/"));
        Assert.Empty(fileSystem.MountPointsBelow("/a/mounted"));
        using var a = fileSystem.OpenDirectory("/a");
        using var mounted = a.OpenDirectory("mounted"u8);
        using (a.CreateFile("other"u8, 0x180))
        {
        }
        Assert.Equal(FileError.Busy, ErrorOf(() => a.Rename("mounted"u8, a, "x"u8)));
        Assert.Equal(FileError.Busy, ErrorOf(() => a.RemoveDirectory("mounted"u8)));
        Assert.Equal(FileError.Busy, ErrorOf(() => a.RemoveFile("file"u8)));
        Assert.Equal(FileError.Busy, ErrorOf(() => a.Rename("other"u8, a, "file"u8)));
        Assert.Equal(FileError.CrossDevice, ErrorOf(() => a.Rename("other"u8, mounted, "x"u8)));
        Assert.Equal(FileError.CrossDevice, ErrorOf(() => mounted.CreateHardLink("x"u8, a, "other"u8)));
        Assert.True(a.TryGetStatus("mounted"u8, out var status));
        Assert.True(status.IsMountRoot);
        mounted.CreateDirectory("new"u8, 0x1C0);
        a.FlushFileSystem();
        Assert.False(After(CrashMode.OnlyFlushed).TryGetStatus("/a/mounted/new", out _));
        mounted.FlushFileSystem();
        Assert.True(After(CrashMode.OnlyFlushed).TryGetStatus("/a/mounted/new", out _));
    }

    private static FileError ErrorOf(Action action) => Assert.Throws<FileSystemException>(action).Error;

    private MemoryFileSystem After(CrashMode mode) => fileSystem.AfterCrash(mode);

    /// <summary>Does the same at random to either file system and tells what each call answered.</summary>
    private static List<string> Walk(IFileSystem target, string path, int seed)
    {
        var random = new Random(seed);
        var answers = new List<string>();
        using var root = target.OpenDirectory(path);
        var directories = new List<IDirectory> { root };
        for (var i = 0; i < 150; i++)
        {
            var directory = directories[random.Next(directories.Count)];
            var other = directories[random.Next(directories.Count)];
            var (name, newName) = (Name(), Name());
            var (offset, data) = (random.Next(20_000), new byte[random.Next(10_000)]);
            random.NextBytes(data);
            var mode = random.Next(0x200) | 0x180;
            answers.Add($"{i}: " + Answer(random.Next(12) switch
            {
                0 => () =>
                {
                    directory.CreateDirectory(name, 0x1C0);
                    directories.Add(directory.OpenDirectory(name));
                }
                ,
                1 or 2 or 3 => () =>
                {
                    using var file = directory.CreateFile(name, 0x180);
                    file.Write(data, offset);
                }
                ,
                4 => () =>
                {
                    using var file = directory.OpenFileForWriting(name);
                    file.Write(data, offset);
                    file.SetLength(offset + (data.Length / 2));
                }
                ,
                5 => () => directory.CreateSymbolicLink(name, newName),
                6 => () => directory.CreateHardLink(name, other, newName),
                7 or 8 => () => directory.Rename(name, other, newName),
                9 => () => directory.RemoveFile(name),
                10 => () => directory.RemoveDirectory(name),
                _ => () =>
                {
                    using var file = directory.OpenFileForWriting(name);
                    file.SetMetadata(new FileMetadata { Kind = FileKind.Regular, Mode = mode, ModifiedAt = new Timestamp(offset, 0) });
                }
                ,
            }));
        }
        directories.ForEach(directory => directory.Dispose());
        return answers;

        byte[] Name() => [(byte)('a' + random.Next(5))];

        static string Answer(Action action)
        {
            try
            {
                action();
                return "done";
            }
            catch (FileSystemException exception)
            {
                return exception.Error is FileError.NotEmpty ? nameof(FileError.Exists) : exception.Error.ToString();
            }
        }
    }
}
