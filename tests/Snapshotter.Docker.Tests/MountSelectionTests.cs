using Docker.DotNet.Models;
using Snapshotter.Engine.Config;

namespace Snapshotter.Docker.Tests;

public class MountSelectionTests
{
    [Fact]
    public void Bind_and_named_volumes_are_saved_in_the_order_of_their_targets()
    {
        var (volumes, omitted) = Select(
            [Mount("volume", "/var/lib/docker/volumes/data/_data", "/data"), Mount("bind", "/srv/app.conf", "/app.conf", writable: false)]);

        Assert.Empty(omitted);
        Assert.Equal(["/app.conf", "/data"], volumes.Select(v => v.Target));
        Assert.Equal(["/srv/app.conf", "/var/lib/docker/volumes/data/_data"], volumes.Select(v => v.Source));
        Assert.Equal([true, false], volumes.Select(v => v.ReadOnly));
    }

    [Fact]
    public void Sources_that_cannot_be_reached_are_left_out()
    {
        var (volumes, _) = Select([Mount("bind", "/srv/data", "/data")], withSource: false);

        var volume = Assert.Single(volumes);
        Assert.Null(volume.Source);
        Assert.Equal("/data", volume.Path);
    }

    [Theory]
    [InlineData("tmpfs", "")]
    [InlineData("npipe", @"\\.\pipe\docker_engine")]
    [InlineData("image", "/var/lib/docker/rootfs")]
    [InlineData("bind", "/var/run/docker.sock")]
    [InlineData("bind", "/run/user/1000/podman/podman.sock")]
    [InlineData("bind", "/home/me/engine")]
    [InlineData("bind", "/sys")]
    [InlineData("bind", "/proc/1")]
    [InlineData("volume", "")]
    [InlineData("bind", "/")]
    [InlineData("bind", "/run")]
    [InlineData("bind", "/run/")]
    [InlineData("bind", "/var/run/dbus")]
    [InlineData("bind", "/var")]
    [InlineData("bind", "/etc")]
    [InlineData("bind", "/etc/localtime")]
    [InlineData("bind", "/lib/modules/6.1")]
    [InlineData("bind", "/mnt")]
    [InlineData("bind", "/mnt/engine/")]
    [InlineData("bind", "/mnt/engine/containers")]
    [InlineData("bind", "/mnt/engine/volumes")]
    public void What_is_no_volume_is_omitted(string type, string source)
    {
        var (volumes, omitted) = Select([Mount(type, source, "/x")]);

        Assert.Empty(volumes);
        Assert.Equal("/x", Assert.Single(omitted).Target);
    }

    [Theory]
    [InlineData("/system")]
    [InlineData("/development/data")]
    [InlineData("/srv/docker.sock.d")]
    [InlineData("/runner")]
    [InlineData("/etc/app")]
    [InlineData("/var/lib/app")]
    [InlineData("/usr/local/share/app")]
    [InlineData("/mnt/engine2")]
    [InlineData("/mnt/engine/volumes/data/_data")]
    public void Names_that_only_begin_alike_are_volumes(string source)
    {
        var (volumes, _) = Select([Mount("bind", source, "/x")]);

        Assert.Single(volumes);
    }

    [Fact]
    public void A_volume_mounted_twice_is_named_once_where_it_can_be_written()
    {
        var (volumes, omitted) = Select(
            [Mount("bind", "/srv/data/", "/a", writable: false), Mount("bind", "/srv/data", "/b"), Mount("bind", "/srv/data", "/c")]);

        Assert.Equal("/b", Assert.Single(volumes).Target);
        Assert.Equal([("/a", "it is the volume of '/b'"), ("/c", "it is the volume of '/b'")], omitted.Select(m => (m.Target, m.Reason)));
    }

    [Fact]
    public void A_volume_that_containers_share_is_named_by_the_first()
    {
        var shared = new SharedVolumes();

        Assert.Null(shared.Claim("/srv/data", "id1", "web", "/data"));
        Assert.Equal("it is the volume of '/data' of container 'web'", shared.Claim("/srv/data", "id2", "worker", "/data"));
        Assert.Null(shared.Claim("/srv/data", "id1", "web", "/data"));
        Assert.Null(shared.Claim("/srv/other", "id2", "worker", "/data"));
    }

    private static (List<VolumeSpec> Volumes, List<OmittedMount> Omitted) Select(MountPoint[] mounts, bool withSource = true)
    {
        var shared = new SharedVolumes();
        return MountSelection.Select(
            mounts, withSource, engineSocket: "/home/me/engine", dataRoot: "/mnt/engine", (source, target) => shared.Claim(source, "id", "web", target));
    }

    private static MountPoint Mount(string type, string source, string target, bool writable = true)
        => new() { Type = type, Source = source, Destination = target, RW = writable };
}
