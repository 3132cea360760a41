namespace Snapshotter.Benchmarks.Measuring;

/// <summary>One run of one command.</summary>
/// <param name="Wall">Seconds from start to end of the process.</param>
/// <param name="Cpu">User and system seconds of it and its children.</param>
/// <param name="PeakMegabytes">Largest resident set, in units of 1,000,000 bytes.</param>
/// <param name="Engine">Seconds of the job alone, as our own host says; null for others.</param>
internal sealed record Sample(double Wall, double Cpu, double PeakMegabytes, double? Engine);
