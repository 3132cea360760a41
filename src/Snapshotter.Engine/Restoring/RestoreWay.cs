namespace Snapshotter.Engine.Restoring;

/// <summary>How a part of a volume is brought back.</summary>
internal enum RestoreWay
{
    /// <summary>All of it is made beside what is there, which goes when that is done.</summary>
    Staged,

    /// <summary>What is there goes first.</summary>
    InPlace,

    /// <summary>Each entry takes the place of what has its name.</summary>
    Over,

    /// <summary>A single file is given another content.</summary>
    Rewrite,
}
