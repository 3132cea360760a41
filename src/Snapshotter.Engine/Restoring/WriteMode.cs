namespace Snapshotter.Engine.Restoring;

/// <summary>What becomes of what stands where entries are written.</summary>
internal enum WriteMode
{
    /// <summary>Nothing stands there: the folder is fresh.</summary>
    Fresh,

    /// <summary>
    /// Each entry takes the place of what has its name, in one step. Nothing else goes: a directory with something in it stays
    /// where an entry of its name is none, and what is no directory stays where one is only needed for what is below it.
    /// </summary>
    Merge,
}
