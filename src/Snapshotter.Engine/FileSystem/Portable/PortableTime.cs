namespace Snapshotter.Engine.FileSystem.Portable;

/// <summary>Times between the engine's form and .NET's, whose unit is 100 ns.</summary>
internal static class PortableTime
{
    private const int NanosecondsPerTick = 100;

    public static Timestamp FromFileTime(long fileTime)
    {
        var ticks = DateTime.FromFileTimeUtc(fileTime).Ticks - DateTime.UnixEpoch.Ticks;
        var (seconds, rest) = (Math.DivRem(ticks, TimeSpan.TicksPerSecond, out var remainder), remainder);
        return rest < 0
            ? new Timestamp(seconds - 1, (int)(rest + TimeSpan.TicksPerSecond) * NanosecondsPerTick)
            : new Timestamp(seconds, (int)rest * NanosecondsPerTick);
    }

    /// <summary>False when the time is out of .NET's range (years 1 to 9999).</summary>
    public static bool TryToDateTime(Timestamp time, out DateTime result)
    {
        var earliest = -DateTime.UnixEpoch.Ticks / TimeSpan.TicksPerSecond;
        var latest = (DateTime.MaxValue.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerSecond;
        var isInRange = time.Seconds >= earliest && time.Seconds < latest;
        result = isInRange
            ? DateTime.UnixEpoch.AddTicks((time.Seconds * TimeSpan.TicksPerSecond) + (time.Nanoseconds / NanosecondsPerTick))
            : default;
        return isInRange;
    }
}
