namespace Snapshotter.Engine.Tests.Faults;

/// <summary>The bytes of a file in pages, absent ones being holes. A page once stored is never changed, so that copies share it.</summary>
internal sealed class PagedBytes
{
    public const int PageSize = 4096;
    public const int SectorSize = 512;

    private readonly Dictionary<long, byte[]> pages;

    public PagedBytes()
    {
        pages = [];
    }

    private PagedBytes(Dictionary<long, byte[]> pages, long length)
    {
        this.pages = pages;
        Length = length;
    }

    public long Length { get; private set; }

    public long Allocated => pages.Count * (long)PageSize;

    public PagedBytes Clone() => new(new Dictionary<long, byte[]>(pages), Length);

    public bool HasPage(long page) => pages.ContainsKey(page);

    /// <summary>How many pages a write there would have to add.</summary>
    public int MissingPages(long offset, int count)
    {
        var missing = 0;
        for (var page = offset / PageSize; count > 0 && page <= (offset + count - 1) / PageSize; page++)
        {
            missing += HasPage(page) ? 0 : 1;
        }
        return missing;
    }

    public int Read(Span<byte> buffer, long offset)
    {
        var count = (int)Math.Clamp(Length - offset, 0, buffer.Length);
        for (var done = 0; done < count;)
        {
            var (page, within) = Math.DivRem(offset + done, PageSize);
            var part = Math.Min(count - done, PageSize - (int)within);
            var target = buffer.Slice(done, part);
            if (pages.TryGetValue(page, out var bytes))
            {
                bytes.AsSpan((int)within, part).CopyTo(target);
            }
            else
            {
                target.Clear();
            }
            done += part;
        }
        return count;
    }

    public void Write(ReadOnlySpan<byte> data, long offset)
    {
        Length = Math.Max(Length, data.IsEmpty ? 0 : offset + data.Length);
        WriteWithin(data, offset);
    }

    /// <summary>Writes what lies before the end; the length stays.</summary>
    public void WriteWithin(ReadOnlySpan<byte> data, long offset)
    {
        data = data[..(int)Math.Clamp(Length - offset, 0, data.Length)];
        while (!data.IsEmpty)
        {
            var (page, within) = Math.DivRem(offset, PageSize);
            var part = Math.Min(data.Length, PageSize - (int)within);
            var bytes = pages.TryGetValue(page, out var old) ? (byte[])old.Clone() : new byte[PageSize];
            data[..part].CopyTo(bytes.AsSpan((int)within));
            pages[page] = bytes;
            data = data[part..];
            offset += part;
        }
    }

    public void SetLength(long length)
    {
        if (length < Length)
        {
            var last = length / PageSize;
            foreach (var page in pages.Keys.Where(page => page > last || (page == last && length % PageSize == 0)).ToList())
            {
                pages.Remove(page);
            }
            if (pages.TryGetValue(last, out var cut))
            {
                cut = (byte[])cut.Clone();
                cut.AsSpan((int)(length % PageSize)).Clear();
                pages[last] = cut;
            }
        }
        Length = length;
    }

    /// <summary>Takes whole pages out.</summary>
    public void Collapse(long offset, long count)
    {
        var (first, number) = (offset / PageSize, count / PageSize);
        foreach (var page in pages.Keys.Where(page => page >= first).Order().ToList())
        {
            pages.Remove(page, out var bytes);
            if (page >= first + number)
            {
                pages[page - number] = bytes!;
            }
        }
        Length -= count;
    }

    public long NextData(long offset)
    {
        var found = pages.Keys.Where(page => (page + 1) * PageSize > offset).DefaultIfEmpty(-1).Min();
        return found < 0 ? Length : Math.Min(Math.Max(offset, found * PageSize), Length);
    }

    public long NextHole(long offset)
    {
        var page = offset / PageSize;
        while (HasPage(page))
        {
            page++;
        }
        return Math.Min(Math.Max(offset, page * PageSize), Length);
    }

    public byte[] ToArray()
    {
        var bytes = new byte[Length];
        Read(bytes, 0);
        return bytes;
    }
}
