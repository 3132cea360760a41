using System.Text;
using Snapshotter.Engine.Tar;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.Tar;

public class EncodingTests
{
    [Fact]
    public void A_plain_file_takes_one_block()
    {
        var output = new BlockBuffer();
        var entry = new TarEntry { Name = "a/b"u8.ToArray(), Mode = 0x1a4, ModifiedSeconds = 1_700_000_000, Size = 3 };
        TarEncoder.Encode(entry, output, 1024, alignData: false);

        Assert.Equal(512, output.Length);
        Assert.Equal((1024, 1536, 3, 2048), (entry.HeaderOffset, entry.DataOffset, entry.StoredSize, entry.NextOffset));
    }

    [Theory]
    [InlineData("a", 0)]
    [InlineData("a", 5)]
    [InlineData("é", 0)]
    public void Aligned_data_begins_on_a_page_wherever_the_entry_does(string name, int nanoseconds)
    {
        for (long offset = 0; offset < 2 * TarLayout.Alignment; offset += 512)
        {
            var output = new BlockBuffer();
            var entry = new TarEntry { Name = Encoding.UTF8.GetBytes(name), ModifiedNanoseconds = nanoseconds, Size = 3 };
            TarEncoder.Encode(entry, output, offset, alignData: true);

            Assert.Equal(0, entry.DataOffset % TarLayout.Alignment);
            Assert.Equal(offset + output.Length, entry.DataOffset);
            byte[] archive = new byte[offset + output.Length + 512];
            output.Written.CopyTo(archive.AsSpan((int)offset));
            var reader = new TarReader(new MemorySource(archive), offset);
            Assert.True(reader.Next());
            Assert.Equal(name, Encoding.UTF8.GetString(reader.Entry.Name.Span));
            Assert.Equal(entry.DataOffset, reader.Entry.DataOffset);
            Assert.False(reader.Next());
            Assert.Equal(TarEnd.NoMarker, reader.End);
        }
    }
}
