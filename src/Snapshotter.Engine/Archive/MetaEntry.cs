using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Archive;

/// <summary>The entries that are about the backup, not of it: checksums and manifest.</summary>
internal static class MetaEntry
{
    public static TarEntry Create(byte[] name, DateTimeOffset created) => new()
    {
        Type = TypeFlag.Regular,
        Name = name,
        Mode = 0x1A4, // rw-r--r--
        ModifiedSeconds = created.ToUnixTimeSeconds(),
    };

    public static DateTimeOffset TimeOf(TarEntry entry)
    {
        long seconds = Math.Clamp(entry.ModifiedSeconds, DateTimeOffset.MinValue.ToUnixTimeSeconds(), DateTimeOffset.MaxValue.ToUnixTimeSeconds() - 1);
        return DateTimeOffset.FromUnixTimeSeconds(seconds).AddTicks(entry.ModifiedNanoseconds / 100);
    }
}
