namespace Snapshotter.Engine.Tests.Faults;

/// <summary>The changes to one file's bytes that no flush has covered yet, in order.</summary>
internal sealed class PendingData
{
    private readonly List<Change> changes = [];

    private enum Kind
    {
        Write,
        SetLength,
        Collapse,
    }

    public void Write(byte[] data, long offset, long order) => changes.Add(new Change(Kind.Write, offset, 0, data, order));

    public void SetLength(long length, long order) => changes.Add(new Change(Kind.SetLength, length, 0, [], order));

    public void Collapse(long offset, long count, long order) => changes.Add(new Change(Kind.Collapse, offset, count, [], order));

    /// <summary>Does to the durable bytes what chance lets reach the disk. See <see cref="MemoryFileSystem"/> for the model.</summary>
    /// <param name="durable">The bytes on disk, changed.</param>
    /// <param name="random">Chance.</param>
    /// <param name="lastOrder">The number of the last operation of all: a write with this number may be torn.</param>
    public void ApplyByChance(PagedBytes durable, Random random, long lastOrder)
    {
        var structural = random.Next(changes.Count + 1);
        var start = 0;
        while (start < changes.Count)
        {
            // Writes between two changes of structure may reach the disk in any order of their pages.
            var end = start;
            while (end < changes.Count && changes[end].Kind == Kind.Write)
            {
                end++;
            }
            WriteByChance(durable, start, end, structural, random, lastOrder);
            if (end >= structural)
            {
                return;
            }
            Apply(durable, changes[end]);
            start = end + 1;
        }
    }

    private static void Apply(PagedBytes durable, Change change)
    {
        switch (change.Kind)
        {
            case Kind.SetLength:
                durable.SetLength(change.Offset);
                break;
            case Kind.Collapse:
                durable.Collapse(change.Offset, change.Count);
                break;
            default:
                durable.Write(change.Data, change.Offset);
                break;
        }
    }

    private void WriteByChance(PagedBytes durable, int start, int end, int structural, Random random, long lastOrder)
    {
        // The length grows in order...
        for (var i = start; i < Math.Min(end, structural); i++)
        {
            var reach = changes[i].Offset + changes[i].Data.Length;
            if (reach > durable.Length)
            {
                durable.SetLength(reach);
            }
        }
        // ...a page is written as it was at some moment: with the first few of the writes that touched it.
        var touched = new SortedDictionary<long, int>();
        for (var i = start; i < end; i++)
        {
            foreach (var page in PagesOf(changes[i]))
            {
                touched[page] = touched.GetValueOrDefault(page) + 1;
            }
        }
        foreach (var (page, count) in touched)
        {
            var remaining = random.Next(count + 1);
            for (var i = start; i < end && remaining > 0; i++)
            {
                var change = changes[i];
                if (!PagesOf(change).Contains(page))
                {
                    continue;
                }
                remaining--;
                WritePart(durable, change, page * PagedBytes.PageSize, PagedBytes.PageSize, random, change.Order == lastOrder);
            }
        }
    }

    private static void WritePart(PagedBytes durable, Change change, long pageStart, int size, Random random, bool mayTear)
    {
        var from = Math.Max(change.Offset, pageStart);
        var to = Math.Min(change.Offset + change.Data.Length, pageStart + size);
        if (!mayTear || random.Next(2) == 0)
        {
            durable.WriteWithin(change.Data.AsSpan((int)(from - change.Offset), (int)(to - from)), from);
            return;
        }
        for (var sector = from; sector < to;)
        {
            var next = Math.Min(to, (sector / PagedBytes.SectorSize + 1) * PagedBytes.SectorSize);
            if (random.Next(2) == 0)
            {
                durable.WriteWithin(change.Data.AsSpan((int)(sector - change.Offset), (int)(next - sector)), sector);
            }
            sector = next;
        }
    }

    private static IEnumerable<long> PagesOf(Change change)
    {
        for (var page = change.Offset / PagedBytes.PageSize; page * PagedBytes.PageSize < change.Offset + change.Data.Length; page++)
        {
            yield return page;
        }
    }

    private readonly record struct Change(Kind Kind, long Offset, long Count, byte[] Data, long Order);
}
