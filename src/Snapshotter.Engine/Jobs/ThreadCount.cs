namespace Snapshotter.Engine.Jobs;

/// <summary>How many threads read the files of a volume, or write them.</summary>
internal static class ThreadCount
{
    /// <summary>Beyond this many, they wait for the disk and for each other.</summary>
    private const int Most = 8;

    /// <param name="asked">What an option says; 0 leaves it to the machine.</param>
    public static int Of(int asked) => asked > 0 ? asked : Math.Clamp(Environment.ProcessorCount, 1, Most);
}
