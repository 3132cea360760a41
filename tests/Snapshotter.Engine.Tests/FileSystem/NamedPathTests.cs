using System.Runtime.Versioning;
using Snapshotter.Engine.Archive;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.FileSystem.Linux;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.FileSystem;

/// <summary>Links on paths that the user named: those that root or this user made lead on, those that others control do not.</summary>
[SupportedOSPlatform("linux")]
public sealed class NamedPathTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly LinuxFileSystem fileSystem = new();

    public NamedPathTests()
    {
        folder.WriteFile("real/inner/file", "content");
        Directory.CreateDirectory(folder["home"]);
    }

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("link", "real", "link/inner/file")]
    [InlineData("link", "real/inner/file", "link")]
    [InlineData("link", "./real/", "link/inner/../inner/./file")]
    [InlineData("link", "../{0}/real", "link/inner/file")]
    [InlineData("link", "{1}/real/inner", "link//file")]
    [InlineData("real/up", "..", "real/up/real/up/real/inner/file")]
    public void Links_of_our_own_lead_on(string link, string target, string path)
    {
        File.CreateSymbolicLink(folder[link], target.Replace("{0}", Path.GetFileName(folder.Path)).Replace("{1}", folder.Path));
        Opens(folder[path]);
    }

    [Fact]
    public void Paths_of_open_files_lead_on()
    {
        using var file = File.OpenHandle(folder["real/inner/file"]);
        Opens($"/proc/self/fd/{file.DangerousGetHandle()}");
        Opens($"/dev/fd/{file.DangerousGetHandle()}");
        Opens($"/proc/self/cwd/{Path.GetRelativePath(Environment.CurrentDirectory, folder["real/inner/file"])}");
        Opens($"/proc/self/root{folder["real/inner/file"]}");
        Assert.True(fileSystem.TryGetStatus("/proc/self/", out var status));
        Assert.Equal(FileKind.Directory, status.Kind);
    }

    [Theory]
    [InlineData("missing", nameof(FileError.NotFound))]
    [InlineData("real/inner/file/", nameof(FileError.NotADirectory))]
    [InlineData("real/inner/file/x", nameof(FileError.NotADirectory))]
    [InlineData("dangling", nameof(FileError.NotFound))]
    [InlineData("dangling/x", nameof(FileError.NotFound))]
    [InlineData("loop", nameof(FileError.SymbolicLink))]
    [InlineData("tofile/", nameof(FileError.NotADirectory))]
    [InlineData("tofile/x", nameof(FileError.NotADirectory))]
    public void Errors_are_those_of_the_system(string path, string error)
    {
        File.CreateSymbolicLink(folder["dangling"], "nowhere");
        File.CreateSymbolicLink(folder["loop"], "loop");
        File.CreateSymbolicLink(folder["tofile"], "real/inner/file");
        Assert.Equal(error, Assert.Throws<FileSystemException>(() => fileSystem.OpenFile(folder.Path + "/" + path, FileAccessKind.Read).Dispose()).Error.ToString());
    }

    [Fact]
    public void Directories_are_created_where_there_are_none()
    {
        fileSystem.CreateDirectories(folder["link2/a/b"]);
        Assert.True(Directory.Exists(folder["link2/a/b"]));
    }

    [Theory]
    [InlineData("home/data", "real")]
    [InlineData("home/data", "real/inner/file")]
    public void A_link_of_another_user_is_refused(string link, string target)
    {
        AsOther(() => File.CreateSymbolicLink(folder[link], folder[target]));
        Refuses(folder[link], folder[link] + "/inner/file", folder[link] + "/");
    }

    [Fact]
    public void Root_s_own_link_is_refused_where_another_user_may_have_renamed_it()
    {
        RootOnly();
        AsOther(() => { });
        File.CreateSymbolicLink(folder["home/roots"], folder["real"]);
        Refuses(folder["home/roots"], folder["home/roots/inner/file"]);
    }

    [Fact]
    public void A_link_in_a_folder_for_all_is_refused_unless_it_cannot_be_exchanged()
    {
        RootOnly();
        File.CreateSymbolicLink(folder["home/link"], folder["real"]);
        File.SetUnixFileMode(folder["home"], (UnixFileMode)0x1FF);
        Refuses(folder["home/link"]);
        File.SetUnixFileMode(folder["home"], (UnixFileMode)0x3FF);
        Opens(folder["home/link/inner/file"]);
        using (var home = fileSystem.OpenDirectory(folder["home"]))
        {
            home.CreateHardLink("second"u8, home, "link"u8);
        }

        Refuses(folder["home/second"]);
    }

    [Fact]
    public void A_link_below_one_of_our_own_is_looked_at_too()
    {
        AsOther(() => File.CreateSymbolicLink(folder["home/data"], folder["real"]));
        File.CreateSymbolicLink(folder["mine"], "home/data");
        File.CreateSymbolicLink(folder["deep"], "home/data/inner/file");
        Refuses(folder["mine"], folder["deep"], folder["mine/inner/file"]);
    }

    private void Opens(string path)
    {
        using var file = fileSystem.OpenFile(path, FileAccessKind.Read);
        Span<byte> content = stackalloc byte[20];
        Assert.Equal("content"u8, content[..file.Read(content, 0)]);
        Assert.True(fileSystem.TryGetStatus(path, out var status));
        file.GetStatus(out var opened);
        Assert.Equal(opened.Id, status.Id);
    }

    private void Refuses(params string[] paths)
    {
        foreach (string path in paths)
        {
            Assert.Equal(FileError.UntrustedLink, Assert.Throws<FileSystemException>(() => fileSystem.OpenFile(path, FileAccessKind.Read)).Error);
            Assert.Equal(FileError.UntrustedLink, Assert.Throws<FileSystemException>(() => fileSystem.OpenDirectory(path)).Error);
            Assert.Equal(FileError.UntrustedLink, Assert.Throws<FileSystemException>(() => fileSystem.TryGetStatus(path, out _)).Error);
            Assert.Equal(FileError.UntrustedLink, Assert.Throws<FileSystemException>(() => fileSystem.CreateDirectories(path + "/new")).Error);
            Assert.Equal(FileError.UntrustedLink, Assert.Throws<FileSystemException>(() => FilePlace.Find(fileSystem, path.TrimEnd('/'))).Error);
        }

        Assert.False(Path.Exists(folder["real/new"]));
    }

    /// <summary>In the folder home, which then belongs to another user.</summary>
    private void AsOther(Action action)
    {
        RootOnly();
        File.SetUnixFileMode(folder.Path, (UnixFileMode)0x1ED);
        Tool.Run("chown", "65534:65534", folder["home"]);
        OrdinaryUser.Run(action);
    }

    private static void RootOnly()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Assert.Skip("Only root can make links of other users.");
        }
    }
}
