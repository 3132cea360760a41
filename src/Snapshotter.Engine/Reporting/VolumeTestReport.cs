namespace Snapshotter.Engine.Reporting;

/// <summary>What a test of one volume of one generation found.</summary>
public sealed class VolumeTestReport
{
    /// <summary>Full path of the archive.</summary>
    public required string Archive { get; init; }

    /// <summary>Path inside the tar.</summary>
    public required string Prefix { get; init; }

    /// <summary>The generation's number; 0 for damage outside any generation.</summary>
    public required int Generation { get; init; }

    /// <summary>The path that names the volume; empty for damage outside any volume.</summary>
    public required string Target { get; init; }

    /// <summary>Entries read.</summary>
    public long Entries { get; set; }

    /// <summary>Bytes of file data read back, holes included.</summary>
    public long Bytes { get; set; }

    /// <summary>Files whose checksum was compared.</summary>
    public long Verified { get; set; }

    /// <summary>Time spent.</summary>
    public TimeSpan Duration { get; set; }

    /// <summary>How many errors were found; the first 100 are in <see cref="Errors"/>.</summary>
    public long ErrorCount { get; set; }

    /// <summary>The first 100 errors.</summary>
    public IList<Notice> Errors { get; init; } = [];

    /// <summary>True when nothing is wrong.</summary>
    public bool Passed => ErrorCount == 0;
}
