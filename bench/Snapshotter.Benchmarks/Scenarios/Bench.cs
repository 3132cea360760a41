using Snapshotter.Benchmarks.Measuring;
using Snapshotter.Benchmarks.Workloads;

namespace Snapshotter.Benchmarks.Scenarios;

/// <summary>What all scenarios share: the trees, a place to work in, the judge.</summary>
internal sealed class Bench(string root, WorkloadSet workloads, Meter meter, Parking parking)
{
    private int made;

    public WorkloadSet Workloads => workloads;

    public Meter Meter => meter;

    public TreeCheck Check { get; } = new(meter);

    public string Work { get; } = Directory.CreateDirectory(Path.Combine(root, "work")).FullName;

    /// <summary>A path that was never used before, for a file or directory to be made.</summary>
    public string NewPath(string name) => Path.Combine(Work, $"{made++}-{name}");

    public string NewDirectory(string name) => Directory.CreateDirectory(NewPath(name)).FullName;

    /// <summary>A single large file is removed at once; a tree is moved aside.</summary>
    public void Discard(string path, string source)
    {
        if (File.Exists(path))
        {
            File.Delete(path);
        }
        else if (Directory.Exists(path))
        {
            parking.Park(path, Check.DiskUsage(source));
        }
    }

    /// <summary>A command of the engine's host: see <see cref="Host.EngineHost"/>.</summary>
    public static Command Engine(params string[] arguments) => new(Environment.ProcessPath!, ["run", .. arguments]);
}
