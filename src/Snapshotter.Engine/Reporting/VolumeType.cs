namespace Snapshotter.Engine.Reporting;

/// <summary>Whether a volume is a directory or a single file.</summary>
public enum VolumeType
{
    /// <summary>A directory and everything below it.</summary>
    Directory,

    /// <summary>A single file.</summary>
    File,
}
