using Snapshotter.Engine.Tar;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.Tar;

public sealed class OtherFormatTests
{
    [Theory]
    [InlineData("gzip", "gunzip")]
    [InlineData("bzip2", "bunzip2")]
    [InlineData("xz", "unxz")]
    public void A_packed_archive_is_known_by_its_first_bytes(string packer, string unpacker)
    {
        byte[] packed = Tool.RunWithInput(null, new byte[1024], packer, "-c").Succeeds().OutputBytes;

        Assert.Equal(unpacker, OtherFormat.FindUnpacker(packed));
    }

    [Fact]
    public void A_tar_is_none_of_them() => Assert.Null(OtherFormat.FindUnpacker(new byte[TarLayout.BlockSize]));
}
