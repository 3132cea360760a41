namespace Snapshotter.Engine.FileSystem.Linux;

/// <summary>
/// Remembers the names of the last users (or groups) asked for. May be used by several threads: an entry is one object,
/// put in place in one write.
/// </summary>
internal sealed class OwnerNames(Func<uint, ReadOnlyMemory<byte>> lookUp)
{
    private const int Slots = 256;

    private readonly Entry?[] slots = new Entry?[Slots];

    public ReadOnlyMemory<byte> Of(uint id)
    {
        ref var slot = ref slots[id % Slots];
        var entry = Volatile.Read(ref slot);
        if (entry is null || entry.Id != id)
        {
            entry = new Entry(id, lookUp(id));
            Volatile.Write(ref slot, entry);
        }

        return entry.Name;
    }

    private sealed record Entry(uint Id, ReadOnlyMemory<byte> Name);
}
