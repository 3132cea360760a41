using Docker.DotNet.Models;

namespace Snapshotter.Docker.Tests;

public class MountSelectionTests
{
    [Fact]
    public void Bind_and_named_volumes_are_saved_in_the_order_of_their_targets()
    {
        var (volumes, omitted) = MountSelection.Select(
            [Mount("volume", "/var/lib/docker/volumes/data/_data", "/data"), Mount("bind", "/srv/app.conf", "/app.conf", writable: false)],
            withSource: true, engineSocket: null);

        Assert.Empty(omitted);
        Assert.Equal(["/app.conf", "/data"], volumes.Select(v => v.Target));
        Assert.Equal(["/srv/app.conf", "/var/lib/docker/volumes/data/_data"], volumes.Select(v => v.Source));
        Assert.Equal([true, false], volumes.Select(v => v.ReadOnly));
    }

    [Fact]
    public void Sources_that_cannot_be_reached_are_left_out()
    {
        var (volumes, _) = MountSelection.Select([Mount("bind", "/srv/data", "/data")], withSource: false, engineSocket: null);

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
    public void What_is_no_volume_is_omitted(string type, string source)
    {
        var (volumes, omitted) = MountSelection.Select([Mount(type, source, "/x")], withSource: true, engineSocket: "/home/me/engine");

        Assert.Empty(volumes);
        Assert.Equal("/x", Assert.Single(omitted).Target);
    }

    [Theory]
    [InlineData("/system")]
    [InlineData("/development/data")]
    [InlineData("/srv/docker.sock.d")]
    public void Names_that_only_begin_alike_are_volumes(string source)
    {
        var (volumes, _) = MountSelection.Select([Mount("bind", source, "/x")], withSource: true, engineSocket: null);

        Assert.Single(volumes);
    }

    private static MountPoint Mount(string type, string source, string target, bool writable = true)
        => new() { Type = type, Source = source, Destination = target, RW = writable };
}
