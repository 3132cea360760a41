using System.Text;
using Snapshotter.Engine.Tar;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.Tar;

[OnWindowsToo]
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

    [Fact]
    public void Padding_of_every_length_is_possible()
    {
        // A comment's length counts its own digits: around 100 and 1000 there are two ways to write it.
        var output = new BlockBuffer();
        for (int length = 0; length < TarLayout.Alignment + 512; length++)
        {
            output.Clear();
            var entry = ArchiveBuilder.Entry(TypeFlag.Regular, "a");
            entry.Attributes.Add(new("user.a"u8.ToArray(), new byte[length]));
            TarEncoder.Encode(entry, output, 0, alignData: true);
            Assert.Equal(0, output.Length % TarLayout.Alignment);
            var reader = new TarReader(new MemorySource(output.WrittenMemory));
            Assert.True(reader.Next());
            Assert.Equal(length, Assert.Single(reader.Entry.Attributes).Value.Length);
        }
    }

    [Theory]
    [InlineData(100, 512)]
    [InlineData(101, 1536)]
    public void Short_names_stand_in_the_header(int length, int blocks) =>
        Assert.Equal(blocks, Encode(ArchiveBuilder.Entry(TypeFlag.Regular, new string('a', length))).Length);

    [Theory]
    [InlineData(155, 100, 512)]
    [InlineData(156, 100, 1536)]
    [InlineData(155, 101, 1536)]
    [InlineData(1, 100, 512)]
    [InlineData(0, 100, 1536)]
    public void Names_are_split_at_a_slash(int prefix, int name, int blocks) =>
        Assert.Equal(blocks, Encode(ArchiveBuilder.Entry(TypeFlag.Regular, $"{new string('p', prefix)}/{new string('n', name)}")).Length);

    [Fact]
    public void A_size_in_the_pax_record_stands_in_the_header_as_well()
    {
        var entry = ArchiveBuilder.Entry(TypeFlag.Regular, "a");
        entry.Size = 1L << 40;
        var blocks = Encode(entry);
        Assert.True(HeaderField.Size.TryReadNumber(blocks.AsSpan(1024), out long size));
        Assert.Equal(1L << 40, size);
        Assert.Equal("22 size=1099511627776\n", Encoding.ASCII.GetString(blocks, 512, 22));
    }

    [Fact]
    public void Entries_that_no_tar_can_hold_are_refused_and_leave_the_buffer_as_it_was()
    {
        Action<TarEntry>[] changes =
        [
            e => e.Name = default,
            e => e.Name = "a\0b"u8.ToArray(),
            e => e.Name = "a/"u8.ToArray(),
            e => e.Name = new byte[TarLayout.MaxName + 1],
            e => e.Type = TypeFlag.SymbolicLink,
            e => e.Type = TypeFlag.GnuVolumeLabel,
            e => e.Mode = 0x1000,
            e => e.UserId = -1,
            e => e.GroupId = 1L << 32,
            e => e.UserName = "\0"u8.ToArray(),
            e => e.Size = -1,
            e => e.Size = long.MaxValue,
            e => e.ModifiedNanoseconds = 1_000_000_000,
            e => e.ModifiedSeconds = long.MinValue,
            e => e.Attributes.Add(new(default, default)),
            e => e.Attributes.Add(new("user.a"u8.ToArray(), new byte[TarLayout.MaxPaxBody])),
            e => e.AccessAcl = new byte[TarLayout.MaxPaxBody + 1],
            e => e.Sparse = [new(0, 0)],
            e => e.Sparse = [new(0, 2000)],
            e => e.Sparse = [new(0, 100), new(512, 100)],
            e => e.Sparse = [new(512, 512), new(0, 100)],
            e => e.Sparse = [new(long.MaxValue, 1)],
            e => e.Sparse = [.. Enumerable.Repeat(new SparseRun(0, 512), TarEncoder.MaxSparseRuns + 1)],
            e => (e.Type, e.Sparse) = (TypeFlag.Directory, []),
        ];
        var output = new BlockBuffer();
        output.Append("before"u8);
        foreach (var change in changes)
        {
            var entry = ArchiveBuilder.Entry(TypeFlag.Regular, "a");
            entry.Size = 1000;
            change(entry);
            Assert.ThrowsAny<ArgumentException>(() => TarEncoder.Encode(entry, output, 0, alignData: true));
            Assert.Equal("before"u8, output.Written);
        }

        Assert.ThrowsAny<ArgumentException>(() => TarEncoder.Encode(ArchiveBuilder.Entry(TypeFlag.Regular, "a"), output, 1, false));
    }

    [Fact]
    public void The_largest_attributes_that_are_written_are_read()
    {
        var entry = ArchiveBuilder.Entry(TypeFlag.Regular, "a");
        entry.Attributes.Add(new("user.a"u8.ToArray(), new byte[TarLayout.MaxPaxBody - TarLayout.Alignment - 100]));
        var reader = new TarReader(new MemorySource(Encode(entry, align: true)));
        Assert.True(reader.Next());
        Assert.Equal(TarLayout.MaxPaxBody - TarLayout.Alignment - 100, reader.Entry.Attributes[0].Value.Length);
    }

    [Fact]
    public void The_largest_sparse_map_that_is_written_is_read()
    {
        var entry = ArchiveBuilder.Entry(TypeFlag.Regular, "a");
        entry.Sparse = [.. Enumerable.Range(0, TarEncoder.MaxSparseRuns).Select(i => new SparseRun((long)i << 42, 512))];
        entry.Size = long.MaxValue >> 1;
        var source = new SegmentSource();
        source.Put(0, Encode(entry));
        source.Length = entry.NextOffset;
        var reader = new TarReader(source);
        Assert.True(reader.Next());
        Assert.Equal(entry.Sparse, reader.Entry.Sparse);
    }

    [Fact]
    public void Neither_side_allocates_for_ordinary_entries()
    {
        var output = new BlockBuffer(8 << 20);
        var entry = ArchiveBuilder.Entry(TypeFlag.Regular, "folder/folder/file");
        (entry.ModifiedNanoseconds, entry.Size) = (123_456_789, 0);
        entry.Attributes.Add(new("user.a"u8.ToArray(), "value"u8.ToArray()));
        void EncodeMany()
        {
            output.Clear();
            for (int i = 0; i < 1000; i++)
                TarEncoder.Encode(entry, output, output.Length, alignData: i % 2 == 0);
        }

        Assert.Equal(0, AllocatedBy(EncodeMany));

        var reader = new TarReader(new MemorySource(output.WrittenMemory));
        int count = 0;
        void DecodeSome()
        {
            for (int i = 0; i < 100; i++)
                count += reader.Next() ? 1 : 0;
        }

        Assert.Equal(0, AllocatedBy(DecodeSome));
        Assert.Equal(1000, count);
    }

    /// <summary>The least of ten times: the runtime itself allocates now and then, when it compiles a method anew.</summary>
    private static long AllocatedBy(Action action) => Enumerable.Range(0, 10).Min(_ =>
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    });

    [Fact]
    public void One_read_of_the_source_is_enough_for_an_ordinary_entry()
    {
        var builder = new ArchiveBuilder();
        for (int i = 0; i < 100; i++)
            builder.AddFile("file", "content", e => e.ModifiedNanoseconds = 1);
        var source = new MemorySource(builder.ToArrayWithoutEnd());
        var reader = new TarReader(source);
        while (reader.Next())
        {
        }

        Assert.Equal(100, source.Reads);
    }

    private static byte[] Encode(TarEntry entry, bool align = false)
    {
        var output = new BlockBuffer();
        TarEncoder.Encode(entry, output, 0, align);
        return output.Written.ToArray();
    }
}
