using System.Runtime.Versioning;
using System.Text;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.FileSystem.Linux;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.FileSystem;

/// <summary>Files that take their place in one step, and the folders that they are written in.</summary>
[SupportedOSPlatform("linux")]
public sealed class AtomicFileTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly LinuxFileSystem fileSystem = new();
    private readonly IDirectory directory;

    public AtomicFileTests() => directory = fileSystem.OpenDirectory(folder.Path);

    public void Dispose()
    {
        directory.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void It_replaces_what_stands_there_and_leaves_nothing_else()
    {
        folder.WriteFile("name", "old");
        using (var file = AtomicFile.Create(directory))
        {
            file.File.Write("new"u8, 0);
            Assert.Equal("old", File.ReadAllText(folder["name"]));
            file.PutInPlace("name"u8, durable: true);
        }

        Assert.Equal("new", File.ReadAllText(folder["name"]));
        Assert.Equal(["name"], Names());
    }

    [Fact]
    public void Given_up_it_leaves_nothing()
    {
        folder.WriteFile("name", "old");
        using (var file = AtomicFile.Create(directory))
        {
            file.File.Write("new"u8, 0);
        }

        Assert.Equal("old", File.ReadAllText(folder["name"]));
        Assert.Equal(["name"], Names());
    }

    [Fact]
    public void What_is_in_use_is_not_removed_by_another()
    {
        using var file = AtomicFile.Create(directory);
        file.File.Write("new"u8, 0);
        AtomicFile.RemoveLeftovers(directory, fileSystem.Traits);
        file.PutInPlace("name"u8, durable: false);
        Assert.Equal("new", File.ReadAllText(folder["name"]));
    }

    [Fact]
    public void What_a_killed_process_left_is_removed_by_the_next()
    {
        using (var dead = PrivateFolder.Create(directory))
        {
            dead.Directory.CreateFile("file"u8, 0x1A4).Dispose();
        }

        Assert.Single(Names());
        AtomicFile.RemoveLeftovers(directory, fileSystem.Traits);
        Assert.Empty(Names());
    }

    [Fact]
    public void It_inherits_nothing_and_is_open_to_its_owner_only()
    {
        File.SetUnixFileMode(folder.Path, (UnixFileMode)0x5FF); // rwxrws--- and all others too
        using var made = PrivateFolder.Create(directory);
        made.Directory.GetStatus(out var status);
        Assert.Equal(Ownership.Of(fileSystem.Traits), Ownership.Of(status));
    }

    [Theory]
    [InlineData(0x1ED, false)]
    [InlineData(0x1C0, true)]
    [InlineData(0x1F8, false)]
    [InlineData(0x3C0, false)]
    public void Only_what_is_ours_alone_is_taken_over(int mode, bool isOurs)
    {
        byte[] name = TemporaryName.New();
        directory.CreateDirectory(name, 0x1C0);
        File.SetUnixFileMode(folder[Encoding.ASCII.GetString(name)], (UnixFileMode)mode);
        var state = PrivateFolder.TryTake(directory, name, Ownership.Of(fileSystem.Traits), out var taken);
        taken?.Dispose();
        Assert.Equal(isOurs ? PrivateFolderState.Left : PrivateFolderState.Foreign, state);
    }

    [Fact]
    public void What_another_user_made_is_not_taken_over()
    {
        byte[] name = TemporaryName.New();
        if (Environment.IsPrivilegedProcess)
        {
            File.SetUnixFileMode(folder.Path, (UnixFileMode)0x1FF);
            OrdinaryUser.Run(() => Directory.CreateDirectory(folder[Encoding.ASCII.GetString(name)], (UnixFileMode)0x1C0));
        }
        else
        {
            directory.CreateSymbolicLink(name, "/root"u8);
        }

        Assert.Equal(PrivateFolderState.Foreign, PrivateFolder.TryTake(directory, name, Ownership.Of(fileSystem.Traits), out _));
    }

    [Fact]
    public void A_link_to_one_of_ours_is_not_taken_over()
    {
        using var dead = PrivateFolder.Create(directory);
        dead.Dispose();
        byte[] name = TemporaryName.New();
        directory.CreateSymbolicLink(name, dead.Name);
        Assert.Equal(PrivateFolderState.Foreign, PrivateFolder.TryTake(directory, name, Ownership.Of(fileSystem.Traits), out _));
    }

    [Fact]
    public void Many_who_make_and_clean_at_once_do_not_disturb_each_other()
    {
        Parallel.For(0, 8, worker =>
        {
            using var own = fileSystem.OpenDirectory(folder.Path);
            for (int i = 0; i < 100; i++)
            {
                AtomicFile.RemoveLeftovers(own, fileSystem.Traits);
                using var file = AtomicFile.Create(own);
                file.File.Write(Encoding.ASCII.GetBytes($"{worker} {i}"), 0);
                file.PutInPlace(Encoding.ASCII.GetBytes($"{worker}"), durable: false);
                Assert.Equal($"{worker} {i}", File.ReadAllText(folder[$"{worker}"]));
            }
        });
        Assert.Equal(8, Names().Length);
    }

    [Theory]
    [InlineData(".snapshotter-0123456789abcdef0123456789abcdef", true)]
    [InlineData(".snapshotter-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", true)]
    [InlineData(".snapshotter-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.part", false)]
    [InlineData(".snapshotter-0123456789ABCDEF0123456789abcdef", false)]
    [InlineData(".snapshotter-0123456789abcdef", false)]
    [InlineData(".snapshotter-config", false)]
    [InlineData(".snapshotter-", false)]
    [InlineData("x.snapshotter-0123456789abcdef0123456789abcdef", false)]
    [InlineData(".snapshotter-0123456789abcdef0123456789abcdef.old", false)]
    public void Names_have_one_form(string name, bool isOne)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(name);
        Assert.Equal(isOne, TemporaryName.IsOne(bytes));
        Assert.Equal(isOne, TemporaryName.IsOnPath([.. "a/b/"u8, .. bytes, .. "/c"u8]));
        Assert.True(TemporaryName.IsOne(TemporaryName.New()));
        Assert.NotEqual(TemporaryName.New(), TemporaryName.New());
    }

    private string[] Names() => [.. Directory.GetFileSystemEntries(folder.Path).Select(p => Path.GetFileName(p)).Order(StringComparer.Ordinal)];
}
