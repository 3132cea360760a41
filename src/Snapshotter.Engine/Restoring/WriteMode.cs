namespace Snapshotter.Engine.Restoring;

/// <summary>What becomes of what stands where entries are written.</summary>
internal enum WriteMode
{
    /// <summary>Nothing stands there: the folder is fresh.</summary>
    Fresh,

    /// <summary>Each entry takes the place of what has its name, in one step.</summary>
    Replace,

    /// <summary>
    /// The same, but nothing goes that the archive does not hold: a directory with something in it stays where an entry of
    /// its name is none.
    /// </summary>
    Merge,
}
