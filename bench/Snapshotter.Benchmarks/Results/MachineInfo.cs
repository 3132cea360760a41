namespace Snapshotter.Benchmarks.Results;

/// <summary>The machine in a few words.</summary>
internal static class MachineInfo
{
    public static string Describe(string path)
    {
        string model = File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) ?? ": unknown";
        long memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30;
        return $"{model[(model.IndexOf(':', StringComparison.Ordinal) + 2)..]}, {Environment.ProcessorCount} cores, {memory} GiB, "
            + $"{FileSystem(path)}, Linux {Environment.OSVersion.Version}, .NET {Environment.Version}";
    }

    private static string FileSystem(string path) => new DriveInfo(path).DriveFormat;
}
