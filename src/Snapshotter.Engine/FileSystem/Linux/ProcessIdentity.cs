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
            foreach (var line in File.ReadLines("/proc/self/status"))
            {
                if (line.StartsWith("Umask:", StringComparison.Ordinal))
                {
                    Umask = Convert.ToInt32(line["Umask:".Length..].Trim(), 8);
                }
                else if (line.StartsWith("CapEff:", StringComparison.Ordinal))
                {
                    var capabilities = ulong.Parse(line.AsSpan("CapEff:".Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                    const ulong wanted = (1UL << CapChown) | (1UL << CapFowner);
                    MayChangeOwners = (capabilities & wanted) == wanted;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FormatException)
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
}
