using System.Globalization;
using Snapshotter.Engine.Config;
using Snapshotter.Engine.Tar;
using Snapshotter.Engine.Tests.Support;
using Snapshotter.Fuzz;

namespace Snapshotter.Engine.Tests.Hostile;

/// <summary>What the reader accepts and restores comes out the same when it is backed up and restored again.</summary>
public sealed class AcceptedArchivesTests : IDisposable
{
    private readonly TempFolder folder = new();

    public static TheoryData<string> Accepted() => [.. Attack.All.Where(a => a.Value.Native is null).Select(a => a.Key), "every type", "odd numbers", "huge hole"];

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Accepted))]
    public void Round_trip(string name)
    {
        var forge = new ArchiveForge().Volume("/v");
        switch (name)
        {
            case "every type":
                forge.File("a").Directory("d").File("d/f").SymbolicLink("d/l", "../a").HardLink("h", "a")
                    .Header(new ForgedHeader(forge.NameOf("p"), TypeFlag.Fifo) { Mode = 0x1B6 })
                    .Pax(("SCHILY.xattr.user.a", "b"), ("mtime", "-1.25"), ("SCHILY.acl.access", "user::rw-,user:7:r--,group::r--,mask::r--,other::---")).File("x");
                break;
            case "odd numbers":
                forge.Header(new ForgedHeader(forge.NameOf("old"), TypeFlag.Regular) { Modified = long.MinValue })
                    .Header(new ForgedHeader(forge.NameOf("new"), TypeFlag.Regular) { Modified = long.MaxValue, Mode = 0xFFF })
                    .Header(new ForgedHeader(forge.NameOf("who"), TypeFlag.Regular) { UserId = uint.MaxValue - 1, GroupId = 1L << 40 });
                break;
            case "huge hole":
                // More than is hashed: its checksum is of the data only.
                forge.Pax(("GNU.sparse.size", (3L << 40).ToString(CultureInfo.InvariantCulture)), ("GNU.sparse.map", "4096,512"))
                    .RawHeader(new ForgedHeader(forge.NameOf("s"), TypeFlag.Regular) { Size = 512 }).Data(Enumerable.Repeat((byte)1, 512).ToArray());
                break;
            default:
                Attack.All[name].Build(forge);
                break;
        }

        string first = Restore(forge.NativeManifest().ToArray(), "first");
        BackupTar.Initialize(folder["again.tar"]);
        BackupTar.Backup(folder["again.tar"], ConfigOf(folder["first"]));
        Assert.All(BackupTar.Test(folder["again.tar"]), r => Assert.True(r.Passed, string.Join('\n', r.Errors)));
        Assert.Equal(first, Restore(File.ReadAllBytes(folder["again.tar"]), "second"));
    }

    [Fact]
    public void A_changed_byte_of_data_behind_a_huge_hole_is_found()
    {
        string file = folder["volume", "s"];
        folder.CreateFolder("volume");
        using (var stream = File.Create(file))
        {
            stream.SetLength(2L << 30);
            stream.Position = 1 << 30;
            stream.Write("only this is data"u8);
        }

        BackupTar.Initialize(folder["backup.tar"]);
        BackupTar.Backup(folder["backup.tar"], ConfigOf(folder["volume"]));
        Assert.All(BackupTar.Test(folder["backup.tar"]), r => Assert.True(r.Passed));
        byte[] bytes = File.ReadAllBytes(folder["backup.tar"]);
        bytes[bytes.AsSpan().IndexOf("only this"u8)] ^= 1;
        File.WriteAllBytes(folder["backup.tar"], bytes);
        Assert.Contains(BackupTar.Test(folder["backup.tar"]), r => !r.Passed);
    }

    private string Restore(byte[] archive, string name)
    {
        File.WriteAllBytes(folder["restored.tar"], archive);
        BackupTar.Restore(folder["restored.tar"], ConfigOf(folder[name]));
        return TreeDigest.Of(folder[name]);
    }

    private static VolumeConfig ConfigOf(string path) =>
        new() { Prefix = "volumes", Volumes = [new VolumeSpec { Target = "/v", Source = path }] };
}
