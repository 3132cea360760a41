namespace Snapshotter.Engine.Tar;

/// <summary>Knows what is often taken for a tar by its first bytes, so that a message can say what to do.</summary>
internal static class OtherFormat
{
    /// <summary>The name of the program that unpacks the file, or null.</summary>
    public static string? FindUnpacker(ReadOnlySpan<byte> start) =>
        start.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]) ? "gunzip"
        : start.StartsWith("BZh"u8) ? "bunzip2"
        : start.StartsWith((ReadOnlySpan<byte>)[0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0]) ? "unxz"
        : start.StartsWith((ReadOnlySpan<byte>)[0x28, 0xb5, 0x2f, 0xfd]) ? "unzstd"
        : start.StartsWith("PK\x3\x4"u8) ? "unzip"
        : null;
}
