using System.Text;
using Snapshotter.Engine.Config;
using Snapshotter.Engine.Entries;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.FileSystem.Portable;
using Snapshotter.Engine.Restoring;
using Snapshotter.Engine.Tar;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.RoundTrips;

/// <summary>What files of Windows have and those of Unix do not.</summary>
[OnWindowsToo]
public sealed class WindowsMetadataTests : IDisposable
{
    private readonly TempFolder folder = new();

    private string Archive => folder["backup.tar"];

    private VolumeConfig Config => new() { Prefix = "p", Volumes = [new VolumeSpec { Target = "/volume", Source = folder["volume"] }] };

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Entries_have_them_as_tars_of_Windows_containers_do()
    {
        var entry = new TarEntry
        {
            Name = "a"u8.ToArray(),
            Type = TypeFlag.SymbolicLink,
            LinkName = "C:/x"u8.ToArray(),
            WindowsAttributes = 0x412,
            IsJunction = true,
            CreatedSeconds = -1,
            CreatedNanoseconds = 999_999_900,
        };
        var output = new BlockBuffer();
        TarEncoder.Encode(entry, output, 0, alignData: false);
        output.Append(TarLayout.EndMarkerSize);
        byte[] tar = output.Slice(0, output.Length).ToArray();
        string text = Encoding.ASCII.GetString(tar);
        Assert.Contains(" MSWINDOWS.fileattr=1042\n", text, StringComparison.Ordinal);
        Assert.Contains(" MSWINDOWS.mountpoint=1\n", text, StringComparison.Ordinal);
        Assert.Contains(" LIBARCHIVE.creationtime=-0.000000100\n", text, StringComparison.Ordinal);

        var read = Read(tar);
        Assert.Equal((0x412u, true), (read.WindowsAttributes!.Value, read.IsJunction));
        Assert.Equal((-1, 999_999_900), (read.CreatedSeconds!.Value, read.CreatedNanoseconds));
        Assert.Equal(LinkKind.Junction, EntryMetadata.LinkKindOf(read));
    }

    [Theory]
    [InlineData("MSWINDOWS.fileattr=32", "MSWINDOWS.fileattr=-2")]
    [InlineData("MSWINDOWS.fileattr=32", "MSWINDOWS.fileattr=xx")]
    [InlineData("LIBARCHIVE.creationtime=12", "LIBARCHIVE.creationtime=ab")]
    public void What_makes_no_sense_is_as_good_as_nothing(string written, string instead)
    {
        var entry = new TarEntry { Name = "a"u8.ToArray(), WindowsAttributes = 32, CreatedSeconds = 12 };
        var output = new BlockBuffer();
        TarEncoder.Encode(entry, output, 0, alignData: false);
        output.Append(TarLayout.EndMarkerSize);
        byte[] tar = output.Slice(0, output.Length).ToArray();
        int at = tar.AsSpan().IndexOf(Encoding.ASCII.GetBytes(written));
        Encoding.ASCII.GetBytes(instead).CopyTo(tar, at);
        var read = Read(tar);
        Assert.Null(written.StartsWith("MS", StringComparison.Ordinal) ? read.WindowsAttributes : read.CreatedSeconds);
    }

    [Theory]
    [InlineData(null, false, LinkKind.Unknown)]
    [InlineData(0x420u, false, LinkKind.File)]
    [InlineData(0x410u, false, LinkKind.Directory)]
    [InlineData(0x410u, true, LinkKind.Junction)]
    internal void The_kind_of_a_link_is_what_it_was(uint? attributes, bool isJunction, LinkKind kind) =>
        Assert.Equal(kind, EntryMetadata.LinkKindOf(new TarEntry { WindowsAttributes = attributes, IsJunction = isJunction }));

    [Fact]
    public void A_junctions_data_is_what_Windows_wants()
    {
        byte[] data = Junction.Encode(@"C:\to");
        Assert.Equal("030000A0", Convert.ToHexString(data[..4]));
        Assert.Equal(data.Length - 8, BitConverter.ToUInt16(data, 4));
        Assert.Equal((0, 18, 20, 10), (BitConverter.ToUInt16(data, 8), BitConverter.ToUInt16(data, 10), BitConverter.ToUInt16(data, 12), BitConverter.ToUInt16(data, 14)));
        Assert.Equal("\\??\\C:\\to\0C:\\to\0", Encoding.Unicode.GetString(data, 16, data.Length - 16));
    }

    [Fact(Skip = "Of Windows alone.", SkipType = typeof(WindowsMetadataTests), SkipUnless = nameof(IsWindows))]
    public void Attributes_and_times_of_creation_come_back()
    {
        var created = new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc).AddTicks(1_234_567);
        folder.WriteFile("volume/sub/file", "saved");
        folder.WriteFile("volume/locked", "saved");
        BackupTar.Initialize(Archive);
        Set("sub", FileAttributes.Hidden | FileAttributes.System, created);
        Set("sub/file", FileAttributes.Hidden, created);
        Set("locked", FileAttributes.ReadOnly | FileAttributes.System, created);
        Directory.SetCreationTimeUtc(folder["volume"], created);
        Assert.True(BackupTar.Backup(Archive, Config).Complete);
        foreach (var options in new RestoreOptions[] { new(), new() { InPlace = true }, new() { Include = ["**"] } })
        {
            Set("sub/file", FileAttributes.Normal, created.AddDays(1));
            Set("locked", FileAttributes.Normal, created.AddDays(1));
            Set("sub", FileAttributes.Normal, created.AddDays(1));
            var report = BackupTar.Restore(Archive, Config, options).Single();
            Assert.True(report.Complete, string.Join('\n', report.Warnings));
            Check("sub", FileAttributes.Hidden | FileAttributes.System | FileAttributes.Directory, created);
            Check("sub/file", FileAttributes.Hidden, created);
            Check("locked", FileAttributes.ReadOnly | FileAttributes.System, created);
        }
    }

    public static bool IsWindows => OperatingSystem.IsWindows();

    private void Set(string name, FileAttributes attributes, DateTime created)
    {
        Directory.SetCreationTimeUtc(folder["volume", name], created);
        File.SetAttributes(folder["volume", name], attributes);
    }

    private void Check(string name, FileAttributes attributes, DateTime created)
    {
        const FileAttributes compared = FileAttributes.Hidden | FileAttributes.System | FileAttributes.ReadOnly | FileAttributes.Directory;
        Assert.Equal((name, attributes), (name, File.GetAttributes(folder["volume", name]) & compared));
        if (!Wine.IsRunning)
        {
            // Wine has no times of creation.
            Assert.Equal((name, created), (name, Directory.GetCreationTimeUtc(folder["volume", name])));
        }
    }

    private static TarEntry Read(byte[] tar)
    {
        var reader = new TarReader(new MemorySource(tar));
        Assert.True(reader.Next());
        return reader.Entry;
    }
}
