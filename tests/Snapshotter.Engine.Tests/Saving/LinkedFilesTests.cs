using System.Text;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Saving;

namespace Snapshotter.Engine.Tests.Saving;

/// <summary>When two names are taken for one file, although an inode may be given to another file while a backup runs.</summary>
public sealed class LinkedFilesTests : IDisposable
{
    private static readonly FileStatus First = new()
    {
        Kind = FileKind.Regular,
        Size = 10,
        LinkCount = 3,
        Id = new FileId(1, 2),
        ModifiedAt = new Timestamp(100, 1),
        ChangedAt = new Timestamp(200, 2),
        CreatedAt = new Timestamp(50, 3),
    };

    private readonly LinkedFiles linked = new(PlatformFileSystem.Current);

    public LinkedFilesTests() => Assert.True(linked.Add(First, "p/first"u8));

    public void Dispose() => linked.Dispose();

    [Fact]
    public void Another_name_of_the_same_file_is_a_link()
    {
        Assert.Equal(LinkSighting.SameFile, linked.Find(First, out byte[] name));
        Assert.Equal("p/first", Encoding.UTF8.GetString(name));
    }

    [Fact]
    public void A_name_that_comes_or_goes_elsewhere_changes_nothing()
    {
        var now = First with { LinkCount = 7, ChangedAt = new Timestamp(300, 0) };
        Assert.Equal(LinkSighting.SameFile, linked.Find(now, out _));
    }

    [Fact]
    public void A_file_that_was_made_later_is_another_one()
    {
        Assert.Equal(LinkSighting.New, linked.Find(First with { CreatedAt = new Timestamp(50, 4) }, out byte[] name));
        Assert.Empty(name);
    }

    [Fact]
    public void Another_kind_of_file_is_another_one() =>
        Assert.Equal(LinkSighting.New, linked.Find(First with { Kind = FileKind.Fifo }, out _));

    [Fact]
    public void A_file_with_one_name_is_none_that_was_saved() =>
        Assert.Equal(LinkSighting.New, linked.Find(First with { LinkCount = 1 }, out _));

    [Fact]
    public void A_file_that_was_written_to_is_no_link_to_what_it_was()
    {
        Assert.Equal(LinkSighting.ChangedFile, linked.Find(First with { ModifiedAt = new Timestamp(100, 2) }, out _));
        Assert.Equal(LinkSighting.ChangedFile, linked.Find(First with { Size = 11 }, out _));
    }

    [Fact]
    public void Where_the_time_of_making_is_not_known_every_change_counts()
    {
        var unknown = First with { CreatedAt = default, Id = new FileId(1, 3) };
        Assert.True(linked.Add(unknown, "p/unknown"u8));
        Assert.Equal(LinkSighting.ChangedFile, linked.Find(unknown with { ChangedAt = new Timestamp(200, 3) }, out _));
        Assert.Equal(LinkSighting.SameFile, linked.Find(unknown, out _));
    }

    [Fact]
    public void When_all_names_were_found_the_file_is_forgotten()
    {
        Assert.Equal(LinkSighting.SameFile, linked.Find(First, out _));
        Assert.Equal(LinkSighting.SameFile, linked.Find(First, out _));
        Assert.Equal(LinkSighting.New, linked.Find(First, out _));
    }

    [Fact]
    public void The_last_one_saved_counts()
    {
        var later = First with { Size = 11 };
        Assert.True(linked.Add(later, "p/later"u8));
        Assert.Equal(LinkSighting.SameFile, linked.Find(later, out byte[] name));
        Assert.Equal("p/later", Encoding.UTF8.GetString(name));
    }

    [Fact]
    public void Names_come_back_however_many_there_are()
    {
        string tail = new('n', 500);
        for (ulong i = 0; i < 10_000; i++)
        {
            Assert.True(linked.Add(First with { Id = new FileId(9, i) }, Encoding.UTF8.GetBytes($"p/{i}{tail}")));
        }

        for (ulong i = 0; i < 10_000; i += 7)
        {
            Assert.Equal(LinkSighting.SameFile, linked.Find(First with { Id = new FileId(9, i) }, out byte[] name));
            Assert.Equal($"p/{i}{tail}", Encoding.UTF8.GetString(name));
        }
    }
}
