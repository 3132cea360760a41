namespace Snapshotter.Engine.Jobs;

/// <summary>What a folder whose name looks like that of a <see cref="StagingFolder"/> stands for.</summary>
internal enum StagingState
{
    /// <summary>Ours, and no more than a remainder; or gone.</summary>
    Harmless,

    /// <summary>Ours: what it lies in is half old and half new, or half empty.</summary>
    Unfinished,

    /// <summary>Ours: a restore is at work.</summary>
    InUse,

    /// <summary>No folder of ours: a name as any other.</summary>
    Foreign,

    /// <summary>Somebody else's, and looks like a restore of his that was interrupted: nothing in it is to be trusted.</summary>
    ForeignUnfinished,
}
