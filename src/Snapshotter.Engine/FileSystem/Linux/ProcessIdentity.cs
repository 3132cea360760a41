using System.Globalization;

namespace Snapshotter.Engine.FileSystem.Linux;

/// <summary>Who this process is and what it may do, read once.</summary>
internal sealed class ProcessIdentity
{
    private const int CapChown = 0;
    private const int CapFowner = 3;

    private ProcessIdentity()
    {
        UserId = LibC.EffectiveUser();
        GroupId = LibC.EffectiveGroup();
        MayChangeOwners = UserId == 0;
        try
        {
            // Taken apart byte by byte: this is on every job's way, and text takes milliseconds the first time in a process.
            ReadOnlySpan<byte> status = File.ReadAllBytes("/proc/self/status");
            if (TryRead(status, "\nUmask:\t"u8, bitsPerDigit: 3, out ulong umask))
            {
                Umask = (int)umask;
            }

            if (TryRead(status, "\nCapEff:\t"u8, bitsPerDigit: 4, out ulong capabilities))
            {
                const ulong wanted = (1UL << CapChown) | (1UL << CapFowner);
                MayChangeOwners = (capabilities & wanted) == wanted;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Without /proc: modes are always set, and root is taken at its word.
        }
    }

    public static ProcessIdentity Current { get; } = new();

    public uint UserId { get; }

    public uint GroupId { get; }

    /// <summary>The process may give files to others and change the files of others.</summary>
    public bool MayChangeOwners { get; }

    /// <summary>The permission bits taken from new files; -1 when not known.</summary>
    public int Umask { get; } = -1;

    /// <summary>
    /// The number that stands for all those that this process's user namespace has none for: user_namespaces(7). Null when
    /// it has one for each, or when that cannot be told.
    /// </summary>
    /// <param name="kind">"uid" or "gid".</param>
    public static uint? UnmappedId(string kind)
    {
        try
        {
            // One range that takes in all numbers: its length is the last field.
            ReadOnlySpan<byte> map = File.ReadAllBytes($"/proc/self/{kind}_map");
            return map.EndsWith(" 4294967295\n"u8)
                ? null
                : uint.Parse(File.ReadAllText($"/proc/sys/kernel/overflow{kind}").Trim(), CultureInfo.InvariantCulture);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FormatException)
        {
            return null;
        }
    }

    /// <summary>Reads the octal or hexadecimal number of a line; see proc_pid_status(5).</summary>
    private static bool TryRead(ReadOnlySpan<byte> status, ReadOnlySpan<byte> name, int bitsPerDigit, out ulong value)
    {
        value = 0;
        int start = status.IndexOf(name);
        if (start < 0)
        {
            return false;
        }

        var rest = status[(start + name.Length)..];
        var digits = rest[..Math.Max(0, rest.IndexOf((byte)'\n'))];
        foreach (byte digit in digits)
        {
            int number = digit <= (byte)'9' ? digit - '0' : digit - 'a' + 10;
            if (number < 0 || number >= 1 << bitsPerDigit)
            {
                return false;
            }

            value = (value << bitsPerDigit) | (uint)number;
        }

        return digits.Length > 0;
    }
}
