using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.FileSystem.Portable;
using Snapshotter.Engine.Tests.FileSystem;

namespace Snapshotter.Engine.Tests.Strict;

/// <summary>That the strict file system refuses what NTFS refuses, for else passing on it would prove nothing.</summary>
public sealed class StrictFileSystemTests : IDisposable
{
    private readonly Support.TempFolder folder = new();
    private readonly StrictFileSystem strict = StrictRun.Begin();
    private readonly IDirectory root;

    public StrictFileSystemTests()
    {
        folder.WriteFile("a", "a");
        folder.WriteFile("b", "b");
        folder.WriteFile("sub/deeper/c", "c");
        root = strict.OpenDirectory(folder.Path);
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_engine_uses_it() => Assert.IsType<PatientFileSystem>(PlatformFileSystem.Current);

    [Theory]
    [InlineData(true, FileShare.ReadWrite | FileShare.Delete, "")]
    [InlineData(true, FileShare.ReadWrite, nameof(FileError.AccessDenied))]
    [InlineData(false, FileShare.ReadWrite | FileShare.Delete, nameof(FileError.AccessDenied))]
    public void Nothing_is_renamed_over_what_is_open(bool replacesOpenFiles, FileShare share, string error)
    {
        var other = new StrictFileSystem { ReplacesOpenFiles = replacesOpenFiles };
        using var directory = other.OpenDirectory(folder.Path);
        using (other.OpenElsewhere(folder["b"], share))
        {
            Assert.Equal(error, ErrorOf(() => directory.Rename("a"u8, directory, "b"u8))?.ToString() ?? "");
        }
    }

    [Fact]
    public void Nothing_open_is_renamed_or_removed_unless_that_is_shared()
    {
        using (strict.OpenElsewhere(folder["a"], FileShare.ReadWrite))
        {
            Assert.Equal(FileError.InUse, ErrorOf(() => root.Rename("a"u8, root, "x"u8)));
            Assert.Equal(FileError.InUse, ErrorOf(() => root.RemoveFile("a"u8)));
            Assert.Equal(FileError.InUse, root.AskForWriting("a"u8));
        }

        using (root.OpenFile("a"u8))
        {
            root.Rename("a"u8, root, "x"u8);
        }
    }

    [Fact]
    public void A_folder_with_something_open_in_it_is_not_renamed()
    {
        using (strict.OpenElsewhere(folder["sub", "deeper", "c"], FileShare.ReadWrite | FileShare.Delete))
        {
            Assert.Equal(FileError.AccessDenied, ErrorOf(() => root.Rename("sub"u8, root, "x"u8)));
        }

        root.Rename("sub"u8, root, "x"u8);
    }

    [Fact]
    public void What_is_read_only_is_neither_replaced_nor_removed_nor_written_to()
    {
        File.SetAttributes(folder["b"], FileAttributes.ReadOnly);
        Directory.CreateDirectory(folder["empty"]);
        strict.MakeReadOnly(folder["empty"]);
        Assert.Equal(FileError.AccessDenied, ErrorOf(() => root.Rename("a"u8, root, "b"u8)));
        Assert.Equal(FileError.AccessDenied, ErrorOf(() => root.RemoveFile("b"u8)));
        Assert.Equal(FileError.AccessDenied, ErrorOf(() => root.OpenFileForWriting("b"u8).Dispose()));
        Assert.Equal(FileError.AccessDenied, ErrorOf(() => root.RemoveDirectory("empty"u8)));
        root.Rename("b"u8, root, "x"u8);
    }

    [Fact]
    public void A_file_is_opened_as_those_who_have_it_open_share_it()
    {
        using (strict.OpenElsewhere(folder["a"], FileShare.None))
        {
            Assert.Equal(FileError.InUse, ErrorOf(() => root.OpenFile("a"u8).Dispose()));
        }

        using (strict.OpenElsewhere(folder["a"], FileShare.Read))
        {
            root.OpenFile("a"u8).Dispose();
            Assert.Equal(FileError.InUse, ErrorOf(() => root.OpenFileForWriting("a"u8).Dispose()));
        }
    }

    [Fact]
    public void A_removed_name_is_nobodys_until_it_is_closed()
    {
        using (var directory = root.OpenDirectory("sub"u8))
        using (var inner = directory.OpenDirectory("deeper"u8))
        {
            using (inner.OpenFile("c"u8))
            {
                inner.RemoveFile("c"u8);
                Assert.Equal(1, inner.List().Count);
                Assert.Equal(FileError.AccessDenied, ErrorOf(() => inner.TryGetStatus("c"u8, out _)));
                Assert.Equal(FileError.AccessDenied, ErrorOf(() => inner.OpenFile("c"u8).Dispose()));
                Assert.Equal(FileError.NotEmpty, ErrorOf(() => directory.RemoveDirectory("deeper"u8)));
            }

            Assert.False(inner.TryGetStatus("c"u8, out _));
            directory.RemoveDirectory("deeper"u8);
        }
    }

    [Fact]
    public async Task A_folder_whose_last_file_is_still_being_closed_is_waited_for()
    {
        var patient = new PatientFileSystem(strict, StrictRun.Brief);
        using var directory = patient.OpenDirectory(folder["sub"]);
        using var inner = directory.OpenDirectory("deeper"u8);
        var held = strict.OpenElsewhere(folder["sub", "deeper", "c"], FileShare.ReadWrite | FileShare.Delete);
        inner.RemoveFile("c"u8);
        var closing = Task.Delay(100, TestContext.Current.CancellationToken).ContinueWith(_ => held.Dispose(), TaskScheduler.Default);
        directory.RemoveDirectory("deeper"u8);
        await closing;
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder["sub"]));
    }

    [Fact]
    public void Names_that_Windows_reserves_are_refused()
    {
        Assert.Equal(FileError.InvalidArgument, ErrorOf(() => root.CreateFile("what?"u8, 0x180)));
        Assert.Equal(FileError.InvalidArgument, ErrorOf(() => root.CreateDirectory("a:b"u8, 0x180)));
    }

    private static FileError? ErrorOf(Action action) =>
        Record.Exception(action) is { } e ? Assert.IsType<FileSystemException>(e).Error : null;
}

/// <summary>What every file system promises, through the layer that waits for others.</summary>
public sealed class PatientFileSystemTests : FileSystemContract
{
    private protected override IFileSystem FileSystem { get; } = new PatientFileSystem(new PortableFileSystem(), StrictRun.Brief);
}
