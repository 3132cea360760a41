using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.FileSystem.Portable;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.FileSystem;

/// <summary>The contract for the implementation of Windows and macOS, and its own rules.</summary>
[OnWindowsToo]
public sealed class PortableFileSystemTests : FileSystemContract
{
    private protected override IFileSystem FileSystem { get; } = new PortableFileSystem();

    public override void Dispose()
    {
        base.Dispose();
        foreach (var lockFile in Directory.GetFiles(Path.GetTempPath(), "snapshotter-*er.lock"))
        {
            File.Delete(lockFile);
        }
    }

    [Theory]
    [InlineData("a")]
    [InlineData("con1")]
    [InlineData("CONSOLE")]
    [InlineData("com")]
    [InlineData("com10")]
    [InlineData(".hidden")]
    [InlineData("a.b.c")]
    [InlineData("é 日本")]
    [InlineData("CON")]
    [InlineData("con")]
    [InlineData("nul.txt")]
    [InlineData("Aux.tar.gz")]
    [InlineData("PRN ")]
    [InlineData("nul .txt")]
    [InlineData("COM1")]
    [InlineData("lpt9.log")]
    [InlineData("com²")]
    [InlineData("CONIN$")]
    [InlineData("trailing.")]
    [InlineData("trailing ")]
    public void Names_Windows_can_hold(string name) => Assert.True(PortablePath.IsAllowedOnWindows(name));

    [Theory]
    [InlineData("")]
    [InlineData("a:b")]
    [InlineData("c:")]
    [InlineData("a\\b")]
    [InlineData("a*")]
    [InlineData("what?")]
    [InlineData("<a>")]
    [InlineData("a|b")]
    [InlineData("a\"b")]
    [InlineData("a\u0001")]
    public void Names_Windows_refuses_or_changes(string name)
    {
        Assert.False(PortablePath.IsAllowedOnWindows(name));
        Assert.False(PortablePath.TryDecode(Utf8(name), windowsRules: true, out _));
    }

    [Theory]
    [InlineData(@"C:\folder\CON.", @"\\?\C:\folder\CON.")]
    [InlineData(@"\\server\share\x", @"\\?\UNC\server\share\x")]
    [InlineData(@"\\?\C:\x", @"\\?\C:\x")]
    public void Paths_for_the_calls_of_Windows(string path, string native)
    {
        Assert.Equal(native, PortablePath.ToNative(path, windows: true));
        Assert.Equal(path, PortablePath.ToNative(path, windows: false));
    }

    [Fact]
    public void Names_that_Windows_takes_for_devices_are_files_like_others()
    {
        using var root = OpenRoot();
        foreach (var name in new[] { "CON", "nul.txt", "COM1", "trailing.", "trailing ", "aux" })
        {
            WriteFile(root, name, Utf8(name));
            Assert.Equal(Utf8(name), ReadFile(root, name));
            Assert.True(root.TryGetStatus(Utf8(name), out var status));
            Assert.Equal((FileKind.Regular, (long)name.Length), (status.Kind, status.Size));
        }

        root.CreateDirectory("prn"u8, 0x1C0);
        using (var directory = root.OpenDirectory("prn"u8))
        {
            WriteFile(directory, "lpt1. ", "x"u8);
            directory.Rename("lpt1. "u8, root, "nul"u8);
        }

        root.RemoveDirectory("prn"u8);
        Assert.Equal(7, root.List().Count);
        foreach (var name in new[] { "CON", "nul.txt", "COM1", "trailing.", "trailing ", "aux", "nul" })
        {
            root.RemoveFile(Utf8(name));
        }

        Assert.Equal(0, root.List().Count);
    }

    [Fact]
    public void Names_that_are_no_text_are_refused() => Assert.False(PortablePath.TryDecode([0xFF], windowsRules: false, out _));

    [Fact]
    public void Attributes_are_a_loss()
    {
        using var root = OpenRoot();
        using var file = root.CreateFile("file"u8, 0x180);
        var metadata = new FileMetadata
        {
            Kind = FileKind.Regular,
            Mode = 0x1A4,
            Attributes = [new("user.x"u8.ToArray(), [1])],
        };
        Assert.Equal(MetadataLoss.Attributes, file.SetMetadata(metadata));
        Assert.Equal(FileError.NotSupported, ErrorOf(() => root.CreateNode("fifo"u8, FileKind.Fifo, 0x180, 0, 0)));
    }

    [Fact]
    public void A_time_beyond_the_calendar_is_a_loss()
    {
        using var root = OpenRoot();
        using var file = root.CreateFile("file"u8, 0x180);
        foreach (var seconds in new[] { long.MinValue, -62_135_596_801, 253_402_300_800, long.MaxValue })
        {
            var metadata = new FileMetadata { Kind = FileKind.Regular, Mode = 0x1A4, ModifiedAt = new Timestamp(seconds, 0) };
            Assert.Equal(MetadataLoss.Times, file.SetMetadata(metadata));
        }
    }

    [Theory]
    [InlineData(0, -11_644_473_600, 0)]
    [InlineData(116_444_736_000_000_000, 0, 0)]
    [InlineData(116_444_735_999_999_999, -1, 999_999_900)]
    [InlineData(116_444_736_000_000_001, 0, 100)]
    public void File_times_of_Windows(long fileTime, long seconds, int nanoseconds) =>
        Assert.Equal(new Timestamp(seconds, nanoseconds), PortableTime.FromFileTime(fileTime));
}
