using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Entries;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Restoring;

/// <summary>
/// What no file system of this platform could hold. It is found before the target is touched, above all where the target
/// is emptied first.
/// </summary>
internal static class EntryLimits
{
    private const int MaxName = EntryNames.MaxComponent;
    private const int MaxLinkTarget = 4095;

    // Of a device number on Linux, as mknod takes it.
    private const uint MaxMajor = 0xFFF;
    private const uint MaxMinor = 0xFFFFF;

    /// <summary>What is wrong with the entry, or null.</summary>
    public static string? FindIn(VolumeReader reader)
    {
        var entry = reader.Entry;
        if (OperatingSystem.IsWindows())
        {
            return null;
        }

        if (HasLongName(reader.Path) || HasLongName(reader.LinkPath))
        {
            return $"a name in it has more than {MaxName} bytes, which no file can have here.";
        }

        return entry.Type switch
        {
            TypeFlag.SymbolicLink when entry.LinkName.Length is 0 or > MaxLinkTarget =>
                $"the link's target has {entry.LinkName.Length} bytes; a link can have 1 to {MaxLinkTarget}.",
            TypeFlag.SymbolicLink when entry.LinkName.Span.Contains((byte)0) => "the link's target contains a NUL.",
            TypeFlag.CharacterDevice or TypeFlag.BlockDevice when entry.DeviceMajor > MaxMajor || entry.DeviceMinor > MaxMinor =>
                $"there is no device with the number {entry.DeviceMajor},{entry.DeviceMinor}.",
            _ => null,
        };
    }

    private static bool HasLongName(ReadOnlySpan<byte> path)
    {
        while (path.Length > MaxName)
        {
            int slash = path[..(MaxName + 1)].LastIndexOf((byte)'/');
            if (slash < 0)
            {
                return true;
            }

            path = path[(slash + 1)..];
        }

        return false;
    }
}
