namespace Snapshotter.Docker;

/// <summary>
/// Folders of a host that containers mount to look at the host (monitoring, logs, time zones), not to keep data in: saved
/// with a container they would bring the whole machine, and restored with it they would harm it.
/// </summary>
internal static class HostFolders
{
    private static readonly string[] Kernel = ["/proc", "/sys", "/dev"];

    private static readonly string[] Runtime = ["/run", "/var/run"];

    /// <summary>The system itself. What lies below is the user's choice: /etc/myapp, /usr/local/share/data.</summary>
    private static readonly string[] System =
    [
        "/", "/bin", "/boot", "/etc", "/lib", "/lib64", "/sbin", "/usr", "/var", "/var/lib",
        "/etc/group", "/etc/hostname", "/etc/hosts", "/etc/localtime", "/etc/machine-id", "/etc/os-release", "/etc/passwd",
        "/etc/resolv.conf", "/etc/shadow", "/etc/timezone", "/usr/lib/os-release", "/usr/share/zoneinfo",
    ];

    private static readonly string[] Modules = ["/lib/modules", "/usr/lib/modules", "/usr/src"];

    /// <summary>Why a bind-mounted path of the host is no volume, as the end of a sentence; null when it is one.</summary>
    /// <param name="source">The path on the host.</param>
    /// <param name="dataRoot">Where the engine keeps its own data; null when it does not say.</param>
    public static string? ReasonToOmit(string source, string? dataRoot)
    {
        // The engine reports what was typed: "/var/lib/docker/" too.
        string path = source.Length > 1 ? source.TrimEnd('/') : source;
        if (Kernel.Any(folder => IsAtOrBelow(path, folder)))
            return $"'{source}' belongs to the kernel";
        if (Runtime.Any(folder => IsAtOrBelow(path, folder)))
            return $"'{source}' is gone at the host's next start";
        if (System.Contains(path, StringComparer.Ordinal) || Modules.Any(folder => IsAtOrBelow(path, folder)))
            return $"'{source}' belongs to the host's system";
        string root = dataRoot?.TrimEnd('/') ?? "";
        if (root.Length == 0)
            return null;
        // Named volumes are there, which may be mounted by their path.
        bool isEngines = IsAtOrBelow(root, path) || (IsAtOrBelow(path, root) && !IsAtOrBelow(path, root + "/volumes"));
        return isEngines || path == root + "/volumes" ? $"'{source}' holds the container engine's own data" : null;
    }

    private static bool IsAtOrBelow(string path, string folder)
        => path == folder || path.StartsWith(folder + "/", StringComparison.Ordinal);
}
