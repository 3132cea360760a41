using Snapshotter.Engine.Tar;
using Snapshotter.Engine.Tests.Support;
using static Snapshotter.Engine.Tests.Tar.RawHeader;

namespace Snapshotter.Engine.Tests.Tar;

/// <summary>What a block tells by itself, for those who look for the end of an archive.</summary>
[OnWindowsToo]
public class BlockTests
{
    [Fact]
    public void Zeros_are_no_header()
    {
        byte[] block = new byte[512];
        Assert.True(TarBlock.IsZero(block));
        Assert.False(TarBlock.IsValidHeader(block));
        block[511] = 1;
        Assert.False(TarBlock.IsZero(block));
        Assert.False(TarBlock.IsValidHeader(block));
    }

    [Theory]
    [InlineData('0', "ustar\0" + "00", true)]
    [InlineData('x', "ustar\0" + "00", true)]
    [InlineData('L', "ustar  \0", true)]
    [InlineData('0', "", true)]
    [InlineData('\0', "", true)]
    [InlineData('x', "", false)]
    [InlineData('8', "", false)]
    public void Headers_without_a_magic_are_of_few_types(char type, string magic, bool valid) =>
        Assert.Equal(valid, TarBlock.IsValidHeader(Block(type, "a", 0, b => Text(b, HeaderField.Magic, magic))));

    [Fact]
    public void A_header_needs_a_size_that_can_be()
    {
        Assert.False(TarBlock.IsValidHeader(Block('0', "a", -1)));
        Assert.False(TarBlock.IsValidHeader(Block('0', "a", 0, b => Text(b, HeaderField.Size, "x"))));
    }

    [Fact]
    public void Hardly_any_data_is_taken_for_a_header()
    {
        var random = new Random(3);
        byte[] block = new byte[512];
        for (int i = 0; i < 100_000; i++)
        {
            random.NextBytes(block);
            Assert.False(TarBlock.IsValidHeader(block));
        }
    }
}
