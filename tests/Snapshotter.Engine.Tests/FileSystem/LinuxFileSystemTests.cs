using System.Diagnostics;
using System.Text;
using Snapshotter.Engine.Entries;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.FileSystem.Linux;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.FileSystem;

/// <summary>The contract on Linux, and what only Linux has.</summary>
public sealed class LinuxFileSystemTests : FileSystemContract
{
    private static readonly Timestamp Time = new(1_234_567_890, 123_456_789);

    public LinuxFileSystemTests()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "This is the implementation for Linux.");
        FileSystem = new LinuxFileSystem();
    }

    private protected override IFileSystem FileSystem { get; }

    private bool IsPrivileged => FileSystem.Traits.IsPrivileged;

    private uint Me => FileSystem.Traits.UserId;

    private uint MyGroup => FileSystem.Traits.GroupId;

    [Fact]
    public void Traits_agree_with_id()
    {
        Assert.Equal(Tool.Run("id", "-u").Succeeds().Output.Trim(), $"{Me}");
        Assert.Equal(Tool.Run("id", "-g").Succeeds().Output.Trim(), $"{MyGroup}");
        Assert.False(FileSystem.Traits.HasReservedNames);
    }

    [Fact]
    public void Names_of_users_and_groups_come_from_the_system()
    {
        Assert.Equal("root", Encoding.UTF8.GetString(FileSystem.UserName(0).Span));
        Assert.Equal("root", Encoding.UTF8.GetString(FileSystem.GroupName(0).Span));
        Assert.Equal(Tool.Run("id", "-un").Succeeds().Output.Trim(), Encoding.UTF8.GetString(FileSystem.UserName(Me).Span));
    }

    [Fact]
    public void Status_agrees_with_stat()
    {
        File.WriteAllText(PathOf("file"), "12345");
        Tool.Run("mkfifo", "-m", "0640", PathOf("fifo")).Succeeds();
        Tool.Run("ln", PathOf("file"), PathOf("second")).Succeeds();
        Tool.Run("chmod", "4751", PathOf("file")).Succeeds();
        using var root = OpenRoot();
        foreach (var name in new[] { "file", "fifo" })
        {
            Assert.True(root.TryGetStatus(Utf8(name), out var status));
            var told = $"{Convert.ToString(status.Mode, 8)} {status.UserId} {status.GroupId} {status.Size} {status.LinkCount} "
                + $"{status.Id.Inode} {status.Allocated / 512} {status.ModifiedAt.Seconds} {status.ChangedAt.Seconds}";
            Assert.Equal(Tool.Run("stat", "-c", "%a %u %g %s %h %i %b %Y %Z", PathOf(name)).Succeeds().Output.Trim(), told);
            Assert.EndsWith($".{status.ModifiedAt.Nanoseconds:D9}", Tool.Run("stat", "-c", "%.9Y", PathOf(name)).Succeeds().Output.Trim(), StringComparison.Ordinal);
        }
        Assert.True(FileSystem.TryGetStatus("/dev/null", out var device));
        Assert.Equal((FileKind.CharacterDevice, 1u, 3u), (device.Kind, device.DeviceMajor, device.DeviceMinor));
    }

    [Fact]
    public void Times_are_kept_to_the_nanosecond_on_files_directories_and_links()
    {
        using var root = OpenRoot();
        using (var file = root.CreateFile("file"u8, 0x1A4))
        {
            Assert.Equal(MetadataLoss.None, file.SetMetadata(Plain(FileKind.Regular, 0x1A4)));
        }
        root.CreateDirectory("folder"u8, 0x1C0);
        using (var child = root.OpenDirectory("folder"u8))
        {
            Assert.Equal(MetadataLoss.None, child.SetMetadata(Plain(FileKind.Directory, 0x1ED)));
        }
        root.CreateSymbolicLink("link"u8, "nowhere"u8);
        Assert.Equal(MetadataLoss.None, root.SetMetadata("link"u8, Plain(FileKind.SymbolicLink, 0)));
        root.CreateNode("fifo"u8, FileKind.Fifo, 0x180, 0, 0);
        Assert.Equal(MetadataLoss.None, root.SetMetadata("fifo"u8, Plain(FileKind.Fifo, 0x1B6)));
        foreach (var name in new[] { "file", "folder", "link", "fifo" })
        {
            Assert.True(root.TryGetStatus(Utf8(name), out var status));
            Assert.Equal(Time, status.ModifiedAt);
        }
        Assert.True(root.TryGetStatus("fifo"u8, out var fifo));
        Assert.Equal((FileKind.Fifo, 0x1B6), (fifo.Kind, fifo.Mode));
    }

    [Fact]
    public void Names_of_any_bytes_work()
    {
        using var root = OpenRoot();
        byte[] name = [0xFF, 0xFE, (byte)'\n', 1, 0xC3, 0x28, (byte)'\\'];
        using (var file = root.CreateFile(name, 0x180))
        {
            file.Write("x"u8, 0);
        }
        var listing = root.List();
        Assert.Equal(name, listing.NameOf(0).ToArray());
        root.CreateSymbolicLink("link"u8, name);
        Assert.Equal(name, root.ReadLink("link"u8));
        root.Rename(name, root, [0xFD]);
        root.RemoveFile([0xFD]);
        Assert.Equal(1, root.List().Count);
    }

    [Fact]
    public void A_fifo_or_socket_never_blocks()
    {
        using var root = OpenRoot();
        root.CreateNode("fifo"u8, FileKind.Fifo, 0x180, 0, 0);
        using (var fifo = root.OpenFile("fifo"u8))
        {
            fifo.GetStatus(out var status);
            Assert.Equal(FileKind.Fifo, status.Kind);
        }
        Assert.Equal(FileError.InvalidArgument, ErrorOf(() => root.OpenFileForWriting("fifo"u8)));
        using var socket = new System.Net.Sockets.Socket(
            System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
        socket.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(PathOf("socket")));
        Assert.True(root.TryGetStatus("socket"u8, out var found));
        Assert.Equal(FileKind.Socket, found.Kind);
        Assert.Equal(FileError.NotSupported, ErrorOf(() => root.OpenFile("socket"u8)));
    }

    [Fact]
    public void A_hard_link_to_a_link_is_the_link()
    {
        File.WriteAllText(PathOf("file"), "");
        File.CreateSymbolicLink(PathOf("link"), "file");
        using var root = OpenRoot();
        root.CreateHardLink("second"u8, root, "link"u8);
        Assert.Equal("file"u8, root.ReadLink("second"u8));
        Assert.True(root.TryGetStatus("file"u8, out var status));
        Assert.Equal(1u, status.LinkCount);
    }

    [Fact]
    public void Files_get_exactly_the_mode_asked_for_whatever_they_were_created_with()
    {
        using var root = OpenRoot();
        for (var round = 0; round < 2; round++)
        {
            foreach (var created in new[] { 0x180, 0x1A4, 0x1B6, 0x1FF })
            {
                foreach (var wanted in new[] { 0x180, 0x1A4, 0x1B6, 0x1FF, 0, 0x9ED, 0x5ED, 0x3FF })
                {
                    var name = Utf8($"{round}-{created}-{wanted}");
                    using var file = root.CreateFile(name, created);
                    Assert.Equal(MetadataLoss.None, file.SetMetadata(Owned(Plain(FileKind.Regular, wanted))));
                    file.GetStatus(out var status);
                    Assert.Equal((wanted, Me, MyGroup, Time), (status.Mode, status.UserId, status.GroupId, status.ModifiedAt));
                }
            }
        }
    }

    [Fact]
    public void A_setgid_directory_does_not_impose_its_group()
    {
        Assert.SkipUnless(IsPrivileged, "needs the right to change owners");
        Tool.Run("chgrp", "1234", Root).Succeeds();
        Tool.Run("chmod", "2755", Root).Succeeds();
        using var root = OpenRoot();
        for (var i = 0; i < 3; i++)
        {
            using var file = root.CreateFile(Utf8($"f{i}"), 0x1A4);
            file.GetStatus(out var before);
            Assert.Equal(1234u, before.GroupId);
            Assert.Equal(MetadataLoss.None, file.SetMetadata(Owned(Plain(FileKind.Regular, 0x1A4))));
            file.GetStatus(out var status);
            Assert.Equal((Me, MyGroup, 0x1A4), (status.UserId, status.GroupId, status.Mode));
        }
    }

    [Fact]
    public void Owners_setuid_and_capabilities_survive_together()
    {
        Assert.SkipUnless(IsPrivileged, "needs the right to change owners");
        // Version 2, permitted CAP_NET_BIND_SERVICE.
        var capability = Convert.FromHexString("0000000200040000000000000000000000000000");
        using var root = OpenRoot();
        for (var i = 0; i < 2; i++)
        {
            using var file = root.CreateFile(Utf8($"f{i}"), 0x1ED);
            file.Write("program"u8, 0);
            var metadata = Plain(FileKind.Regular, 0xDED);
            metadata.SetOwner = true;
            metadata.UserId = 1234;
            metadata.GroupId = 5678;
            metadata.Attributes = [new("security.capability"u8.ToArray(), capability), new("user.x"u8.ToArray(), "1"u8.ToArray())];
            Assert.Equal(MetadataLoss.None, file.SetMetadata(metadata));
            file.GetStatus(out var status);
            Assert.Equal((1234u, 5678u, 0xDED, Time), (status.UserId, status.GroupId, status.Mode, status.ModifiedAt));
            Assert.Equal(["security.capability", "user.x"], NamesOf(file.GetAttributes));
        }
    }

    [Fact]
    public void Without_the_right_a_foreign_owner_is_a_loss_and_takes_setuid_along()
    {
        Tool.Run("chmod", "777", Root).Succeeds();
        OrdinaryUser.Run(() =>
        {
            using var root = OpenRoot();
            using var file = root.CreateFile("file"u8, 0x180);
            var metadata = Plain(FileKind.Regular, 0x9ED);
            metadata.SetOwner = true;
            metadata.UserId = 1;
            metadata.GroupId = 1;
            metadata.Attributes = [new("user.x"u8.ToArray(), [1]), new("trusted.x"u8.ToArray(), [1])];
            Assert.Equal(MetadataLoss.Owner | MetadataLoss.SetId | MetadataLoss.Attributes, file.SetMetadata(metadata));
            file.GetStatus(out var status);
            Assert.Equal((0x1ED, Time), (status.Mode, status.ModifiedAt));
            Assert.Equal(["user.x"], NamesOf(file.GetAttributes));

            metadata.Kind = FileKind.SymbolicLink;
            metadata.Attributes = null;
            root.CreateSymbolicLink("link"u8, "nowhere"u8);
            Assert.Equal(MetadataLoss.Owner, root.SetMetadata("link"u8, metadata));
            Assert.Equal(FileError.AccessDenied, ErrorOf(() => root.CreateNode("null"u8, FileKind.CharacterDevice, 0x180, 1, 3)));
        });
    }

    [Fact]
    public void What_an_ordinary_user_may_not_read_is_denied_and_the_files_of_others_can_be_read()
    {
        Directory.CreateDirectory(PathOf("closed"));
        File.WriteAllText(PathOf("secret"), "");
        File.WriteAllText(PathOf("public"), "content");
        Tool.Run("chmod", "755", Root).Succeeds();
        Tool.Run("chmod", "0", PathOf("closed"), PathOf("secret")).Succeeds();
        OrdinaryUser.Run(() =>
        {
            using var root = OpenRoot();
            Assert.Equal(FileError.AccessDenied, ErrorOf(() => root.OpenDirectory("closed"u8)));
            Assert.Equal(FileError.AccessDenied, ErrorOf(() => root.OpenFile("secret"u8)));
            // Not the owner: O_NOATIME is refused, the file is not.
            Assert.Equal("content"u8.ToArray(), ReadFile(root, "public"));
        });
        Tool.Run("chmod", "700", PathOf("closed")).Succeeds();
    }

    [Fact]
    public void Devices_and_their_metadata()
    {
        Assert.SkipUnless(IsPrivileged, "needs the right to make device nodes");
        using var root = OpenRoot();
        root.CreateNode("null"u8, FileKind.CharacterDevice, 0x180, 1, 3);
        root.CreateNode("disk"u8, FileKind.BlockDevice, 0x180, 259, 70_000);
        var metadata = Plain(FileKind.CharacterDevice, 0x1B6);
        metadata.SetOwner = true;
        metadata.UserId = 12;
        metadata.GroupId = 34;
        Assert.Equal(MetadataLoss.None, root.SetMetadata("null"u8, metadata));
        Assert.True(root.TryGetStatus("null"u8, out var status));
        Assert.Equal((FileKind.CharacterDevice, 1u, 3u, 0x1B6, 12u, 34u, Time),
            (status.Kind, status.DeviceMajor, status.DeviceMinor, status.Mode, status.UserId, status.GroupId, status.ModifiedAt));
        Assert.True(root.TryGetStatus("disk"u8, out status));
        Assert.Equal((FileKind.BlockDevice, 259u, 70_000u), (status.Kind, status.DeviceMajor, status.DeviceMinor));
        Assert.Equal(FileError.InvalidArgument, ErrorOf(() => root.SetMetadata("disk"u8, metadata)));
    }

    [Fact]
    public void The_owner_of_a_link_is_its_own()
    {
        Assert.SkipUnless(IsPrivileged, "needs the right to change owners");
        File.WriteAllText(PathOf("file"), "");
        using var root = OpenRoot();
        root.CreateSymbolicLink("link"u8, "file"u8);
        var metadata = Plain(FileKind.SymbolicLink, 0x1FF);
        metadata.SetOwner = true;
        metadata.UserId = 12;
        metadata.GroupId = 34;
        metadata.Attributes = [new("trusted.note"u8.ToArray(), [0, 1, 2])];
        Assert.Equal(MetadataLoss.None, root.SetMetadata("link"u8, metadata));
        Assert.True(root.TryGetStatus("link"u8, out var link));
        Assert.True(root.TryGetStatus("file"u8, out var file));
        Assert.Equal((12u, 34u, Time), (link.UserId, link.GroupId, link.ModifiedAt));
        Assert.Equal((Me, MyGroup), (file.UserId, file.GroupId));
        Assert.Equal(["trusted.note"], NamesOf(list => root.GetAttributes("link"u8, list)));
        Assert.Empty(NamesOf(list => root.GetAttributes("file"u8, list)));
    }

    [Fact]
    public void Attributes_are_read_and_set_whatever_their_size()
    {
        using var root = OpenRoot();
        using var file = root.CreateFile("file"u8, 0x180);
        Assert.Empty(NamesOf(file.GetAttributes));
        var metadata = Plain(FileKind.Regular, 0x124);
        metadata.Attributes =
        [
            new("user.empty"u8.ToArray(), []),
            new("user.binary"u8.ToArray(), [0, 255, 10]),
            new("user.long"u8.ToArray(), new byte[2000]),
        ];
        Assert.Equal(MetadataLoss.None, file.SetMetadata(metadata));
        var found = new List<ExtendedAttribute>();
        file.GetAttributes(found);
        Assert.Equal(
            metadata.Attributes.Select(a => (Encoding.UTF8.GetString(a.Name), Convert.ToHexString(a.Value))).Order(),
            found.Select(a => (Encoding.UTF8.GetString(a.Name), Convert.ToHexString(a.Value))).Order());
        file.GetStatus(out var status);
        Assert.Equal((0x124, Time), (status.Mode, status.ModifiedAt));
        Assert.Contains("user.binary=0x00ff0a", Tool.Run("getfattr", "-d", "-e", "hex", PathOf("file")).Succeeds().Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Attributes_that_cannot_be_held_are_a_loss()
    {
        using var root = OpenRoot();
        using var file = root.CreateFile("file"u8, 0x180);
        var metadata = Plain(FileKind.Regular, 0x180);
        metadata.Attributes =
        [
            new("user.too-long"u8.ToArray(), new byte[70_000]),
            new("nonsense"u8.ToArray(), []),
            new("user.nul\0inside"u8.ToArray(), []),
            new("system.posix_acl_access"u8.ToArray(), [1, 2, 3]),
            new("user.good"u8.ToArray(), [1]),
        ];
        Assert.Equal(MetadataLoss.Attributes, file.SetMetadata(metadata));
        Assert.Equal(["user.good"], NamesOf(file.GetAttributes));
    }

    [Fact]
    public void What_ext4_has_no_room_for_is_a_loss_and_no_full_disk()
    {
        using var mounted = MountedFolder.Ext4();
        using var root = FileSystem.OpenDirectory(mounted.FullPath);
        using var file = root.CreateFile("file"u8, 0x180);
        var metadata = Plain(FileKind.Regular, 0x180);
        metadata.Attributes = [new("user.large"u8.ToArray(), new byte[60_000]), new("user.small"u8.ToArray(), [1])];
        Assert.Equal(MetadataLoss.Attributes, file.SetMetadata(metadata));
        Assert.Equal(["user.small"], NamesOf(file.GetAttributes));
    }

    [Fact]
    public void Attributes_an_existing_file_or_directory_should_not_have_are_removed()
    {
        File.WriteAllText(PathOf("file"), "");
        Directory.CreateDirectory(PathOf("folder"));
        foreach (var name in new[] { "file", "folder" })
        {
            Tool.Run("setfattr", "-n", "user.old", "-v", "1", PathOf(name)).Succeeds();
            Tool.Run("setfattr", "-n", "user.both", "-v", "1", PathOf(name)).Succeeds();
            Tool.Run("setfacl", "-m", "u:1234:rwx", PathOf(name)).Succeeds();
        }
        Tool.Run("setfacl", "-d", "-m", "u:1234:rwx", PathOf("folder")).Succeeds();
        using var root = OpenRoot();
        using var file = root.OpenFileForWriting("file"u8);
        using var folder = root.OpenDirectory("folder"u8);
        var wanted = new List<ExtendedAttribute> { new("user.both"u8.ToArray(), "2"u8.ToArray()) };
        var metadata = Plain(FileKind.Regular, 0x1A4);
        metadata.Attributes = wanted;
        Assert.Equal(MetadataLoss.None, file.SetMetadata(metadata));
        metadata.Kind = FileKind.Directory;
        metadata.Mode = 0x1ED;
        Assert.Equal(MetadataLoss.None, folder.SetMetadata(metadata));
        Assert.Equal(["user.both"], NamesOf(file.GetAttributes));
        Assert.Equal(["user.both"], NamesOf(folder.GetAttributes));
        Assert.Equal("644", Tool.Run("stat", "-c", "%a", PathOf("file")).Succeeds().Output.Trim());
        Assert.Equal("755", Tool.Run("stat", "-c", "%a", PathOf("folder")).Succeeds().Output.Trim());
    }

    [Fact]
    public void An_inherited_acl_leaves_no_trace()
    {
        Tool.Run("setfacl", "-d", "-m", "u:1234:rwx,g:4321:rx", Root).Succeeds();
        using var root = OpenRoot();
        for (var i = 0; i < 3; i++)
        {
            foreach (var mode in new[] { 0x1A4, 0x1B6, 0x180, 0x1F8 })
            {
                using var file = root.CreateFile(Utf8($"f{i}-{mode}"), mode & 0x1C0);
                Assert.Equal(MetadataLoss.None, file.SetMetadata(Owned(Plain(FileKind.Regular, mode))));
                file.GetStatus(out var status);
                Assert.Equal(mode, status.Mode);
                Assert.Empty(NamesOf(file.GetAttributes));
            }
            var name = Utf8($"d{i}");
            root.CreateDirectory(name, 0x1C0);
            using var child = root.OpenDirectory(name);
            Assert.Contains("system.posix_acl_default", NamesOf(child.GetAttributes));
            Assert.Equal(MetadataLoss.None, child.SetMetadata(Owned(Plain(FileKind.Directory, 0x1ED))));
            child.GetStatus(out var childStatus);
            Assert.Equal(0x1ED, childStatus.Mode);
            Assert.Empty(NamesOf(child.GetAttributes));
        }
    }

    [Fact]
    public void A_default_acl_set_on_an_open_directory_is_noticed()
    {
        using var root = OpenRoot();
        using (var before = root.CreateFile("before"u8, 0x1A4))
        {
            Assert.Equal(MetadataLoss.None, before.SetMetadata(Plain(FileKind.Regular, 0x1A4)));
        }
        Assert.True(PosixAcl.TryParse("user::rwx,user:1234:rwx,group::r-x,mask::rwx,other::r-x"u8, null, out var acl));
        var metadata = Plain(FileKind.Directory, 0x1FD);
        metadata.Attributes = [new(PosixAcl.DefaultAttribute.ToArray(), acl)];
        Assert.Equal(MetadataLoss.None, root.SetMetadata(metadata));
        using var after = root.CreateFile("after"u8, 0x1A4);
        Assert.Equal(MetadataLoss.None, after.SetMetadata(Plain(FileKind.Regular, 0x1A4)));
        Assert.Empty(NamesOf(after.GetAttributes));
    }

    [Fact]
    public void Acls_come_back_as_getfacl_shows_them()
    {
        File.WriteAllText(PathOf("file"), "");
        Directory.CreateDirectory(PathOf("folder"));
        Tool.Run("setfacl", "-m", "u:1234:rw,g:4321:r,m::rw,o::-", PathOf("file")).Succeeds();
        Tool.Run("setfacl", "-m", "u:1234:rwx", PathOf("folder")).Succeeds();
        Tool.Run("setfacl", "-d", "-m", "g:4321:rx,u::rwx", PathOf("folder")).Succeeds();
        using var root = OpenRoot();
        using (var source = root.OpenFile("file"u8))
        {
            var attributes = new List<ExtendedAttribute>();
            source.GetAttributes(attributes);
            Assert.True(PosixAcl.TryFormat(Assert.Single(attributes).Value, out var text));
            var shown = Tool.Run("getfacl", "-n", "-c", "-p", PathOf("file")).Succeeds().Output.Trim().ReplaceLineEndings(",");
            Assert.Equal(shown, Encoding.ASCII.GetString(text));
            source.GetStatus(out var status);
            using var copy = root.CreateFile("copy"u8, 0x180);
            var metadata = Plain(FileKind.Regular, status.Mode);
            metadata.Attributes = attributes;
            Assert.Equal(MetadataLoss.None, copy.SetMetadata(metadata));
            Assert.Equal(shown, Tool.Run("getfacl", "-n", "-c", "-p", PathOf("copy")).Succeeds().Output.Trim().ReplaceLineEndings(","));
        }
        using (var source = root.OpenDirectory("folder"u8))
        {
            var attributes = new List<ExtendedAttribute>();
            source.GetAttributes(attributes);
            source.GetStatus(out var status);
            root.CreateDirectory("folder2"u8, 0x1C0);
            using var copy = root.OpenDirectory("folder2"u8);
            var metadata = Plain(FileKind.Directory, status.Mode);
            metadata.Attributes = attributes;
            Assert.Equal(MetadataLoss.None, copy.SetMetadata(metadata));
            Assert.Equal(
                Tool.Run("getfacl", "-n", "-c", "-p", PathOf("folder")).Succeeds().Output, Tool.Run("getfacl", "-n", "-c", "-p", PathOf("folder2")).Succeeds().Output);
        }
    }

    [Fact]
    public void Holes_are_told()
    {
        using var root = OpenRoot();
        using var file = root.CreateFile("file"u8, 0x180);
        file.SetLength(4 << 20);
        file.Write(new byte[65536], 1 << 20);
        Assert.Equal(1 << 20, file.NextData(0));
        Assert.Equal((1 << 20) + 65536, file.NextHole(1 << 20));
        Assert.Equal(4 << 20, file.NextData((1 << 20) + 65536));
        Assert.Equal(0, file.NextHole(0));
        Assert.Equal(4 << 20, file.NextData(5 << 20));
        Assert.Equal(4 << 20, file.NextHole(5 << 20));
        file.GetStatus(out var status);
        Assert.True(status.Allocated < status.Size);
        file.Write("end"u8, (4 << 20) - 3);
        Assert.Equal(4 << 20, file.NextHole((4 << 20) - 1));
    }

    [Fact]
    public void CopyFrom_another_kind_of_file_system_says_that_it_cannot_or_copies()
    {
        using var root = OpenRoot();
        using var target = root.CreateFile("target"u8, 0x180);
        using var source = FileSystem.OpenFile("/proc/self/status", FileAccessKind.Read);
        Assert.Equal(-1, target.CopyFrom(source, 0, 0, 100));
        Assert.Equal(0, target.Length);
    }

    [Fact]
    public void Xfs_shares_blocks()
    {
        using var mounted = MountedFolder.Xfs();
        using var root = FileSystem.OpenDirectory(mounted.FullPath);
        var content = new byte[1 << 20];
        Random.Shared.NextBytes(content);
        WriteFile(root, "source", content);
        using var source = root.OpenFile("source"u8);
        using var target = root.CreateFile("target"u8, 0x180);
        target.Write("before"u8, 0);
        Assert.True(target.TryClone(source, 8192, 4096, 65536));
        Assert.Equal(4096 + 65536, target.Length);
        var back = new byte[65536];
        target.Read(back, 4096);
        Assert.Equal(content[8192..(8192 + 65536)], back);
        Assert.False(target.TryClone(source, 1, 4096, 4096));
        Assert.False(target.TryClone(source, 0, 0, 2 << 20));
        Assert.True(target.TryClone(source, 0, 0, 0));
        Assert.Equal(4096 + 65536, target.Length);
        Assert.Equal(content.Length, target.CopyFrom(source, 0, 0, content.Length));
        Assert.Equal(content, ReadFile(root, "target"));
    }

    [Fact]
    public void Ext4_takes_ranges_out()
    {
        using var mounted = MountedFolder.Ext4();
        using var root = FileSystem.OpenDirectory(mounted.FullPath);
        var content = new byte[1 << 16];
        Random.Shared.NextBytes(content);
        WriteFile(root, "file", content);
        using var file = root.OpenFileForWriting("file"u8);
        Assert.True(file.TryCollapse(4096, 8192));
        Assert.Equal([.. content[..4096], .. content[12288..]], ReadFile(root, "file"));
        Assert.False(file.TryCollapse(100, 4096));
        Assert.False(file.TryCollapse(0, file.Length));
        Assert.Equal(content.Length - 8192, file.Length);
    }

    [Fact]
    public void A_full_disk_is_one_when_an_attribute_is_set_as_well()
    {
        using var mounted = MountedFolder.Ext4();
        Tool.Bash(mounted.FullPath, "touch file; dd if=/dev/zero of=rest bs=4k status=none; true");
        using var directory = new LinuxFileSystem().OpenDirectory(mounted.FullPath);
        using var file = directory.OpenFileForWriting("file"u8);
        var e = Assert.Throws<FileSystemException>(() => file.SetMetadata(new FileMetadata
        {
            Kind = FileKind.Regular,
            Mode = 0x1A4,
            Attributes = [new ExtendedAttribute("user.large"u8.ToArray(), new byte[3900])],
        }));
        Assert.Equal(FileError.NoSpace, e.Error);
    }

    [Fact]
    public void A_full_disk_is_told_apart()
    {
        using var mounted = MountedFolder.Memory();
        using var root = FileSystem.OpenDirectory(mounted.FullPath);
        using var file = root.CreateFile("file"u8, 0x180);
        Assert.Equal(FileError.NoSpace, ErrorOf(() => file.Write(new byte[8 << 20], 0)));
        Assert.InRange(FileSystem.FreeSpace(mounted.FullPath), 0, 4096);
    }

    [Fact]
    public void A_file_system_that_may_compress_is_told_apart()
    {
        using var btrfs = MountedFolder.Btrfs();
        using var ext4 = MountedFolder.Ext4();
        Assert.True(FileSystem.MayCompress(btrfs.FullPath));
        Assert.False(FileSystem.MayCompress(ext4.FullPath));
    }

    [Fact]
    public void Mount_points_are_found_and_cannot_be_moved()
    {
        using var mounted = MountedFolder.Memory("with space\\and\nline");
        Assert.Equal([mounted.FullPath], FileSystem.MountPointsBelow(mounted.Parent));
        Assert.Equal([mounted.FullPath], FileSystem.MountPointsBelow(mounted.Parent + "/"));
        Assert.Empty(FileSystem.MountPointsBelow(mounted.FullPath));
        Assert.Empty(FileSystem.MountPointsBelow(PathOf("missing")));
        Assert.Contains(mounted.FullPath, FileSystem.MountPointsBelow("/"));
        File.CreateSymbolicLink(PathOf("link"), mounted.Parent);
        Assert.Equal([PathOf("link/with space\\and\nline")], FileSystem.MountPointsBelow(PathOf("link")));
        using var parent = FileSystem.OpenDirectory(mounted.Parent);
        var name = Utf8(Path.GetFileName(mounted.FullPath));
        Assert.True(parent.TryGetStatus(name, out var status));
        Assert.True(status.IsMountRoot);
        parent.GetStatus(out status);
        Assert.False(status.IsMountRoot);
        Assert.Equal(FileError.Busy, ErrorOf(() => parent.Rename(name, parent, "other"u8)));
        Assert.Equal(FileError.Busy, ErrorOf(() => parent.RemoveDirectory(name)));
        using var other = FileSystem.OpenDirectory(Root);
        using var inside = parent.OpenDirectory(name);
        WriteFile(inside, "file", "x"u8);
        Assert.Equal(FileError.CrossDevice, ErrorOf(() => inside.Rename("file"u8, other, "file"u8)));
        Assert.Equal(FileError.CrossDevice, ErrorOf(() => other.CreateHardLink("file"u8, inside, "file"u8)));
    }

    [Theory]
    [InlineData("/plain", "/plain")]
    [InlineData("/a\\040b\\011c\\012d\\134e", "/a b\tc\nd\\e")]
    [InlineData("/end\\04", "/end\\04")]
    [InlineData("/no\\999", "/no\\999")]
    public void Mount_points_are_unescaped(string field, string expected) => Assert.Equal(expected, MountTable.Unescape(field));

    [Fact]
    public void Who_knows_nothing_of_the_locks_is_not_disturbed()
    {
        File.WriteAllText(PathOf("archive"), "x");
        using var writer = FileSystem.OpenFile(PathOf("archive"), FileAccessKind.ReadWrite);
        Assert.True(writer.TryLock(FileLock.Writer));
        Assert.True(writer.TryLock(FileLock.Mover));
        using (var stranger = new FileStream(PathOf("archive"), FileMode.Open, FileAccess.Read, FileShare.Read))
        {
            Assert.Equal('x', stranger.ReadByte());
        }
        using var tail = new FileStream(PathOf("archive"), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        tail.WriteByte((byte)'y');
    }

    [Fact]
    public void A_lock_is_seen_by_other_processes_and_ends_with_them()
    {
        File.WriteAllText(PathOf("archive"), "x");
        const string script = """
            import fcntl, os, struct, sys
            archive = os.open(sys.argv[1], os.O_RDWR)
            lock = struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 1 << 62, 1, 0)
            fcntl.fcntl(archive, 37, lock)
            print("locked", flush=True)
            sys.stdin.read()
            """;
        Tool.Require("python3");
        var start = new ProcessStartInfo("python3", ["-c", script, PathOf("archive")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        Assert.Equal("locked", process.StandardOutput.ReadLine());
        using var file = FileSystem.OpenFile(PathOf("archive"), FileAccessKind.ReadWrite);
        Assert.False(file.TryLock(FileLock.Writer));
        process.Kill();
        process.WaitForExit();
        Assert.True(file.TryLock(FileLock.Writer));
    }

    [Fact]
    public void Access_times_are_left_alone()
    {
        File.WriteAllText(PathOf("file"), "content");
        Tool.Run("touch", "-a", "-d", "2001-01-01 00:00:00", PathOf("file")).Succeeds();
        using var root = OpenRoot();
        using (var file = root.OpenFile("file"u8))
        {
            Assert.Equal(7, file.Read(new byte[100], 0));
        }
        Assert.StartsWith("2001-01-0", Tool.Run("stat", "-c", "%x", PathOf("file")).Succeeds().Output, StringComparison.Ordinal);
    }

    private static FileMetadata Plain(FileKind kind, int mode) => new() { Kind = kind, Mode = mode, ModifiedAt = Time };

    private FileMetadata Owned(FileMetadata metadata)
    {
        metadata.SetOwner = true;
        metadata.UserId = Me;
        metadata.GroupId = MyGroup;
        return metadata;
    }

    private static List<string> NamesOf(Action<List<ExtendedAttribute>> get)
    {
        var attributes = new List<ExtendedAttribute>();
        get(attributes);
        return attributes.ConvertAll(attribute => Encoding.UTF8.GetString(attribute.Name)).Order(StringComparer.Ordinal).ToList();
    }
}
